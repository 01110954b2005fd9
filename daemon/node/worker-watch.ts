// Watches worker processes from outside: memory that no heap limit sees, and processes that were stopped.
//
// Owns: what was seen of each process, who has to go. Does not own: the processes (worker-process.ts).
//
// Invariants:
//   Q1. When memory runs short the biggest worker goes, one at a time: the next only when that one is gone and memory is
//       still short.
//   Q2. Looks are counted, not time: while the daemon stands still nobody is stopped any longer.

import { availableBytes, memoryBytes, processState } from './machine.ts';
import type { WorkerLoss } from './worker-death.ts';
import type { WorkerProcess } from './worker-process.ts';

/** How often it looks, in milliseconds. */
const lookMs = 250;
/** A process that was found stopped so many times in a row, 5 s, is dead to its session. */
const stoppedLooksMax = 20;
/** Memory is short when less than this part of it is free, */
const freeShareLeast = 0.04;
/** or less than this, whichever is smaller. */
const freeBytesLeast = 512 * 2 ** 20;

export interface WorkerWatchOptions {
  /** How much all workers may have together; undefined for what the machine has. */
  readonly memoryBytesMax: number | undefined;
  workers(): Iterable<WorkerProcess>;
}

export class WorkerWatch {
  readonly #options: WorkerWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  readonly #stoppedLooks = new WeakMap<WorkerProcess, number>();
  #ending: WorkerProcess | undefined;

  constructor(options: WorkerWatchOptions) {
    this.#options = options;
  }

  /** Watches from now on, until there is no worker any more. */
  start(): void {
    this.#timer ??= setInterval(() => this.#look(), lookMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    let usedBytes = 0;
    let biggest: { worker: WorkerProcess; bytes: number } | undefined;
    let count = 0;
    for (const worker of this.#options.workers()) {
      count++;
      const state = worker.pid === undefined ? undefined : processState(worker.pid);
      if (state === undefined) continue;
      usedBytes += state.residentBytes;
      if (state.residentBytes > (biggest?.bytes ?? 0)) biggest = { worker, bytes: state.residentBytes };
      const stoppedLooks = state.isStopped ? (this.#stoppedLooks.get(worker) ?? 0) + 1 : 0; // Q2
      this.#stoppedLooks.set(worker, stoppedLooks);
      if (stoppedLooks >= stoppedLooksMax) worker.kill(stoppedLoss(worker));
    }
    if (count === 0) this.stop();
    if (this.#ending?.isEnded === false || biggest === undefined) return; // Q1
    const shortage = this.#shortage(usedBytes);
    if (shortage === undefined) return;
    this.#ending = biggest.worker;
    biggest.worker.kill(memoryLoss(biggest.worker, biggest.bytes, shortage));
  }

  /** Why memory is short, if it is. */
  #shortage(usedBytes: number): string | undefined {
    const { memoryBytesMax } = this.#options;
    if (memoryBytesMax !== undefined && usedBytes > memoryBytesMax) {
      return `the workers of its node had ${mebibytes(usedBytes)} of the ${mebibytes(memoryBytesMax)} that they may have`;
    }
    const freeBytes = availableBytes();
    const leastBytes = Math.min(freeBytesLeast, freeShareLeast * memoryBytes());
    return freeBytes < leastBytes ? `its machine had only ${mebibytes(freeBytes)} left` : undefined;
  }
}

function stoppedLoss({ name }: WorkerProcess): WorkerLoss {
  return { reason: 'killed', message: `worker ${name} was stopped by a signal for 5 s, and killed`, exitCode: null };
}

function memoryLoss({ name }: WorkerProcess, bytes: number, shortage: string): WorkerLoss {
  const message = `worker ${name} had ${mebibytes(bytes)} of memory and was ended, because ${shortage}`;
  return { reason: 'out-of-memory', message, exitCode: null };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
