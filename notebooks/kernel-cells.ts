// The cells of the kernel as the SDK sees them: what their names mean, and where what their tasks print goes.
//
// Owns: the texts of the cells, which of their names are imports. Does not own: running them (tslab does), how functions
//   travel (the SDK).
// Callers: attach.ts.
//
// Invariants:
//   M1. A name that is imported stands for its module's export, until a later cell defines it otherwise.
//   M2. So many cells are kept; functions of older ones are no longer found.

import { existsSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CellHost, CellName, CellPlace, TaskOutput } from 'gridbook';
import type { CellImport, CompiledCell } from './compiled-cell.ts';
import { RunningCell } from './running-cell.ts';
import { tslabScope } from './tslab.ts';

const cellsMax = 1000;
const sourceEndings = ['', '.ts', '.tsx', '.js', '/index.ts', '/index.js'];

export class KernelCells implements CellHost {
  readonly namesIn = 'exports';
  readonly #folder = process.cwd();
  readonly baseUrl = pathToFileURL(join(this.#folder, 'cells.ts')).href;
  readonly #require = createRequire(this.baseUrl);
  readonly #cells: CompiledCell[] = [];
  readonly #imports = new Map<string, CellImport>();

  /** A cell is about to run. */
  add(cell: CompiledCell): void {
    this.#cells.push(cell);
    if (this.#cells.length > cellsMax) this.#cells.shift(); // M2
    for (const name of cell.defined) this.#imports.delete(name); // M1
    for (const [name, imported] of cell.imports) this.#imports.set(name, imported);
    const { exports } = tslabScope() ?? { exports: {} };
    for (const name of cell.bareNames(Object.keys(exports))) giveBare(name);
  }

  get cell(): RunningCell | undefined {
    return RunningCell.calling;
  }

  placeOf(source: string): CellPlace | undefined {
    const cell = this.#cells.findLast(({ compiled }) => compiled.includes(source));
    return cell && { file: `In[${cell.number}]`, line: cell.lineOf(source), column: 0 };
  }

  lookUp(name: string): CellName | undefined {
    const imported = this.#imports.get(name) ?? this.#moduleOf(name);
    if (imported !== undefined) return { type: 'import', ...imported };
    const exports = tslabScope()?.exports;
    return exports !== undefined && Object.hasOwn(exports, name) ? { type: 'value', value: exports[name] } : undefined;
  }

  /** The module that a variable of compiled cells stands for, such as `gridbook_1`. */
  #moduleOf(variable: string): CellImport | undefined {
    return this.#cells.findLast(({ modules }) => modules.has(variable))?.modules.get(variable);
  }

  importOf(fn: object): { url: string; exportName: string } | undefined {
    const exports = tslabScope()?.exports ?? {};
    for (const [name, { specifier, exportName }] of this.#imports) {
      if (exports[name] !== fn || exportName === '*') continue;
      const url = this.#urlOf(specifier);
      if (url !== undefined) return { url, exportName };
    }
    return undefined;
  }

  #urlOf(specifier: string): string | undefined {
    if (isBuiltin(specifier)) return undefined;
    if (!specifier.startsWith('.')) return pathToFileURL(this.#require.resolve(specifier)).href;
    const path = sourceEndings.map((ending) => join(this.#folder, specifier) + ending).find((file) => existsSync(file));
    return path === undefined ? undefined : pathToFileURL(path).href;
  }

  onOutput({ worker, stream, text, cell }: TaskOutput): void {
    const to = cell instanceof RunningCell ? cell : RunningCell.current;
    const lines = text.replace(/\n$/, '').split('\n');
    to?.write(stream, lines.map((line) => `${worker} │ ${line}\n`).join(''));
  }
}

/** Lets cells use a name of another cell where the compiler forgot to say whose it is: `{ name }`. */
function giveBare(name: string): void {
  if (name in globalThis) return;
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get: () => tslabScope()?.exports[name],
  });
}
