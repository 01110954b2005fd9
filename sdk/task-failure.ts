// The errors that a task settles with, in its caller's terms.

import type { WorkerLoss } from './cluster/cluster.ts';
import { GridbookError, NodeDiedError, TaskError, TimeoutError, WorkerDiedError } from './errors.ts';
import type { Task } from './task.ts';
import { asError, textOf } from './text-of.ts';

/** Whether the task's own rules allow another try after this error. A predicate that throws, or gives a promise, allows none. */
export function mayRetry({ rules: { retryErrors } }: Task, error: unknown): boolean {
  if (typeof retryErrors === 'boolean') return retryErrors;
  try {
    return retryErrors(asError(error)) === true;
  } catch {
    return false;
  }
}

/** What a caller sees when the function threw. What Gridbook itself says on the worker is passed on as it is. */
export function failureOf({ rules: { name } }: Task, error: unknown): Error {
  if (error instanceof GridbookError) return error;
  const isError = error instanceof Error;
  const message = textOf(error);
  const remoteStack = isError ? (error.stack ?? '') : '';
  return new TaskError(`Task "${name}" failed: ${message}`, { cause: error, taskName: name, remoteStack });
}

/** Says that all of a number of tries were made. */
export function usedUp(count: number, one: string, several: string): string {
  return count === 1 ? `its one ${one} is used up` : `its ${count} ${several} are used up`;
}

/** Its worker died, alone or with its node, and no retry is left. */
export function workerDied({ rules: { name, maxRetries } }: Task, loss: WorkerLoss): WorkerDiedError {
  const retries = maxRetries === 0 ? 'it is not retried' : usedUp(maxRetries, 'retry', 'retries');
  const { reason, exitCode, cause } = loss;
  const DiedError = reason === 'node-died' ? NodeDiedError : WorkerDiedError;
  return new DiedError(`Task "${name}" was lost with its worker (${loss.message}), and ${retries}`, {
    reason,
    ...(exitCode === undefined ? {} : { exitCode }),
    mayHaveRun: true,
    cause,
  });
}

/** Its attempt took longer than it may. */
export function timedOut({ rules: { name, timeoutMs } }: Task): TimeoutError {
  return new TimeoutError(`Task "${name}" took longer than its timeoutMs of ${timeoutMs}`);
}
