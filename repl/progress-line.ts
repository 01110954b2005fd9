// How far things are, on standard error: one line at the bottom of a terminal, or a plain line now and then elsewhere.
//
// Owns: that line. Callers: commands that may take longer than a second.
//
// Invariants:
//   P1. Whoever writes something else clears the line first, through `note`.

import { styleText } from 'node:util';
import { formatCount, formatLongDuration } from '../sdk/index.ts';
import { terminalWidth } from './terminal-width.ts';

/** `1 run`, `11 runs`. */
export function runsText(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'run' : 'runs'}`;
}

const barWidth = 24;
const redrawMs = 100;
const plainMs = 2000;

export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedAt = performance.now();
  #share = 0;
  #text = '';
  #leftMs: number | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
    const tell = stream.isTTY ? () => this.#draw() : () => this.#stream.write(`${this.#state()}\n`);
    this.#timer = setInterval(tell, stream.isTTY ? redrawMs : plainMs);
    this.#timer.unref();
  }

  /**
   * @param share - of all the work, from 0 to 1.
   * @param leftMs - about how long it will go on; undefined while nobody knows.
   */
  set(share: number, text: string, leftMs?: number): void {
    const changed = this.#text !== text;
    this.#share = Math.min(1, share);
    this.#text = text;
    this.#leftMs = leftMs;
    if (changed && this.#stream.isTTY) this.#draw();
  }

  #state(): string {
    const percent = String(Math.floor(this.#share * 100)).padStart(3);
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    const left = this.#leftMs === undefined ? '' : `, about ${formatLongDuration(this.#leftMs)} left`;
    return `${percent} %  ${seconds} s${left}  ${this.#text}`;
  }

  #draw(): void {
    const filled = Math.round(this.#share * barWidth);
    const bar = styleText('cyan', '█'.repeat(filled), { stream: this.#stream }) + '░'.repeat(barWidth - filled);
    const room = Math.max(0, (terminalWidth(this.#stream) ?? 0) - barWidth - 2);
    this.#stream.write(`\r${bar} ${this.#state().slice(0, room)}\x1b[K`);
  }

  #clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }

  /** Writes a line of its own. P1 */
  note(text: string): void {
    this.#clear();
    this.#stream.write(`${text}\n`);
  }

  end(): void {
    this.#clear();
    clearInterval(this.#timer);
  }
}
