// Why a worker process ended, from what the system and the process itself said.

import type { NodeToHead } from '../../sdk/internal.ts';

/** Why a worker was lost, as the head is told. */
export type WorkerLoss = Pick<Extract<NodeToHead, { type: 'worker.lost' }>, 'reason' | 'message' | 'exitCode'>;

/** What was seen of the end of a process. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last of what it wrote to its standard error. */
  readonly errorTail: string;
  /** What it said before, if it did. */
  readonly said: { readonly reason: 'connection-lost' | 'uncaught-error'; readonly message: string } | undefined;
}

/** The exit code by which a shell, and some systems, tell of SIGABRT. */
const abortCode = 134;

/** Whether an end looks like the end of V8, which tells of it on standard error only. */
export function isAbort({ code, signal }: Pick<ProcessEnd, 'code' | 'signal'>): boolean {
  return signal === 'SIGABRT' || code === abortCode;
}

/** Says why a worker ended. */
export function lossOf(worker: string, end: ProcessEnd): WorkerLoss {
  const { code, signal, errorTail, said } = end;
  if (isAbort(end) && /JavaScript heap out of memory|Fatal process out of memory/.test(errorTail)) {
    return { reason: 'out-of-memory', message: `worker ${worker} ran out of JavaScript heap`, exitCode: code };
  }
  if (said?.reason === 'uncaught-error') {
    return { reason: said.reason, message: `worker ${worker} ended by an error: ${said.message}`, exitCode: code };
  }
  if (said?.reason === 'connection-lost') {
    const message = `worker ${worker} ended because it lost its session: ${said.message}`;
    return { reason: said.reason, message, exitCode: code };
  }
  if (signal !== null) {
    return { reason: 'killed', message: `worker ${worker} was ended by ${signal}`, exitCode: null };
  }
  return { reason: 'exit', message: `worker ${worker} ended with exit code ${code}`, exitCode: code };
}

/** A worker that could not even be started. */
export function startFailure(worker: string, error: unknown): WorkerLoss {
  const why = error instanceof Error ? error.message : String(error);
  return { reason: 'exit', message: `worker ${worker} could not be started: ${why}`, exitCode: null };
}
