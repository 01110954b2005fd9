// The folder in which the user explores: the notebooks in it, and the way from it to the package.

import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The folder of this package. @throws Error when it was not built, as in a fresh clone. */
export function builtPackage(): string {
  const manifest = findPackageJSON('..', import.meta.url);
  if (manifest === undefined) throw new Error('Cannot find the package that this command is of');
  const home = dirname(manifest);
  if (existsSync(join(home, 'dist', 'notebooks', 'kernel-main.js'))) return home;
  throw new Error(`Cells import the built package, which is not in ${home} yet. Run this there: npm run build`);
}

/** What cells import: the package, and that with which parameters of workloads are described. */
const imported = [
  { name: 'gridbook', entry: 'gridbook/notebook' },
  { name: 'zod', entry: 'zod' },
];

/** Makes the package importable in a folder where it is not. @returns what was done, for people. */
export function linkPackage(folder: string, home: string): string | undefined {
  const modules = join(folder, 'node_modules');
  const missing = imported.filter(({ entry }) => folderOf(entry, folder) === undefined);
  for (const { name } of missing) {
    const link = join(modules, name);
    if (existsSync(link)) {
      throw new Error(`${link} is not what notebooks need: update it, or use another folder with --dir`);
    }
    mkdirSync(modules, { recursive: true });
    symlinkSync(name === 'gridbook' ? home : packageFolder(name, home), link, 'junction');
  }
  return missing.length === 0 ? undefined : `Cells find ${missing.map(({ name }) => name).join(' and ')} in ${modules}`;
}

function folderOf(entry: string, folder: string): string | undefined {
  try {
    return createRequire(join(folder, 'from.js')).resolve(entry);
  } catch {
    return undefined;
  }
}

function packageFolder(name: string, home: string): string {
  const manifest = findPackageJSON(name, pathToFileURL(join(home, 'package.json')));
  if (manifest === undefined) throw new Error(`The package is not whole: it has no ${name}. Install it anew`);
  return dirname(manifest);
}

/** Copies the notebooks, but for those that are there. @returns the names of both. */
export function putNotebooks(folder: string, home: string): { put: string[]; kept: string[] } {
  const from = join(home, 'dist', 'notebooks');
  const put: string[] = [];
  const kept: string[] = [];
  for (const name of readdirSync(from)
    .filter((entry) => /^\d\d-.*\.ipynb$/.test(entry))
    .sort()) {
    try {
      copyFileSync(join(from, name), join(folder, name), constants.COPYFILE_EXCL);
      put.push(name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      kept.push(name);
    }
  }
  return { put, kept };
}
