// A cell that runs, or ran: where its output goes, and what is done when it ends or is interrupted.
//
// Owns: which cell the running code belongs to, through all that it awaits. Does not own: running it (kernel-cells.ts).
// Callers: kernel-cells.ts makes one a cell; whatever displays asks for the current one.
//
// Invariants:
//   N1. What code shows belongs to the cell that called it, also while a later cell runs.
//   N2. A cell that was interrupted is over: what it called on workers is cancelled, and it cannot call more.

import { AsyncLocalStorage } from 'node:async_hooks';
import { CancelledError, cancelTasksOfCell } from 'gridbook';
import type { WriteDisplay, WriteStream } from './tslab.ts';

const running = new AsyncLocalStorage<RunningCell>(); // N1
let latest: RunningCell | undefined;

export class RunningCell {
  readonly number: number;
  readonly write: WriteStream;
  readonly display: WriteDisplay;
  readonly #interruption = new AbortController();
  readonly #endings = new Set<() => void | Promise<void>>();

  constructor(number: number, write: WriteStream, display: WriteDisplay) {
    this.number = number;
    this.write = write;
    this.display = display;
  }

  /** The cell that the running code belongs to. */
  static get current(): RunningCell | undefined {
    return running.getStore() ?? latest;
  }

  /** The cell that calls a task. @throws CancelledError when it was interrupted (N2). */
  static get calling(): RunningCell | undefined {
    const cell = running.getStore();
    if (cell?.signal.aborted) throw new CancelledError('The cell was interrupted');
    return cell;
  }

  /** Aborted when the cell is interrupted. */
  get signal(): AbortSignal {
    return this.#interruption.signal;
  }

  /** Runs the cell's code, then what is to be done at its end. */
  async run<T>(code: () => Promise<T>): Promise<T> {
    latest = this;
    try {
      return await running.run(this, code);
    } finally {
      for (const end of this.#endings) await end();
      this.#endings.clear();
    }
  }

  /** Does something when the cell has ended, before the next one begins. */
  onEnd(end: () => void | Promise<void>): void {
    this.#endings.add(end);
  }

  /** N2 */
  interrupt(): void {
    this.#interruption.abort();
    cancelTasksOfCell(this);
  }
}
