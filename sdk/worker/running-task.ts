// A task that a worker has begun.

import type { TaskId } from '../protocol/ids.ts';

export interface RunningTask {
  readonly id: TaskId;
  readonly attempt: number;
  /** Whether others run while it waits for its own tasks; the calls of an actor keep their order instead. */
  readonly mayPark: boolean;
  /** `begun`: it keeps others from beginning; `parked`: it does not; `dropped`: it was answered for while it was parked. */
  state: 'begun' | 'parked' | 'dropped' | 'ended';
  /** Its promise has not settled. */
  isAwaited: boolean;
  /** For how many things it waits. */
  waits: number;
  /** A rejection that it left behind while it ran. */
  stray: { error: unknown } | undefined;
}

export function runningTask(id: TaskId, attempt: number, mayPark: boolean): RunningTask {
  return { id, attempt, mayPark, state: 'begun', isAwaited: false, waits: 0, stray: undefined };
}
