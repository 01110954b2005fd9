// The terminal under a prompt: what is printed appears above the line that is being typed, which stays as it is.
//
// Owns: what process.stdout and process.stderr write while the prompt is open. Does not own: the line (Node's readline).
// Callers: prompt.ts, and through the process's streams whoever prints.
//
// Invariants:
//   N1. Whatever is printed, the line that is typed and its cursor are on the screen whole afterwards.
//   N2. When the screen is closed, the streams write as they did before.
//   N3. What is printed without an end of its line goes on where it ended, though what is typed or runs was shown below it.

import type { Interface } from 'node:readline';
import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import { isDumbTerminal, type Look, lookOf } from './look.ts';

type Write = NodeJS.WriteStream['write'];

const unfinishedMax = 10_000;

export class Screen {
  /** Where the prompt writes: the terminal itself. */
  readonly terminal: NodeJS.WriteStream;
  readonly #stream: NodeJS.WriteStream;
  readonly #isUnheard: () => boolean;
  readonly #raw: Write;
  readonly #restore: (() => void)[] = [];
  #line: Interface | undefined;
  /** What was printed last without an end of its line; the line that is typed may stand below it. */
  #unfinished = '';
  #isLineBelow = false;

  /** In another width what is on the screen has other lines. N1 */
  readonly #onResize = (): void => {
    if (this.#line !== undefined) Reflect.set(this.#line, 'prevRows', this.#line.getCursorPos().rows);
  };

  /** @param isUnheard - whether what is printed just now is for nobody. */
  constructor(isUnheard: () => boolean, stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream;
    this.#isUnheard = isUnheard;
    this.#raw = stream.write.bind(stream);
    // Everything is the stream's own but for `write`, which others are kept from.
    const terminal: NodeJS.WriteStream = Object.create(stream, { write: { value: this.#raw } });
    this.terminal = terminal;
  }

  /** How many lines it has. */
  get rows(): number {
    return this.terminal.rows ?? 24;
  }

  get look(): Look {
    return lookOf(this.terminal);
  }

  /** From now on what is printed goes above the line. */
  open(line: Interface): void {
    this.#line = line;
    // Readline draws the line anew, too, and has to know first where it begins now.
    this.#stream.prependListener('resize', this.#onResize);
    this.#restore.push(() => this.#stream.off('resize', this.#onResize));
    for (const stream of [process.stdout, process.stderr]) {
      if (!stream.isTTY) continue;
      const own = stream.write;
      const decoder = new StringDecoder('utf8');
      stream.write = (chunk: string | Uint8Array, encodingOrDone?: unknown, done?: unknown): boolean => {
        if (!this.#isUnheard()) this.print(typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk)));
        const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done;
        if (typeof callback === 'function') process.nextTick(callback);
        return true;
      };
      this.#restore.push(() => {
        stream.write = own;
      });
    }
  }

  /** N2 */
  close(): void {
    for (const restore of this.#restore.splice(0)) restore();
    this.#line = undefined;
  }

  /** Prints a text as it is, after what was printed before. N1 */
  print(text: string): void {
    if (text === '') return;
    const line = this.#line;
    const isTyping = line !== undefined && (line.line !== '' || line.getPrompt() !== '');
    if (isTyping) this.erase();
    this.#takeUp();
    this.#raw(text);
    const whole = this.#unfinished + text;
    this.#unfinished = whole.slice(
      Math.max(whole.lastIndexOf('\n') + 1, whole.lastIndexOf('\r'), whole.length - unfinishedMax),
    );
    if (!isTyping) return;
    this.goBelow();
    this.#showLine(line);
  }

  /** Begins a line for what is not printed, such as a prompt; what is printed next goes on above it. */
  goBelow(): void {
    if (this.#unfinished === '' || this.#isLineBelow) return;
    this.#raw('\n');
    this.#isLineBelow = true;
  }

  /** Goes back to where the unfinished line ends. N3 */
  #takeUp(): void {
    if (!this.#isLineBelow) return;
    this.#isLineBelow = false;
    if (isDumbTerminal()) {
      this.#unfinished = '';
      return;
    }
    moveCursor(this.terminal, 0, -rowsOf(this.#unfinished, this.look.width));
    cursorTo(this.terminal, 0);
    clearScreenDown(this.terminal);
    this.#raw(this.#unfinished);
  }

  #showLine(line: Interface): void {
    line.prompt(true);
    if (isDumbTerminal()) this.#raw(line.line);
  }

  /** Prints whole lines. */
  printLine(text: string): void {
    this.endLine();
    this.print(`${text}\n`);
  }

  /** Begins a line unless it is at the start of one. */
  endLine(): void {
    this.goBelow();
    this.lineEntered();
  }

  /** What was typed was entered: what is printed next stands below it. */
  lineEntered(): void {
    this.#isLineBelow = false;
    this.#unfinished = '';
  }

  /** Takes off the row what the terminal itself has shown of keys, as long as it made lines and signals of them. */
  clearEcho(): void {
    const isAlone = this.#line?.line === '' && this.#line.getPrompt() === '' && this.#unfinished === '';
    if (!isAlone || isDumbTerminal()) return;
    cursorTo(this.terminal, 0);
    clearScreenDown(this.terminal);
  }

  /** Takes back a text that was entered while something runs: it is shown again when it is its turn. */
  takeBack(text: string): void {
    if (this.#line === undefined || isDumbTerminal()) return;
    const { width } = this.look;
    const lines = `${this.#line.getPrompt()}${text.replaceAll('\n', '\n| ')}`.split('\n');
    const rows = lines.reduce((sum, line) => sum + rowsOf(line, width), 0);
    moveCursor(this.terminal, 0, -rows);
    cursorTo(this.terminal, 0);
    clearScreenDown(this.terminal);
    Reflect.set(this.#line, 'prevRows', 0);
    if (this.#line.getPrompt() !== '') this.#line.prompt(true);
  }

  /** Shows a text as if it were entered now; what is typed meanwhile stays. */
  enterAgain(prompt: string, text: string): void {
    this.erase();
    this.#line?.setPrompt('');
    this.#raw(`${prompt}${text.replaceAll('\n', '\n| ')}\n`);
    if (this.#line !== undefined && this.#line.line !== '') this.#showLine(this.#line);
  }

  /** Takes the prompt and what is typed off the screen, or goes on below it. */
  erase(): void {
    if (this.#line === undefined) return;
    if (isDumbTerminal()) {
      this.#raw('\n');
      return;
    }
    const { rows } = this.#line.getCursorPos();
    if (rows > 0) moveCursor(this.terminal, 0, -rows);
    cursorTo(this.terminal, 0);
    clearScreenDown(this.terminal);
    // Readline keeps how many rows its cursor is below its prompt, and goes up so many before it draws.
    Reflect.set(this.#line, 'prevRows', 0);
  }
}

/** How many rows of the window a line takes. */
export function rowsOf(line: string, width: number): number {
  return Math.max(1, Math.ceil(stripVTControlCharacters(line).length / width));
}
