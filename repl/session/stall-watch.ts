// Ends by the interrupt key what does not come back to the event loop after an `await`, where nothing in this thread can
// read the key any more.
//
// Data flow: while a cell runs, a timer here counts. A thread of its own (stall-watch-main.ts) looks at the count; when it
// stands still, that thread reads the terminal, and sends here what was typed. When the interrupt key is not heard of here,
// it has V8 end what runs.
//
// Owns: that thread, which is started with the first cell that waits. Does not own: which cell runs, the terminal's mode.
// Callers: prompt.ts.
//
// Invariants:
//   T1. The terminal is read there only while this thread stands still, and never while it makes signals of keys by itself.
//   T2. No key is lost: what was read there is put back before anything else is read here.

import { Worker } from 'node:worker_threads';
import { beatMs, type FromStallWatch, type ToStallWatch } from './stall-watch-messages.ts';

const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

export class StallWatch {
  readonly #onInterrupt: () => void;
  readonly #onKeys: (keys: Uint8Array) => void;
  readonly #beats = new Int32Array(new SharedArrayBuffer(8));
  #thread: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param onInterrupt - called when the key has ended what ran.
   * @param onKeys - gets what else was typed meanwhile (T2).
   */
  constructor(onInterrupt: () => void, onKeys: (keys: Uint8Array) => void) {
    this.#onInterrupt = onInterrupt;
    this.#onKeys = onKeys;
  }

  /** Something runs from now on that may not come back. */
  begin(): void {
    this.#thread ??= this.#start();
    this.#timer ??= setInterval(() => Atomics.add(this.#beats, 0, 1), beatMs);
    this.#send('begin');
  }

  /** Runs what the terminal can interrupt by itself. T1 */
  without<T>(run: () => T): T {
    const isWatched = this.#timer !== undefined;
    this.end();
    try {
      return run();
    } finally {
      if (isWatched) this.begin();
    }
  }

  /** It is over. */
  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#send('end');
  }

  async close(): Promise<void> {
    this.end();
    await this.#thread?.terminate();
  }

  #send(message: ToStallWatch): void {
    this.#thread?.postMessage(message);
  }

  #start(): Worker {
    const thread = new Worker(new URL(`./stall-watch-main${suffix}`, import.meta.url), {
      workerData: this.#beats,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    thread.unref();
    thread.on('error', () => {}); // without it the key waits until the loop is over
    thread.on('message', (message: FromStallWatch) => {
      if (message.type === 'keys') {
        this.#onKeys(message.keys);
      } else if (message.count > Atomics.load(this.#beats, 1)) {
        Atomics.store(this.#beats, 1, message.count);
        this.#onInterrupt();
      }
    });
    return thread;
  }
}
