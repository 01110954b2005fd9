// The kernel's process: tslab, with the SDK attached from the first cell on. Jupyter starts it by its kernel spec:
//
//   node kernel-main.js <connection file> <folder of tslab>

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { relaxCompiler } from './kernel-compiler.ts';

interface TslabMain {
  startKernel(options: { configPath: string; enableFindLocal: boolean }): void;
}

function isTslabMain(module: unknown): module is TslabMain {
  return typeof module === 'object' && module !== null && 'startKernel' in module;
}

const [, , configPath = '', tslabFolder = ''] = process.argv;
const requireOfTslab = createRequire(join(tslabFolder, 'dist', 'main.js'));
relaxCompiler(requireOfTslab);
const tslab: unknown = requireOfTslab('./main.js');
if (!isTslabMain(tslab)) throw new TypeError(`There is no tslab that starts a kernel in ${tslabFolder}`);
tslab.startKernel({ configPath, enableFindLocal: false });
await import(notebookDoor());

/** That of the package which cells import, so that both are one; where there is none, the one beside this file. */
function notebookDoor(): string {
  try {
    return pathToFileURL(createRequire(join(process.cwd(), 'cells.js')).resolve('gridbook/notebook')).href;
  } catch {
    return new URL('index.js', import.meta.url).href;
  }
}
