// One line at the bottom of a terminal that says how far things are.
//
// Owns: the line on standard error. Writes nothing where standard error is no terminal.
//
// Invariants:
//   P1. Whoever writes something else clears the line first, through `note`.

import { styleText } from 'node:util';

const barWidth = 24;
const redrawMs = 100;

export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedAt = performance.now();
  #share = 0;
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
    if (!stream.isTTY) return;
    this.#timer = setInterval(() => this.#draw(), redrawMs);
    this.#timer.unref();
  }

  /** @param share - of all the work, from 0 to 1. */
  set(share: number, text: string): void {
    this.#share = Math.min(1, share);
    const changed = this.#text !== text;
    this.#text = text;
    if (changed && this.#timer !== undefined) this.#draw();
  }

  #draw(): void {
    const filled = Math.round(this.#share * barWidth);
    const bar = styleText('cyan', '█'.repeat(filled), { stream: this.#stream }) + '░'.repeat(barWidth - filled);
    const percent = String(Math.floor(this.#share * 100)).padStart(3);
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    const rest = ` ${percent} %  ${seconds} s  ${this.#text}`;
    this.#stream.write(`\r${bar}${rest.slice(0, Math.max(0, this.#stream.columns - barWidth - 1))}\x1b[K`);
  }

  #clear(): void {
    if (this.#timer !== undefined) this.#stream.write('\r\x1b[K');
  }

  /** Writes a line of its own. P1 */
  note(text: string): void {
    this.#clear();
    this.#stream.write(`${text}\n`);
  }

  end(): void {
    this.#clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
