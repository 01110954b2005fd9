// The real `gridbook` command in a real terminal: a pseudo-terminal, and what it shows as a person would see it.
//
// Owns: the process and its terminal; both are gone at the end of the test. Waits for what is on the screen, never for a
// time.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { gridbookMain } from '../repl/gridbook-command.ts';

const scrollbackLines = 5000;
/** After this long without what is waited for, the wait is given up, in milliseconds. */
const waitMaxMs = 60_000;

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export class TestTerminal {
  readonly #process: IPty;
  readonly #screen: InstanceType<typeof xterm.Terminal>;
  readonly #exit = Promise.withResolvers<number>();
  #hasEnded = false;
  #exitCode: number | undefined;
  #onChange = (): void => {};
  /** All that was written, with what moves the cursor. */
  raw = '';

  private constructor(args: readonly string[], { columns = 100, rows = 40, env = {}, cwd }: TerminalOptions) {
    this.#screen = new xterm.Terminal({ cols: columns, rows, scrollback: scrollbackLines, allowProposedApi: true });
    // A flag of the test runner in the environment would turn the command into a test.
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, NO_COLOR: ___, ...own } = process.env;
    this.#process = spawn(process.execPath, [gridbookMain, ...args], {
      name: env['TERM'] ?? 'xterm-256color',
      cols: columns,
      rows,
      cwd: cwd ?? process.cwd(),
      env: { ...own, LANG: 'C.UTF-8', ...env },
    });
    this.#process.onData((data) => {
      this.raw += data;
      this.#screen.write(data, () => this.#onChange());
    });
    this.#process.onExit(({ exitCode }) => {
      this.#hasEnded = true;
      // What it wrote last is on the screen by then.
      this.#screen.write('', () => {
        this.#exitCode = exitCode;
        this.#exit.resolve(exitCode);
        this.#onChange();
      });
    });
  }

  /** Opens one; the command has ended when the test has. */
  static open(t: TestContext, args: readonly string[], options: TerminalOptions = {}): TestTerminal {
    const terminal = new TestTerminal(args, options);
    t.after(async () => {
      if (!terminal.#hasEnded) terminal.#process.kill('SIGKILL');
      await terminal.exit;
      terminal.#screen.dispose();
    });
    return terminal;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The exit status, when it has ended. */
  get exit(): Promise<number> {
    return this.#exit.promise;
  }

  /** Types keys as they come from a keyboard. */
  type(keys: string): void {
    this.#process.write(keys);
  }

  /** Types a line and the enter key. */
  enter(line: string): void {
    this.type(`${line}\r`);
  }

  /** Closes the terminal under the command, as one does who closes a window. */
  hangUp(): void {
    const destroy: unknown = Reflect.get(this.#process, 'destroy');
    assert.ok(typeof destroy === 'function');
    Reflect.apply(destroy, this.#process, []);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#process.resize(columns, rows);
  }

  /** What is on the screen, and what has gone off it at the top. */
  get text(): string {
    const buffer = this.#screen.buffer.active;
    const lines: string[] = [];
    for (let i = 0; i < buffer.length; i++) {
      const line = buffer.getLine(i);
      const text = line?.translateToString(true) ?? '';
      if (line?.isWrapped) lines.push(`${lines.pop() ?? ''}${text}`);
      else lines.push(text);
    }
    return lines.join('\n').trimEnd();
  }

  /** The widest line on the screen, in characters. */
  get widest(): number {
    const buffer = this.#screen.buffer.active;
    return Math.max(
      ...Array.from({ length: buffer.length }, (_, i) =>
        buffer.getLine(i)?.isWrapped
          ? Number.POSITIVE_INFINITY
          : (buffer.getLine(i)?.translateToString(true).length ?? 0),
      ),
    );
  }

  /** Waits until the screen shows it; gives the whole text. @throws Error when the command ends, or it never comes. */
  async until(shown: RegExp | ((text: string) => boolean)): Promise<string> {
    const isShown = (): boolean => (typeof shown === 'function' ? shown(this.text) : shown.test(this.text));
    if (isShown()) return this.text;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`Not shown: ${shown}. What is:\n${this.text}`)), waitMaxMs);
    this.#onChange = () => {
      if (isShown()) resolve();
      else if (this.#exitCode !== undefined)
        reject(new Error(`Ended with ${this.#exitCode}. Shown was:\n${this.text}`));
    };
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#onChange = () => {};
    }
    return this.text;
  }

  /** Waits for the prompt of a cell, with nothing typed; gives what is shown since the one before. */
  async prompt(number: number): Promise<string> {
    const text = await this.until(new RegExp(`In \\[${number}\\]: *$`));
    return text.split(new RegExp(`In \\[${number - 1}\\]: `)).at(-1) ?? '';
  }
}
