// What is running, in the place of the prompt: for how long, on how many workers, how many tasks have settled; or what a
// command has to tell, such as a chart that grows.
//
// Owns: that text, and its timer. Does not own: the line editor, whose prompt it is, so that what is typed stays below it.
//
// Invariants:
//   R1. What is over soon shows nothing.
//   R2. The text is never higher than the window, or it could not be taken off the screen again.

import type { REPLServer } from 'node:repl';
import { formatCount } from '../../sdk/index.ts';
import { isDumbTerminal, styled } from './look.ts';
import type { PromptShell } from './prompt-shell.ts';
import { rowsOf, type Screen } from './screen.ts';

const firstMs = 400;
const redrawMs = 250;

export class RunningLine {
  readonly #shell: PromptShell;
  readonly #screen: Screen;
  readonly #waiting: () => number;
  line: REPLServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #tasksBefore = 0;
  #text: (() => string) | undefined;

  /** @param waiting - how many cells and commands wait for what runs. */
  constructor(shell: PromptShell, screen: Screen, waiting: () => number) {
    this.#shell = shell;
    this.#screen = screen;
    this.#waiting = waiting;
  }

  /** There is no line any more. */
  close(): void {
    clearInterval(this.#timer);
    this.line = undefined;
  }

  /** Something runs: the prompt goes away, and its line comes when it is time (R1). */
  start(text?: () => string): void {
    clearInterval(this.#timer);
    this.#text = text;
    this.#startedAt = performance.now();
    this.#tasksBefore = this.#shell.connection.session.timings().tasks;
    this.line?.setPrompt('');
    // A terminal that cannot go back would show it again and again.
    if (this.line === undefined || isDumbTerminal()) return;
    this.#timer = setTimeout(() => {
      this.#draw();
      this.#timer = setInterval(() => this.#draw(), redrawMs);
    }, firstMs);
  }

  /** It is over, or prints by itself from now on. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.line === undefined || (this.line.getPrompt() === '' && this.line.line === '')) return;
    this.#screen.erase();
    this.line.setPrompt('');
  }

  #draw(): void {
    const text = this.#text?.() ?? this.#ownText();
    this.#screen.goBelow();
    this.line?.setPrompt(this.#endOf(text));
    this.line?.prompt(true);
  }

  /** As many of the last lines as the window has room for. R2 */
  #endOf(text: string): string {
    const { width } = this.#shell.look;
    const lines = text.split('\n');
    let rows = 0;
    const from = lines.findLastIndex((line) => {
      rows += rowsOf(line, width);
      return rows > this.#screen.rows - 2;
    });
    return lines.slice(from + 1).join('\n');
  }

  #ownText(): string {
    const { look, connection } = this.#shell;
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    const tasks = connection.session.timings().tasks - this.#tasksBefore;
    const { leased, session } = connection;
    const parts = [`${seconds} s`, `${leased} of ${session.workers} workers`, `${formatCount(tasks)} tasks`];
    const waiting = this.#waiting();
    if (waiting > 0) parts.push(`${waiting} more to run`);
    if (look.width >= 70) parts.push('Ctrl-C interrupts');
    return styled(look, 'dim', `[${parts.join(look.unicode ? ' · ' : ', ')}] `);
  }
}
