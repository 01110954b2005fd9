// A folder in which programs import `gridbook` by its name and get the sources of this repository.
//
// The package in it has the exports of package.json, but each leads to the source of what is exported. Node and
// TypeScript both follow the links to where the sources are, so that nothing has to be built.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The source behind each export of the package, by the export's name: `{ '.': './sdk/index.ts' }`. */
export function sourcesOfExports(): Record<string, string> {
  const { exports }: { exports: Record<string, { default: string }> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  return Object.fromEntries(
    Object.entries(exports)
      .map(([name, { default: built }]) => [name, built.replace(/^\.\/dist\//, './').replace(/\.js$/, '.ts')] as const)
      .filter(([, source]) => existsSync(join(root, source))),
  );
}

/** Makes the folder. It is the caller's to dispose of. */
export function makeProgramFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'gridbook-examples-'));
  const home = join(path, 'node_modules', 'gridbook');
  const exports = sourcesOfExports();
  for (const source of Object.values(exports)) {
    mkdirSync(dirname(join(home, source)), { recursive: true });
    symlinkSync(join(root, source), join(home, source));
  }
  // What users have beside it to say what parameters are.
  symlinkSync(join(root, 'node_modules', 'zod'), join(path, 'node_modules', 'zod'));
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'gridbook', type: 'module', exports }));
  writeFileSync(join(path, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
