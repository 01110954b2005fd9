// The thread that waits for the interrupt signal in place of a script, which may not come back to its event loop.

import { Script } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { endMainThread } from './end-main-thread.ts';
import type { FromScriptInterrupt } from './script-interrupt.ts';

/** A main thread that does not answer for so long stands still. */
const answerMs = 500;

const heard: Int32Array = workerData;

// What is told from inside of it is told when the signal is waited for.
Object.assign(globalThis, {
  waitForSignal: () => {
    tell('waiting');
    Atomics.wait(heard, 0, 0);
  },
});
try {
  new Script('waitForSignal()').runInThisContext({ breakOnSigint: true });
} catch {
  tell('interrupted');
  if (Atomics.wait(heard, 0, 0, answerMs) === 'timed-out') endMainThread();
}

function tell(message: FromScriptInterrupt): void {
  parentPort?.postMessage(message);
}
