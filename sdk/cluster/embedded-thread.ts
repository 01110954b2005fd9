// One worker thread of the embedded cluster: started once, leased many times, gone for good when it dies.
//
// Owns: the thread, telling why it ended. Does not own: who may use it (embedded.ts).

import { Worker } from 'node:worker_threads';
import type { Channel } from '../protocol/channel.ts';
import { PortChannel } from '../protocol/port-channel.ts';
import type { WorkerLoss } from './cluster.ts';

const entry = new URL(
  import.meta.url.endsWith('.ts') ? '../worker/worker-main.ts' : '../worker/worker-main.js',
  import.meta.url,
);

/** A program given as text on the command line: threads inherit its flag, and then refuse to run a file. */
const isOneLiner = process.execArgv.some((flag) => flag.startsWith('--input-type'));

export interface EmbeddedThreadOptions {
  name: string;
  /** The limit of the thread's JavaScript heap, in bytes; undefined for Node's own. */
  heapBytesMax: number | undefined;
  /** Called once, when the thread has ended. */
  onEnd: (loss: WorkerLoss) => void;
}

export class EmbeddedThread {
  readonly name: string;
  readonly channel: Channel;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;

  constructor({ name, heapBytesMax, onEnd }: EmbeddedThreadOptions) {
    this.name = name;
    this.#worker = new Worker(entry, {
      name,
      ...(isOneLiner ? { execArgv: [] } : {}),
      ...(heapBytesMax === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapBytesMax / 2 ** 20 } }),
    });
    this.channel = new PortChannel(this.#worker);
    // Idle threads do not keep a program from ending.
    this.#worker.unref();
    let thrown: { error: unknown } | undefined;
    this.#worker.on('error', (error: unknown) => {
      thrown = { error };
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', (exitCode) => {
        onEnd(lossOf(name, exitCode, thrown));
        resolve();
      });
    });
  }

  /** Ends the thread and waits until it is gone. A native call that it is in ends first. */
  async end(): Promise<void> {
    await this.#worker.terminate();
    await this.#ended;
  }
}

function lossOf(name: string, exitCode: number, thrown: { error: unknown } | undefined): WorkerLoss {
  if (thrown === undefined) {
    return { reason: 'exit', exitCode, message: `worker ${name} ended with exit code ${exitCode}` };
  }
  const { error } = thrown;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return {
      reason: 'out-of-memory',
      exitCode,
      message: `worker ${name} ran out of JavaScript heap`,
      cause: error,
    };
  }
  const text = error instanceof Error ? error.message : String(error);
  return {
    reason: 'uncaught-error',
    exitCode,
    message: `worker ${name} ended by an error: ${text}`,
    cause: error,
  };
}
