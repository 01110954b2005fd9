// Runs one cell: its imports, its functions, the rest, and gives its value.
//
// Owns: the context in which a cell runs, interrupting it. Does not own: reading it (cell-syntax.ts), what becomes of its
//   value (whoever calls).
// Callers: cells.ts.
//
// Invariants:
//   U1. A cell that was interrupted is over at once: what it called on workers is cancelled, and it cannot call more. What
//       it still does by itself reaches nobody.
//   U2. While a cell does not return to the event loop, the terminal's interrupt key ends it; after its first wait
//       stall-watch.ts sees to that.

import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { compileFunction, constants, Script } from 'node:vm';
import { CancelledError, cancelTasksOfCell } from '../../sdk/index.ts';
import type { CellImports } from './cell-imports.ts';
import type { CellNames } from './cell-names.ts';
import type { CellCode } from './cell-syntax.ts';

/** Where a cell's text begins: `In[3]`, or a script and a line of it, from 0. */
export interface CellPlace {
  readonly file: string;
  readonly line: number;
}

/** A cell that runs. */
export interface RunningCell {
  readonly number: number;
  interrupted: boolean;
}

/** A cell's value; undefined when it ends with something that has none. */
export type CellResult = { readonly value: unknown } | undefined;

/** Calls a function that may not return for long, while the interrupt key makes a signal. */
export type Uninterrupted = <T>(run: () => T) => T;

/** That it is experimental is our affair, not one to warn the user of; it is told once, at the first import. */
function loadQuietly(): void {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  new Script("import('node:vm')", { importModuleDynamically }).runInThisContext();
  process.emitWarning = emitWarning;
}

loadQuietly();

const running = new AsyncLocalStorage<RunningCell>();

/** The cell in which this is called. @throws CancelledError when it was interrupted (U1). */
export function callingCell(): RunningCell | undefined {
  const cell = running.getStore();
  if (cell?.interrupted) throw interruption();
  return cell;
}

const interrupted = 'Interrupted';

/** What a cell fails with that was interrupted. */
export function interruption(): CancelledError {
  return new CancelledError(interrupted);
}

/** Whether it is what a cell fails with that was interrupted. */
export function isInterruption(error: unknown): boolean {
  return error instanceof CancelledError && error.message === interrupted;
}

/** Whether this is called by a cell that was interrupted, and does not know it. */
export function isOfInterruptedCell(): boolean {
  return running.getStore()?.interrupted === true;
}

export class CellRunner {
  readonly #names: CellNames;
  readonly #imports: CellImports;
  readonly #uninterrupted: Uninterrupted;
  #current: { readonly cell: RunningCell; readonly interrupt: (error: Error) => void } | undefined;

  constructor(names: CellNames, imports: CellImports, uninterrupted: Uninterrupted = (run) => run()) {
    this.#names = names;
    this.#imports = imports;
    this.#uninterrupted = uninterrupted;
  }

  get isRunning(): boolean {
    return this.#current !== undefined;
  }

  /** The cell that runs. */
  get current(): RunningCell | undefined {
    return this.#current?.cell;
  }

  /** Runs a cell. @throws what it throws, or CancelledError when it is interrupted. */
  run(number: number, { file, line }: CellPlace, code: CellCode): Promise<CellResult> {
    const cell: RunningCell = { number, interrupted: false };
    const { promise: ended, reject } = Promise.withResolvers<never>();
    this.#current = { cell, interrupt: reject };
    const work = running.run(cell, () => this.#work(cell, { file, line }, code));
    work.catch(() => {}); // U1: nobody may wait for it any more
    return Promise.race([work, ended]).finally(() => {
      this.#current = undefined;
    });
  }

  /** Ends the running cell. U1 */
  interrupt(): void {
    if (this.#current === undefined) return;
    const { cell, interrupt } = this.#current;
    cell.interrupted = true;
    interrupt(interruption());
    cancelTasksOfCell(cell);
  }

  async #work(cell: RunningCell, place: CellPlace, code: CellCode): Promise<CellResult> {
    // Who waits for the cell does so by now: what ends a loop from outside (stall-watch.ts) takes with it all promises that
    // are to go on in the same turn.
    await nextTurn();
    if (cell.interrupted) throw interruption();
    for (const wanted of code.imports) {
      const values = await this.#imports.load(wanted);
      for (const { local, exportName } of wanted.names) {
        this.#names.set(local, values.get(local), { specifier: wanted.specifier, exportName });
      }
    }
    const imported = new Set(code.imports.flatMap(({ names }) => names.map(({ local }) => local)));
    for (const name of code.declared) if (!imported.has(name)) this.#names.declare(name);
    for (const name of code.assigned)
      if (!this.#names.isStandard(name) && !this.#names.has(name)) this.#names.declare(name);
    if (code.functions !== '') this.#evaluate(code.functions, place, code.functionsHeadLength);
    const result: unknown = this.#evaluate(code.body, place, code.headLength);
    // Boxed, for a value may be awaitable and is not to be awaited.
    return asResult(code.awaits ? await result : result);
  }

  #evaluate(text: string, { file, line }: CellPlace, headLength: number): unknown {
    const place = { filename: file, lineOffset: line, columnOffset: -headLength };
    const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    try {
      if (this.#names.usesShadows(text)) {
        const contextExtensions = [this.#names.shadows];
        const head = text.startsWith('(') ? 'return ' : '';
        const columnOffset = place.columnOffset - head.length;
        const options = { ...place, columnOffset, contextExtensions, importModuleDynamically };
        const fn = compileFunction(head + text, [], options);
        return this.#uninterrupted(() => Reflect.apply(fn, undefined, []));
      }
      const script = new Script(text, { ...place, importModuleDynamically });
      return this.#uninterrupted(() => script.runInThisContext({ breakOnSigint: true, displayErrors: false })); // U2
    } catch (error) {
      if (!isInterrupt(error)) throw error;
      const cell = running.getStore();
      if (cell !== undefined) {
        cell.interrupted = true;
        cancelTasksOfCell(cell);
      }
      throw interruption();
    }
  }
}

function isInterrupt(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED';
}

function asResult(result: unknown): CellResult {
  return typeof result === 'object' && result !== null && 'value' in result ? { value: result.value } : undefined;
}
