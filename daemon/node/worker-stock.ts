// The worker processes of a node: those that are leased, those kept warm for their sessions, and a few that are new.
//
// Owns: starting processes, which session a process belongs to, how long an unused one is kept.
// Does not own: leases (node.ts), a single process (worker-process.ts).
//
// Invariants:
//   Z1. A process belongs to the first session that it was given to, and is never given to another.
//   Z2. Every process that was started is in `all` until it has ended.
//   Z3. At rest there are `spares` new processes and at most `warmMax` warm ones, none older than `warmMs`, none of a
//       session that is over.

import type { Logger } from 'pino';
import type { ObjectMessage } from './object-store-messages.ts';
import type { WorkerLoss } from './worker-death.ts';
import type { WorkerMessage } from './worker-messages.ts';
import { WorkerProcess } from './worker-process.ts';

/** The most processes that wait for their sessions to come back. */
const warmMax = 32;
/** How long a process waits for its session to come back, in milliseconds. */
const warmMs = 30_000;
/** What an unused process gets to end by itself, in milliseconds. */
const unusedGraceMs = 1000;
/** How long after the unexpected end of a new process another one is started, in milliseconds. */
const spareRetryMs = 5000;

export interface WorkerStockOptions {
  /** What the names of workers begin with. */
  readonly node: string;
  readonly log: Logger;
  readonly heapBytesMax: number | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** How many new processes are kept ready. */
  readonly spares: number;
  onMessage(worker: WorkerProcess, message: WorkerMessage): void;
  onObjectMessage(worker: WorkerProcess, message: ObjectMessage): void;
  onEnd(worker: WorkerProcess, loss: WorkerLoss): void;
  /** Called when a process was started. */
  onStarted(): void;
}

interface Warm {
  readonly worker: WorkerProcess;
  readonly session: string;
  readonly timer: NodeJS.Timeout;
}

export class WorkerStock {
  readonly #options: WorkerStockOptions;
  readonly all = new Set<WorkerProcess>();
  /** The one that has waited longest first. */
  #warm: Warm[] = [];
  readonly #spares = new Set<WorkerProcess>();
  #sparesTimer: NodeJS.Timeout | undefined;
  #count = 0;
  #isClosed = false;

  constructor(options: WorkerStockOptions) {
    this.#options = options;
    this.#fill();
  }

  get counts(): { all: number; warm: number; spare: number } {
    return { all: this.all.size, warm: this.#warm.length, spare: this.#spares.size };
  }

  #start(): WorkerProcess {
    const { node, log, heapBytesMax, env } = this.#options;
    const name = `${node}-w${++this.#count}`;
    const worker: WorkerProcess = new WorkerProcess({
      name,
      log: log.child({ worker: name }),
      heapBytesMax,
      env,
      onMessage: (message) => this.#options.onMessage(worker, message),
      onObjectMessage: (message) => this.#options.onObjectMessage(worker, message),
      onEnd: (loss) => this.#onEnd(worker, loss),
    });
    this.all.add(worker);
    this.#options.onStarted();
    return worker;
  }

  #fill(): void {
    while (!this.#isClosed && this.#sparesTimer === undefined && this.#spares.size < this.#options.spares) {
      try {
        this.#spares.add(this.#start());
      } catch (error) {
        this.#options.log.warn({ err: error }, 'a worker could not be started');
        this.#fillLater();
      }
    }
  }

  #fillLater(): void {
    this.#sparesTimer ??= setTimeout(() => {
      this.#sparesTimer = undefined;
      this.#fill();
    }, spareRetryMs);
  }

  #onEnd(worker: WorkerProcess, loss: WorkerLoss): void {
    this.all.delete(worker);
    this.#unshelve(worker);
    if (this.#spares.delete(worker) && !this.#isClosed) {
      // One that nobody used should not end; whatever ends it may end the next as well.
      this.#options.log.warn(`${worker.name} ended before anyone used it`);
      this.#fillLater();
    }
    this.#options.onEnd(worker, loss);
  }

  #unshelve(worker: WorkerProcess): void {
    const at = this.#warm.findIndex((warm) => warm.worker === worker);
    const [warm] = at >= 0 ? this.#warm.splice(at, 1) : [];
    clearTimeout(warm?.timer);
  }

  /**
   * A process for a session: its own warm one unless it must be `fresh`, else one that nobody has used (Z1).
   *
   * @throws Error when the system has no room for another.
   */
  take(session: string, fresh = false): WorkerProcess {
    const warm = fresh ? undefined : this.#warm.findLast((w) => w.session === session);
    if (warm !== undefined) {
      this.#unshelve(warm.worker);
      return warm.worker;
    }
    const [spare] = this.#spares;
    if (spare === undefined) return this.#start();
    this.#spares.delete(spare);
    // The lease that asks is served first.
    setImmediate(() => this.#fill());
    return spare;
  }

  /** Keeps a clean process for its session (Z3). */
  putBack(worker: WorkerProcess, session: string): void {
    if (worker.isEnded || this.#isClosed) return;
    const timer = setTimeout(() => this.#discard(worker), warmMs);
    this.#warm.push({ worker, session, timer });
    this.#options.log.debug({ worker: worker.name }, 'kept for its session');
    const oldest = this.#warm.length > warmMax ? this.#warm[0] : undefined;
    if (oldest !== undefined) this.#discard(oldest.worker);
  }

  /** The session does not come back (Z3). */
  onSessionEnded(session: string): void {
    for (const warm of this.#warm.filter((w) => w.session === session)) this.#discard(warm.worker);
  }

  #discard(worker: WorkerProcess): void {
    this.#unshelve(worker);
    void worker.end(unusedGraceMs);
  }

  /** Ends all processes and waits until they are gone; those that are leased finish what they run. */
  async close(graceMs: number, lossOf: (worker: WorkerProcess) => WorkerLoss): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#sparesTimer);
    const unused = new Set([...this.#spares, ...this.#warm.map(({ worker }) => worker)]);
    for (const { timer } of this.#warm) clearTimeout(timer);
    this.#warm = [];
    const end = (worker: WorkerProcess): Promise<void> =>
      unused.has(worker) ? worker.end(graceMs, lossOf(worker)) : worker.finish(graceMs, lossOf(worker));
    await Promise.all([...this.all].map(end));
  }

  /** Those that are still there, while it is closed, get no more than this. */
  hurry(graceMs: number): void {
    for (const worker of this.all) void worker.finish(graceMs);
  }
}
