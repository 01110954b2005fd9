// One worker process: started once, leased by one session as often as it comes clean, gone for good when it dies.
//
// Owns: the child process and its group, what it prints, telling why it ended. Does not own: leases (node.ts).
//
// Invariants:
//   V1. The process gets no secret: no variable of Gridbook's own is in its environment, nothing but the entry in its
//       arguments.
//   V2. `onEnd` is called once. Nothing of its process group, and no socket file, is left then.
//   V3. Whatever the process writes to its descriptors, and whichever of them it closes, costs that process only.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { readJsonLines, type WorkerStore, writeJsonLine } from '../../sdk/internal.ts';
import { compileCacheEnv } from '../compile-cache.ts';
import { type ObjectBrought, type ObjectMessage, objectMessage } from './object-store-messages.ts';
import { isAbort, lossOf, startFailure, type WorkerLoss } from './worker-death.ts';
import { type DaemonToWorker, type WorkerMessage, workerMessage } from './worker-messages.ts';
import { WorkerOutput } from './worker-output.ts';

const entry = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts')
      ? '../../sdk/worker/worker-process-main.ts'
      : '../../sdk/worker/worker-process-main.js',
    import.meta.url,
  ),
);

/** How long the last words of a process are waited for, in milliseconds. */
const lastWordsMs = 500;
/** So many sockets that it was to listen on last are removed at its end. */
const socketsMax = 64;
/** How long a process may live on that has closed the pipe to its daemon, in milliseconds. */
const unheardMs = 1000;

type ServeWithStore = Extract<DaemonToWorker, { type: 'lease.serve' }> & { readonly store?: WorkerStore };

export interface WorkerProcessOptions {
  readonly name: string;
  readonly log: Logger;
  /** The limit of its JavaScript heap, in bytes; undefined for Node's own. */
  readonly heapBytesMax: number | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly onMessage: (message: WorkerMessage) => void;
  readonly onObjectMessage: (message: ObjectMessage) => void;
  readonly onEnd: (loss: WorkerLoss) => void;
}

export class WorkerProcess {
  readonly name: string;
  readonly #options: WorkerProcessOptions;
  readonly #child: ChildProcess;
  /** What it and this process say to each other; undefined when it could not be started. */
  readonly #channel: Socket | undefined;
  #unheard: NodeJS.Timeout | undefined;
  readonly #output: WorkerOutput | undefined;
  readonly #errors: WorkerOutput | undefined;
  readonly #ended = Promise.withResolvers<void>();
  readonly #socketPaths = new Set<string>();
  #loss: WorkerLoss | undefined;
  #said: { reason: 'connection-lost' | 'uncaught-error'; message: string } | undefined;
  #isEnded = false;

  constructor(options: WorkerProcessOptions) {
    const { name, log, heapBytesMax, env } = options;
    this.name = name;
    this.#options = options;
    const flags = heapBytesMax === undefined ? [] : [`--max-old-space-size=${Math.ceil(heapBytesMax / 2 ** 20)}`];
    const child = spawn(process.execPath, [...flags, entry], {
      detached: true, // leads a group of its own
      // What is said (`parentDescriptor`), and one that is never written to: it ends when this process does.
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      env: { ...withoutSecrets(env), ...compileCacheEnv },
    });
    this.#child = child;
    child.on('error', (error) => this.#onError(error));
    child.on('exit', (code, signal) => this.#onExit(code, signal));
    // One for which the system had no descriptors left has no streams at all.
    if (child.stdio === undefined) return;
    const [, stdout, stderr, channel, lifeline] = child.stdio;
    lifeline?.on('error', () => {});
    if (channel instanceof Socket) this.#channel = this.#listenTo(channel);
    if (child.pid !== undefined) log.info({ workerPid: child.pid }, 'started');
    if (stdout !== null) this.#output = new WorkerOutput(stdout, (line) => log.info({ stream: 'stdout' }, line));
    if (stderr !== null) this.#errors = new WorkerOutput(stderr, (line) => log.info({ stream: 'stderr' }, line));
  }

  #listenTo(channel: Socket): Socket {
    readJsonLines(channel, {
      onValue: (value) => this.#onMessage(value),
      onUnreadable: (what) => this.#onUnreadable(what),
    });
    channel.on('error', () => {}); // 'close' follows
    channel.on('close', () => {
      if (this.#isEnded) return;
      // Its end closes the pipe, too, and comes right after.
      this.#unheard = setTimeout(() => this.kill(lossBecause(this.name, 'closed the pipe to its daemon')), unheardMs);
    });
    return channel;
  }

  /** V3 */
  #onUnreadable(what: string): void {
    this.kill(lossBecause(this.name, `was ended, because it sent its daemon ${what}`));
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Resolves when `onEnd` has been called and the last of what it printed was read. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  #onMessage(value: unknown): void {
    if (this.#isEnded) return;
    const ofObject = objectMessage.safeParse(value);
    if (ofObject.success) {
      this.#options.onObjectMessage(ofObject.data);
      return;
    }
    const { success, data } = workerMessage.safeParse(value);
    if (!success) this.#onUnreadable('what is no message of a worker');
    else if (data.type === 'worker.ending') this.#said ??= data;
    else this.#options.onMessage(data);
  }

  #onError(error: Error): void {
    if (this.#child.pid === undefined) this.#finish(startFailure(this.name, error));
    else this.#options.log.warn({ err: error }, 'a worker could not be told or ended');
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#signalGroup('SIGKILL'); // what its tasks have started
    const finish = (): void => {
      const errorTail = this.#errors?.tail ?? '';
      this.#finish(this.#loss ?? lossOf(this.name, { code, signal, errorTail, said: this.#said }));
    };
    // What it said last may come after its end: what it told the daemon, and, when V8 ended it, what it printed.
    const awaited: Promise<unknown>[] = [];
    if (this.#channel?.closed === false) awaited.push(once(this.#channel, 'close'));
    if (isAbort({ code, signal }) && this.#errors !== undefined) awaited.push(this.#errors.ended);
    if (awaited.length === 0 || this.#loss !== undefined) {
      finish();
      return;
    }
    const timer = setTimeout(finish, lastWordsMs);
    void Promise.all(awaited).then(() => {
      clearTimeout(timer);
      finish();
    }, finish);
  }

  #finish(loss: WorkerLoss): void {
    if (this.#isEnded) return; // V2
    this.#isEnded = true;
    clearTimeout(this.#unheard);
    for (const path of this.#socketPaths) this.#removeSocket(path);
    this.#channel?.destroy();
    this.#child.stdio?.[4]?.destroy();
    this.#options.log.info({ reason: loss.reason }, loss.message);
    this.#options.onEnd(loss);
    void this.#drain().then(this.#ended.resolve);
  }

  #removeSocket(path: string): void {
    try {
      rmSync(path, { force: true });
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the socket of a worker could not be removed');
    }
  }

  /** Reads what it printed last, as long as no one who left its group keeps the streams open. */
  async #drain(): Promise<void> {
    const timer = setTimeout(() => {
      this.#child.stdout?.destroy();
      this.#child.stderr?.destroy();
    }, lastWordsMs);
    await Promise.all([this.#output?.ended, this.#errors?.ended]);
    clearTimeout(timer);
  }

  /**
   * Makes it be there for a lease's connection.
   *
   * @param store - where its large results stay; without one they travel with their answers.
   */
  serve(socket: string, store?: WorkerStore): void {
    this.#socketPaths.add(socket);
    // One that was connected to is gone; of those that were forgone while it started, it may not have heard yet.
    const [oldest] = this.#socketPaths.size > socketsMax ? this.#socketPaths : [];
    if (oldest !== undefined) this.#socketPaths.delete(oldest);
    this.tell({ type: 'lease.serve', socket, ...(store === undefined ? {} : { store }) });
  }

  /** The lease that it serves is over, and nobody has connected. */
  forgo(): void {
    this.tell({ type: 'lease.forgo' });
  }

  tell(message: DaemonToWorker | ObjectBrought | ServeWithStore): void {
    // One that is about to end cannot be told; its end is noticed.
    if (this.#channel?.writable === true) writeJsonLine(this.#channel, message);
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody is left in the group.
    }
  }

  /**
   * Ends it at once, and all that its tasks have started.
   *
   * @param loss - why, for those who ask.
   */
  kill(loss?: WorkerLoss): void {
    if (this.#isEnded) return;
    this.#loss ??= loss;
    this.#signalGroup('SIGKILL');
  }

  /** Tells it to end, and kills it when it has not after `graceMs`. */
  end(graceMs: number, loss?: WorkerLoss): Promise<void> {
    return this.#endBy(() => this.#child.kill('SIGTERM'), graceMs, loss);
  }

  /** Has it finish what it runs and end then, and kills it when it has not after `graceMs`. */
  finish(graceMs: number, loss?: WorkerLoss): Promise<void> {
    return this.#endBy(() => this.tell({ type: 'worker.leave' }), graceMs, loss);
  }

  async #endBy(ask: () => void, graceMs: number, loss: WorkerLoss | undefined): Promise<void> {
    if (this.#isEnded) return;
    this.#loss ??= loss;
    ask();
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.ended;
    clearTimeout(timer);
  }
}

function lossBecause(name: string, why: string): WorkerLoss {
  return { reason: 'killed', message: `worker ${name} ${why}`, exitCode: null };
}

/** V1 */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith('GRIDBOOK')));
}
