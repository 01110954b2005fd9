// Catches what tasks print, so that it can be told to their session. A thread then prints nothing by itself, for that would
// come out in the same program; what a process prints goes out as well, into its daemon's log.
//
// Owns: `write` of the standard streams, the limit of what is told. Does not own: who prints (executor.ts).
// Callers: executor.ts, when the session asks for it; the entry of a worker process, when the connection has ended.
//
// Invariants:
//   K1. What is printed is told before the answer of the task that printed it, and while the task still runs.
//   K2. A task that prints without end floods nobody: beyond so much in a second it is counted and dropped, which is told
//       as soon as it begins, since the program may have ended before it is over. What is dropped takes no room from what
//       comes after it, and of a piece that is too long by itself the beginning is told.

import { StringDecoder } from 'node:string_decoder';
import { isMainThread } from 'node:worker_threads';
import { nowMs } from '../protocol/clock.ts';

const periodMs = 1000;
const writesPerPeriodMax = 500;
const lengthPerPeriodMax = 256 * 1024;
const pieceLengthMax = lengthPerPeriodMax / 2;

/** Is told what is printed. */
export type OutputReceiver = (stream: 'stdout' | 'stderr', text: string) => void;

type Write = typeof process.stdout.write;

let receiver: OutputReceiver | undefined;
let ownWrites: { stdout: Write; stderr: Write } | undefined;

let periodStart = Number.NEGATIVE_INFINITY;
let writes = 0;
let length = 0;
let dropped = 0;
let dropTimer: NodeJS.Timeout | undefined;

/** From now on what is printed is told to the receiver. */
export function captureOutput(to: OutputReceiver): void {
  receiver = to;
  if (ownWrites !== undefined) return;
  ownWrites = { stdout: process.stdout.write, stderr: process.stderr.write };
  process.stdout.write = writeTo('stdout', ownWrites.stdout);
  process.stderr.write = writeTo('stderr', ownWrites.stderr);
}

/** From now on what is printed goes out here again. */
export function releaseOutput(): void {
  if (ownWrites === undefined) return;
  process.stdout.write = ownWrites.stdout;
  process.stderr.write = ownWrites.stderr;
  ownWrites = undefined;
  receiver = undefined;
  clearTimeout(dropTimer);
  dropTimer = undefined;
  dropped = 0;
}

function writeTo(stream: 'stdout' | 'stderr', ownWrite: Write): Write {
  const decoder = new StringDecoder('utf8');
  return (chunk: string | Uint8Array, encodingOrDone?: unknown, done?: unknown): boolean => {
    const encoding = isEncoding(encodingOrDone) ? encodingOrDone : 'utf8';
    onText(stream, decoder.write(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : Buffer.from(chunk)));
    if (isMainThread) return Reflect.apply(ownWrite, process[stream], [chunk, encodingOrDone, done]) === true;
    const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done;
    if (typeof callback === 'function') process.nextTick(callback);
    return true;
  };
}

function isEncoding(given: unknown): given is BufferEncoding {
  return typeof given === 'string' && Buffer.isEncoding(given);
}

/** K1, K2 */
function onText(stream: 'stdout' | 'stderr', text: string): void {
  if (text === '') return;
  const now = nowMs();
  if (now - periodStart >= periodMs) {
    tellDropped();
    periodStart = now;
    writes = 0;
    length = 0;
  }
  const told = text.length > lengthPerPeriodMax ? `${text.slice(0, pieceLengthMax)}… (cut)\n` : text;
  if (writes < writesPerPeriodMax && length + told.length <= lengthPerPeriodMax) {
    writes++;
    length += told.length;
    receiver?.(stream, told);
    return;
  }
  if (dropped === 0) receiver?.('stderr', '… too much at once: up to a second of what is printed is not shown\n');
  dropped++;
  dropTimer ??= setTimeout(tellDropped, periodMs).unref();
}

function tellDropped(): void {
  clearTimeout(dropTimer);
  dropTimer = undefined;
  if (dropped === 0) return;
  const text = `… ${dropped} pieces of output were not shown\n`;
  dropped = 0;
  receiver?.('stderr', text);
}
