// The cells of a session, in their order, and what they mean to the functions that they ship.
//
// Owns: texts and results by number, `_`, `In` and `Out`; resources that cells declare by `using`, until they are released. Does not own: running a cell (cell-runner.ts), showing.
// Callers: the prompt and scripts run cells; the SDK asks, as of its host of cells.
//
// Invariants:
//   E1. One cell runs at a time, in the order in which they were given.
//   E2. The results of so many cells are kept, and the texts of so many; those of the oldest are let go.

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CellHost, type CellName, type CellPlace, setCellHost, type TaskOutput } from '../../sdk/index.ts';
import { CellImports } from './cell-imports.ts';
import { CellNames } from './cell-names.ts';
import {
  type CellResult,
  CellRunner,
  callingCell,
  type RunningCell,
  type CellPlace as RunPlace,
  type Uninterrupted,
} from './cell-runner.ts';
import { type CellCode, keepName, metaName, readCell } from './cell-syntax.ts';

const resultsMax = 1000;
const cellsMax = 10_000;

/** A cell that was run, or what a command did, as code that does the same. */
export interface Cell {
  /** Undefined for what a command did. */
  readonly number: number | undefined;
  /** What it is called for people, such as `In [3]`. */
  readonly title: string;
  /** As it was typed. */
  readonly text: string;
  readonly code: CellCode;
  readonly place: RunPlace;
  /** What it came to; undefined while it runs. */
  outcome: { readonly value: unknown } | { readonly error: unknown } | 'none' | undefined;
}

/** A cell that was run. */
export interface NumberedCell extends Cell {
  readonly number: number;
}

export class Cells implements CellHost {
  readonly names = new CellNames();
  readonly imports: CellImports;
  readonly #script: string | undefined;
  readonly #runner: CellRunner;
  readonly #cells: Cell[] = [];
  /** What cells declared by `using`. */
  #resources = new AsyncDisposableStack();
  #number = 0;
  #latest: Promise<unknown> = Promise.resolve();
  onOutput: ((output: TaskOutput) => void) | undefined;

  /** @param script - the URL of the file whose cells they are; undefined at a prompt. */
  constructor(uninterrupted?: Uninterrupted, script?: string) {
    this.#script = script;
    this.imports = new CellImports(script);
    this.#runner = new CellRunner(this.names, this.imports, uninterrupted);
    this.#giveHistory();
    setCellHost(this);
  }

  /** Of the next cell, from 1. */
  get nextNumber(): number {
    return this.#number + 1;
  }

  /** All that were run, in their order. */
  get list(): readonly Cell[] {
    return this.#cells;
  }

  get isRunning(): boolean {
    return this.#runner.isRunning;
  }

  get runningNumber(): number | undefined {
    return this.#runner.current?.number;
  }

  /**
   * Runs a cell after those before it.
   *
   * @param line - of the script, where it begins, from 0.
   * @throws what it throws.
   */
  run(text: string, code: CellCode, line = 0): Promise<{ cell: NumberedCell; result: CellResult }> {
    const run = this.#latest.then(() => this.#run(text, code, line)); // E1
    this.#latest = run.catch(() => {});
    return run;
  }

  async #run(text: string, code: CellCode, line: number): Promise<{ cell: NumberedCell; result: CellResult }> {
    const number = ++this.#number;
    const place = { file: this.#script ?? `In[${number}]`, line };
    const cell: NumberedCell = { number, title: `In [${number}]`, text, code, place, outcome: undefined };
    this.#keep(cell);
    const texts: unknown = this.names.valueOf('In');
    if (Array.isArray(texts)) {
      texts[number] = text;
      Reflect.deleteProperty(texts, number - cellsMax); // E2
    }
    try {
      const result = await this.#runner.run(number, place, code);
      cell.outcome = result ?? 'none';
      if (result !== undefined && result.value !== undefined) this.#remember(number, result.value);
      return { cell, result };
    } catch (error) {
      cell.outcome = { error };
      throw error;
    }
  }

  /** Notes what a command did as code that does the same, and what it came to, for whoever saves the cells. */
  noteDone(title: string, text: string, value: unknown): void {
    const code = readCell(text);
    if (code.state !== 'complete') throw code.error;
    this.#keep({ number: undefined, title, text, code, place: { file: title, line: 0 }, outcome: { value } });
  }

  /** E2 */
  #keep(cell: Cell): void {
    this.#cells.push(cell);
    if (this.#cells.length > cellsMax) this.#cells.shift();
    const old = this.#cells.at(-1 - resultsMax);
    if (old?.outcome !== undefined && old.outcome !== 'none' && 'value' in old.outcome) old.outcome = 'none';
  }

  /** Ends the running cell and what it called. */
  interrupt(): void {
    this.#runner.interrupt();
  }

  /** Gives up what cells declared by `using`, the latest first. @throws what that throws. */
  async release(): Promise<void> {
    const resources = this.#resources;
    this.#resources = new AsyncDisposableStack();
    await resources.disposeAsync();
  }

  /** Forgets what cells have defined, and their results. */
  reset(): void {
    this.names.reset();
    this.#cells.length = 0;
    this.#number = 0;
    this.#giveHistory();
  }

  #giveHistory(): void {
    this.names.giveNode(createRequire(this.baseUrl));
    const filename = fileURLToPath(this.baseUrl);
    this.names.give(metaName, { url: this.baseUrl, filename, dirname: dirname(filename), main: true });
    this.names.give(
      keepName,
      <T extends AsyncDisposable | Disposable | null | undefined>(resource: T): T => this.#resources.use(resource),
    );
    this.names.give('In', ['']);
    this.names.give('Out', Object.create(null));
    for (const name of ['_', '__', '___']) this.names.give(name, undefined);
  }

  #remember(number: number, value: unknown): void {
    const out: unknown = this.names.valueOf('Out');
    if (typeof out === 'object' && out !== null) {
      Reflect.set(out, String(number), value);
      Reflect.deleteProperty(out, String(number - resultsMax)); // E2
    }
    // A name that a cell declared is the cell's.
    if (this.names.defined.includes('_')) return;
    this.names.give('___', this.names.valueOf('__'));
    this.names.give('__', this.names.valueOf('_'));
    this.names.give('_', value);
  }

  // What functions of cells use of other cells.

  get baseUrl(): string {
    return this.imports.baseUrl;
  }

  get cell(): RunningCell | undefined {
    return callingCell();
  }

  placeOf(source: string): CellPlace | undefined {
    const cell = this.#cells.findLast(({ code }) => code.plain.includes(source));
    if (cell === undefined) return undefined;
    const before = cell.code.plain.slice(0, cell.code.plain.indexOf(source)).split('\n');
    const { file, line } = cell.place;
    return { file, line: line + before.length - 1, column: before.at(-1)?.length ?? 0 };
  }

  lookUp(name: string): CellName | undefined {
    const imported = this.names.importedFrom(name);
    if (imported !== undefined) return { type: 'import', ...imported };
    return this.names.has(name) ? { type: 'value', value: this.names.valueOf(name) } : undefined;
  }

  importOf(fn: object): { url: string; exportName: string } | undefined {
    return this.imports.originOf(fn);
  }

  /** Lets go of the sessions' questions. */
  close(): void {
    setCellHost(undefined);
  }
}
