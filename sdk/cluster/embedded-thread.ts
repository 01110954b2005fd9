// One worker thread of the embedded cluster: started once, leased many times, gone for good when it dies.
//
// Owns: the thread, telling why it ended. Does not own: who may use it (embedded.ts).
//
// Invariants:
//   E1. A thread whose tasks have printed keeps the program running until all of that is here. It says so before the answer,
//       but by a port of its own, which the event loop may come to later: so it is looked at when the last answer is here.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Channel } from '../protocol/channel.ts';
import { PortChannel } from '../protocol/port-channel.ts';
import { textOf } from '../text-of.ts';
import type { WorkerLoss } from './cluster.ts';

const entry = new URL(
  import.meta.url.endsWith('.ts') ? '../worker/worker-main.ts' : '../worker/worker-main.js',
  import.meta.url,
);

/** A program given as text on the command line: threads inherit its flag, and then refuse to run a file. */
const isOneLiner = process.execArgv.some((flag) => flag.startsWith('--input-type'));

/**
 * How long a thread that has to end may still hand over what its tasks have printed, in milliseconds: one whose task does not
 * return, and may never hand it over, and one that is idle, and does so as soon as it gets the processor.
 */
const outputGraceMs = { busy: 100, idle: 2000 } as const;

/**
 * How much of a thread's heap is for young objects. A thread at its limit gets 16 MB more from Node to be ended in; if what
 * is young does not fit in there when it grows old, V8 ends the whole process.
 */
const youngGenerationMb = 12;

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
  /** On which the thread says whether output is on its way (E1). */
  readonly #watch: MessagePort;
  /** Settles when what its tasks have printed is here; undefined when nothing is on its way. */
  #output: PromiseWithResolvers<void> | undefined;

  constructor({ name, heapBytesMax, onEnd }: EmbeddedThreadOptions) {
    this.name = name;
    const { port1: watch, port2: output } = new MessageChannel();
    const worker = new Worker(entry, {
      name,
      workerData: { output },
      transferList: [output],
      ...(isOneLiner ? { execArgv: [] } : {}),
      resourceLimits: {
        maxYoungGenerationSizeMb: youngGenerationMb,
        ...(heapBytesMax === undefined ? {} : { maxOldGenerationSizeMb: heapBytesMax / 2 ** 20 }),
      },
    });
    this.#worker = worker;
    this.#watch = watch;
    this.channel = new PortChannel({
      postMessage: (value, transfer) => worker.postMessage(value, transfer),
      on: (event, listener) => worker.on(event, listener),
      ref: () => worker.ref(),
      unref: () => {
        this.#lookAtOutput();
        worker.unref();
      },
    });
    // Idle threads do not keep a program from ending.
    worker.unref();
    watch.on('message', (isPending) => this.#onOutput(isPending));
    watch.unref();
    let thrown: { error: unknown } | undefined;
    worker.on('error', (error: unknown) => {
      thrown = { error };
    });
    this.#ended = new Promise((resolve) => {
      worker.on('exit', (exitCode) => {
        watch.close();
        onEnd(lossOf(name, exitCode, thrown));
        resolve();
      });
    });
  }

  /** E1 */
  #onOutput(isPending: unknown): void {
    if (isPending === true) {
      this.#output ??= Promise.withResolvers();
      this.#watch.ref();
    } else {
      this.#output?.resolve();
      this.#output = undefined;
      this.#watch.unref();
    }
  }

  /** Takes what the thread has said of its output up to here. */
  #lookAtOutput(): void {
    for (let said = receiveMessageOnPort(this.#watch); said !== undefined; said = receiveMessageOnPort(this.#watch)) {
      this.#onOutput(said.message);
    }
  }

  /**
   * Ends the thread and waits until it is gone. What its tasks have printed comes first, but does not keep it alive for
   * long. A native call that it is in ends first.
   *
   * @param state - whether a task may run there.
   */
  async end(state: keyof typeof outputGraceMs): Promise<void> {
    this.#lookAtOutput();
    if (this.#output !== undefined) {
      const { promise, resolve } = this.#output;
      const timer = setTimeout(resolve, outputGraceMs[state]);
      await Promise.race([promise, this.#ended]);
      clearTimeout(timer);
    }
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
  const text = textOf(error);
  return {
    reason: 'uncaught-error',
    exitCode,
    message: `worker ${name} ended by an error: ${text}`,
    cause: error,
  };
}
