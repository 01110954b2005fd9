// A folder in which programs import `gridbook` by its name and get the sources of this repository.
//
// The package in it has the exports of package.json, but each leads to the source of what is exported. Node and
// TypeScript both follow the links to where the sources are, so that nothing has to be built.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourcesOfExports } from '../rules/public-api.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Makes the folder. It is the caller's to dispose of. */
export function makeProgramFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'gridbook-examples-'));
  const home = join(path, 'node_modules', 'gridbook');
  const sources = sourcesOfExports();
  for (const source of Object.values(sources)) {
    mkdirSync(dirname(join(home, source)), { recursive: true });
    symlinkSync(join(root, source), join(home, source));
  }
  // What users have beside it to say what parameters are.
  symlinkSync(join(root, 'node_modules', 'zod'), join(path, 'node_modules', 'zod'));
  const exports = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, `./${source}`]));
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'gridbook', type: 'module', exports }));
  writeFileSync(join(path, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
