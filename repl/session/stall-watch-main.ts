// The thread that watches a prompt while a cell runs, and reads the terminal in its place while it stands still.
//
// Owns: the terminal while the prompt stands still (T1 of stall-watch.ts). Does not own: what is done with what was typed.

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { endMainThread } from './end-main-thread.ts';
import { beatMs, type FromStallWatch, type ToStallWatch } from './stall-watch-messages.ts';

/** So many beats that did not come are no hiccup of the machine. */
const beatsMissedMin = 5;
const keysBytesMax = 4096;
const interruptKey = 3;

/** So many looks later a main thread that was told of the key and does not answer stands still, and did not only wait for a processor. */
const answerLooks = 3;

/** The count of the prompt, and of the interrupts that it has heard of. */
const beats: Int32Array = workerData;
let seen = 0;
let missed = 0;
/** Interrupts so far, and how many looks the latest waits for its answer. */
let interrupts = 0;
let unanswered = 0;
let terminal: number | undefined;
let timer: NodeJS.Timeout | undefined;

function look(): void {
  if (Atomics.load(beats, 1) < interrupts) {
    unanswered++;
    if (unanswered === answerLooks) endMainThread();
    // What was to hear of it may be what was ended.
    if (unanswered > answerLooks) tell({ type: 'interrupted', count: interrupts });
    return;
  }
  const now = Atomics.load(beats, 0);
  missed = now === seen ? missed + 1 : 0;
  seen = now;
  if (missed < beatsMissedMin) {
    leave();
    return;
  }
  const keys = typed();
  const at = keys.indexOf(interruptKey);
  const others = at < 0 ? keys : keys.filter((_, i) => i !== at);
  if (others.length > 0) tell({ type: 'keys', keys: others });
  if (at < 0) return;
  missed = 0;
  unanswered = 0;
  tell({ type: 'interrupted', count: ++interrupts });
}

/** What was typed since the last look. */
function typed(): Uint8Array {
  const keys = new Uint8Array(keysBytesMax);
  try {
    terminal ??= openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK);
    return keys.slice(0, readSync(terminal, keys));
  } catch {
    return keys.slice(0, 0); // nothing yet
  }
}

function leave(): void {
  if (terminal !== undefined) closeSync(terminal);
  terminal = undefined;
}

function tell(message: FromStallWatch): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (message: ToStallWatch) => {
  clearInterval(timer);
  missed = 0;
  leave();
  timer = message === 'begin' ? setInterval(look, beatMs) : undefined;
});
