// What workers print, line by line into the daemon's log, at a rate that a log can take.
//
// Owns: cutting into lines, the rate limit. Does not own: the streams, the log.
//
// Invariants:
//   R1. The stream is read to its end at all times: a worker is never held up by the log, and lines beyond the limit are
//       counted and dropped.

import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { nowMs } from '../../sdk/internal.ts';

/** A longer line is cut, in characters. */
const lineLengthMax = 8192;
/** So many lines are kept in each period. */
const linesPerPeriodMax = 500;
const periodMs = 1000;
const tailLengthMax = 8192;

export class WorkerOutput {
  readonly #onLine: (line: string) => void;
  readonly #ended = Promise.withResolvers<void>();
  readonly #decoder = new StringDecoder('utf8');
  #partial = '';
  #isCut = false;
  #periodStart = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #dropped = 0;
  /** The last of what was printed, also of what was dropped. */
  tail = '';

  constructor(stream: Readable, onLine: (line: string) => void) {
    this.#onLine = onLine;
    stream.on('data', (piece: Buffer) => this.#onText(this.#decoder.write(piece)));
    stream.on('error', () => {});
    stream.on('close', () => {
      if (this.#partial !== '') this.#onWhole(this.#partial);
      this.#partial = '';
      this.#tellDropped();
      this.#ended.resolve();
    });
  }

  /** Resolves when everything has been read and told. A socket says that it is closed a little before that. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  #onText(text: string): void {
    this.tail = (this.tail + text).slice(-tailLengthMax);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = this.#partial + text.slice(start, end);
      if (!this.#isCut) this.#onWhole(line);
      this.#partial = '';
      this.#isCut = false;
      start = end + 1;
    }
    if (this.#isCut) return;
    this.#partial += text.slice(start);
    if (this.#partial.length <= lineLengthMax) return;
    this.#onWhole(this.#partial);
    this.#partial = '';
    this.#isCut = true;
  }

  #onWhole(line: string): void {
    const now = nowMs();
    if (now - this.#periodStart >= periodMs) {
      this.#tellDropped();
      this.#periodStart = now;
      this.#lines = 0;
    }
    if (++this.#lines > linesPerPeriodMax) this.#dropped++;
    else this.#onLine(line.length > lineLengthMax ? `${line.slice(0, lineLengthMax)}…` : line);
  }

  #tellDropped(): void {
    if (this.#dropped > 0) this.#onLine(`… and ${this.#dropped} more lines, too many at once for the log`);
    this.#dropped = 0;
  }
}
