// The tasks that cells call: which cell it was, and cancelling them with their cell.
//
// Owns: which tasks of a session were called by which cell. Does not own: cells (the host).
// Callers: session-core.ts, nested-tasks.ts; the host cancels.
//
// Invariants:
//   T1. A cell's tasks are those numbered from its first on, until one is called that is not: a few numbers a cell are
//       kept, not one a task, and of so many changes between cells at most.
//   T2. Without a host nothing is kept.
//   T3. What a task calls is of that task's cell, and what another session calls of none, whichever cell runs then.

import { cellHost } from './cell-host.ts';
import type { TaskId } from './protocol/ids.ts';
import type { Task, TaskTarget } from './task.ts';

const changesMax = 1000;

const sessions = new Set<CellTasks>();

/**
 * Cancels what a cell has called and what has not settled, in all sessions of this process; the workers that run it are
 * ended unless they answer soon.
 *
 * @param cell - as the host's `cell` told it when the tasks were called.
 * @returns how many tasks that were.
 * @example
 * ```ts
 * import { cancelTasksOfCell, connect, setCellHost } from 'gridbook';
 *
 * const cell = { number: 1 };
 * setCellHost({ baseUrl: import.meta.url, placeOf: () => undefined, lookUp: () => undefined, cell });
 * await using session = await connect({ workers: 1 });
 * const endless = session.remote(() => {
 *   for (;;);
 * })();
 * const failed = endless.promise().catch((error) => error.code);
 * console.log(cancelTasksOfCell(cell), await failed); // prints: 1 CANCELLED
 * setCellHost(undefined);
 * ```
 */
export function cancelTasksOfCell(cell: unknown): number {
  return [...sessions].reduce((count, session) => count + session.cancelOf(cell), 0);
}

/**
 * Closes all sessions that were opened while this process runs cells, so that a cluster has their workers back at once:
 * for when the process is about to end.
 *
 * @returns when all are closed.
 * @example
 * ```ts
 * import { closeSessionsOfCells } from 'gridbook';
 *
 * await closeSessionsOfCells();
 * ```
 */
export async function closeSessionsOfCells(): Promise<void> {
  await Promise.all([...sessions].map((session) => session.closeSession()));
}

/** What is needed of a session. */
export interface CellSession {
  close(): Promise<void>;
  openTasks(): Iterable<[Task, TaskTarget]>;
  cancel(task: Task, target: TaskTarget, force: boolean): void;
}

/** The tasks of one session. */
export class CellTasks {
  readonly #session: CellSession;
  /** T1 */
  readonly #changes: { readonly firstTask: TaskId; readonly cell: unknown }[] = [];
  /** Set while a call is made that does not come from a cell (T3). */
  #caller: { readonly cell: unknown } | undefined;

  constructor(session: CellSession) {
    this.#session = session;
    if (cellHost() !== undefined) sessions.add(this);
  }

  /** Notes that a task is called. @throws what the host says when the calling cell was interrupted. */
  onCall(task: TaskId): void {
    const host = cellHost();
    if (host === undefined) return; // T2
    const { cell } = this.#caller ?? host;
    if (this.#changes.at(-1)?.cell === cell) return;
    this.#changes.push({ firstTask: task, cell });
    if (this.#changes.length > changesMax) this.#changes.shift();
  }

  /** Makes a call for a task, or for another session (T3). */
  callFor<T>(task: TaskId | undefined, call: () => T): T {
    if (cellHost() === undefined) return call();
    this.#caller = { cell: task === undefined ? undefined : this.cellOf(task) };
    try {
      return call();
    } finally {
      this.#caller = undefined;
    }
  }

  cancelOf(cell: unknown): number {
    const open = [...this.#session.openTasks()].filter(([{ id }]) => this.cellOf(id) === cell);
    // Those that run last: until then no worker begins another one.
    for (const [task, target] of open.reverse()) this.#session.cancel(task, target, true);
    return open.length;
  }

  /** Ends the session. */
  closeSession(): Promise<void> {
    return this.#session.close();
  }

  /** The session has ended. */
  close(): void {
    sessions.delete(this);
  }

  /** The cell that called a task; undefined when none did, or that is too long ago. */
  cellOf(task: TaskId): unknown {
    return this.#changes.findLast(({ firstTask }) => firstTask <= task)?.cell;
  }
}
