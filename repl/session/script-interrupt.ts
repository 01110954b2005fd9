// The interrupt key while a script runs: also what does not come back to the event loop ends by it, where no handler of a
// signal would run.
//
// Data flow: a thread of its own (script-interrupt-main.ts) waits for the signal and says so here; when no answer comes,
// it has V8 end what runs here, which is then told all the same.
//
// Owns: that thread. Does not own: what an interrupt means.
// Callers: script-run.ts.
//
// Invariants:
//   A1. A script that handles the signal by itself does so as under `node`: its handler takes the place of this.
//   A2. The signal ends the process when it comes again.

import { Worker } from 'node:worker_threads';

const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

export class ScriptInterrupt implements AsyncDisposable {
  readonly #heard = new Int32Array(new SharedArrayBuffer(4));
  readonly #thread: Worker;
  /** Resolves when the signal is waited for; the thread keeps no process from its end from then on. */
  readonly ready: Promise<void>;

  /** @param onInterrupt - called once. */
  constructor(onInterrupt: () => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    const thread = new Worker(new URL(`./script-interrupt-main${suffix}`, import.meta.url), {
      workerData: this.#heard,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    this.#thread = thread;
    thread.on('error', () => resolve()); // without it the signal ends the process
    thread.on('message', (message: FromScriptInterrupt) => {
      if (message === 'waiting') {
        thread.unref();
        resolve();
        return;
      }
      Atomics.store(this.#heard, 0, 1);
      Atomics.notify(this.#heard, 0);
      onInterrupt();
    });
  }

  /** The end of the thread would take the place of a handler of the script's own (A1), which may stay when its cells are over. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (process.listenerCount('SIGINT') === 0) await this.#thread.terminate();
  }
}

/** From the thread: the signal is waited for, or it came. */
export type FromScriptInterrupt = 'waiting' | 'interrupted';
