// The prompt: Node's own, with cells for its evaluation.
//
// Owns: the line, the keys, what runs in which order, how it ends. Does not own: cells (cells.ts), commands, the screen.
// Callers: repl-command.ts.
//
// Invariants:
//   P1. Cells and commands run one at a time, in the order in which they were typed; what is typed meanwhile is shown at
//       once and waits.
//   P2. The interrupt key ends what runs, or clears what is typed; only twice at an empty prompt it leaves.
//   P3. Nothing that a cell leaves behind ends the prompt: what is thrown later is shown.
//   P4. A process whose terminal is gone, or that is told to end, ends at once: nothing handles those signals, for in a loop
//       no handler would run.

import { EventEmitter } from 'node:events';
import { type REPLServer, Recoverable, start } from 'node:repl';
import { InvalidArgumentError } from '../../sdk/index.ts';
import { interruption, isOfInterruptedCell } from './cell-runner.ts';
import { type CellCode, readCell } from './cell-syntax.ts';
import type { SessionCommand } from './command.ts';
import { complete, openCall, signatureOf } from './completion.ts';
import { defineCommands } from './dot-commands.ts';
import { inspection } from './help.ts';
import { searchHistory } from './history-search.ts';
import { openLine } from './line-keys.ts';
import { isDumbTerminal, styled } from './look.ts';
import { pasteInto } from './pasting.ts';
import { PromptShell } from './prompt-shell.ts';
import { RunningLine } from './running-line.ts';
import { Screen } from './screen.ts';
import { StallWatch } from './stall-watch.ts';
import { askedFor, leavingBy } from './typed-line.ts';
import { showValue } from './values-shown.ts';

const historyLinesMax = 10_000;

export interface PromptOptions {
  readonly commands: readonly SessionCommand[];
  /** Where the history is kept; undefined for nowhere. */
  readonly historyPath: string | undefined;
}

export class Prompt {
  readonly shell: PromptShell;
  readonly #screen = new Screen(isOfInterruptedCell);
  readonly #options: PromptOptions;
  readonly #running: RunningLine;
  readonly #stallWatch = new StallWatch(
    () => this.#onInterrupt(() => {}),
    (keys) => process.stdin.unshift(keys),
  );
  #repl: REPLServer | undefined;
  /** Those that run or wait. */
  #queued = 0;
  #latest: Promise<void> = Promise.resolve();
  /** The interrupt key came before what was entered began. */
  #isInterrupted = false;
  /** There is no prompt any more. */
  #isLeaving = false;
  /** Ends what runs. */
  #interrupt: (() => void) | undefined;

  constructor(options: PromptOptions) {
    this.#options = options;
    this.shell = new PromptShell({
      note: (text) => this.#screen.printLine(text),
      onOutput: (_output, labelled) => this.#screen.print(labelled()),
      look: () => this.#screen.look,
      screen: this.#screen,
      uninterrupted: (run) => this.#uninterrupted(run),
      ownTerminal: (ask) => this.#ownTerminal(ask),
      runShown: (text) => this.#runShown(text),
      showRunning: (text) => {
        if (text === undefined) this.#running.stop();
        else this.#running.start(text);
      },
    });
    this.#running = new RunningLine(this.shell, this.#screen, () => this.#queued - 1);
  }

  /**
   * Shows the prompt; resolves when the user has left.
   *
   * @param first - what is entered as if it were typed.
   */
  async open(first?: string): Promise<void> {
    const repl = this.#start();
    this.#repl = repl;
    this.#running.line = repl;
    this.#screen.open(repl);
    const onError = (error: unknown): void => {
      if (!isOfInterruptedCell()) this.shell.note(`Later: ${this.shell.showError(error)}`); // P3
    };
    const onSignal = (): void => this.#onInterrupt(() => repl.close());
    process.on('uncaughtException', onError);
    process.on('unhandledRejection', onError);
    process.on('SIGINT', onSignal);
    if (first !== undefined) repl.write(`${first}\n`);
    try {
      await new Promise<void>((resolve) => repl.once('exit', resolve));
      this.#interrupt?.();
    } finally {
      process.off('uncaughtException', onError);
      process.off('unhandledRejection', onError);
      process.off('SIGINT', onSignal);
      this.shell.cells.close();
      await this.#stallWatch.close();
    }
  }

  #start(): REPLServer {
    const { names } = this.shell.cells;
    const commandNames = {
      /** Those of Node's that are left, too. */
      get names() {
        return Object.keys(repl.commands);
      },
      argumentsOf: (command: string) => this.#options.commands.find(({ name }) => name === command)?.takes ?? [],
    };
    // Node's prompt runs cells in a domain, whose hooks make every promise of the process slower. This one does nothing.
    const domain = Object.assign(new EventEmitter(), { bind: <T>(fn: T): T => fn });
    const options = {
      domain,
      prompt: this.#promptText(),
      input: process.stdin,
      output: this.#screen.terminal,
      terminal: true,
      useColors: this.#screen.look.colors,
      useGlobal: true,
      ignoreUndefined: true,
      preview: false,
      historySize: historyLinesMax,
      eval: (text: string, _context: unknown, _file: string, done: (error: Error | null, value: unknown) => void) =>
        this.#onText(text.replace(/\n$/, '').replace(/\r\n?/g, '\n'), done),
      completer: (text: string): [string[], string] => this.#complete(text, commandNames),
    };
    const ownNames = ['_', '_error', 'module', 'require'].map((name) => [name, names.has(name)] as const);
    const before = new Map(ownNames.filter(([, has]) => has).map(([name]) => [name, names.valueOf(name)]));
    const repl = start(options);
    // Node's prompt puts names of its own among the globals: those of cells come back, the others go.
    for (const [name] of ownNames) Reflect.deleteProperty(globalThis, name);
    for (const [name, value] of before) names.give(name, value);
    defineCommands(repl, this.#options.commands, (name, args, run) => this.#runCommand(repl, name, args, run));
    repl.defineCommand('exit', { help: 'Leaves', action: () => this.#leave('.exit') });
    repl.once('close', () => {
      this.#isLeaving = true;
      this.#running.close();
      this.#screen.close();
    });
    this.#replaceInterrupt(repl);
    const line = isDumbTerminal() ? undefined : openLine(repl);
    if (line !== undefined) {
      pasteInto(line, this.#screen.terminal);
      searchHistory(line);
    }
    if (this.#options.historyPath !== undefined) repl.setupHistory(this.#options.historyPath, () => {});
    return repl;
  }

  #promptText(): string {
    return styled(this.#screen.look, 'green', `In [${this.shell.cells.nextNumber}]: `);
  }

  /** What was typed is whole, or more lines follow, or it is a question. */
  #onText(text: string, done: (error: Error | null, value: unknown) => void): void {
    const finish = (): void => done(null, undefined);
    this.#screen.lineEntered();
    if (text.trim() === '') {
      finish();
      return;
    }
    const leaving = leavingBy(text);
    if (leaving !== undefined && !this.shell.cells.names.has(leaving)) {
      this.#leave(text);
      return;
    }
    if (text.trim() === '?') {
      this.#enqueue(text, async () => this.shell.help(), finish);
      return;
    }
    const asked = askedFor(text);
    if (asked !== undefined) {
      this.#enqueue(text, async () => this.#inspect(asked), finish);
      return;
    }
    const code = readCell(text);
    if (code.state === 'incomplete') {
      done(new Recoverable(code.error), undefined);
      return;
    }
    if (code.state !== 'complete') {
      this.#enqueue(text, async () => this.shell.note(this.shell.showError(code.error)), finish);
      return;
    }
    const run = (): Promise<void> => this.#runCell(text, code);
    this.#enqueue(text, run, finish);
  }

  async #runCell(text: string, code: CellCode): Promise<void> {
    const before = this.#interrupt;
    this.#interrupt = () => {
      this.shell.cells.interrupt();
      before?.();
    };
    const { cell, result } = await this.#run(text, code);
    if (result === undefined || result.value === undefined) return;
    const { look } = this.#screen;
    const shown = showValue(result.value, look);
    this.#running.stop();
    // A table or a tall value begins on a line of its own.
    const label = styled(look, 'red', `Out[${cell.number}]:`);
    this.#screen.printLine(`${label}${shown.includes('\n') ? '\n' : ' '}${shown}`);
  }

  /** Up to its first wait the terminal interrupts a cell by itself (U2 of cell-runner.ts). */
  async #run(text: string, code: CellCode): ReturnType<PromptShell['cells']['run']> {
    if (!code.awaits && code.imports.length === 0) return this.shell.cells.run(text, code);
    this.#stallWatch.begin();
    try {
      return await this.shell.cells.run(text, code);
    } finally {
      this.#stallWatch.end();
    }
  }

  /** Runs a cell of a file as if it were typed. */
  async #runShown(text: string): Promise<void> {
    this.#running.stop();
    this.#screen.printLine(`${this.#promptText()}${text.replaceAll('\n', '\n| ')}`);
    const code = readCell(text);
    if (code.state !== 'complete') throw code.error;
    this.#running.start();
    await this.#runCell(text, code);
  }

  /** P1 */
  #enqueue(text: string, run: () => Promise<void>, finish: () => void): void {
    const isWaiting = this.#queued++ > 0;
    if (isWaiting) this.#screen.takeBack(text);
    else this.#repl?.setPrompt(''); // what comes with the same keys is typed below it
    this.#latest = this.#latest.then(async () => {
      if (this.#isLeaving) return;
      if (isWaiting) this.#screen.enterAgain(this.#promptText(), text);
      this.#running.start();
      try {
        if (this.#isInterrupted) throw interruption();
        await run();
      } catch (error) {
        this.#running.stop();
        this.shell.note(this.shell.showError(error));
      }
      this.#interrupt = undefined;
      this.#isInterrupted = false;
      this.#queued--;
      this.#running.stop();
      this.#screen.endLine();
      const repl = this.#repl;
      if (repl === undefined || this.#isLeaving) return;
      repl.setPrompt(this.#promptText());
      finish();
      if (repl.line !== '') repl.write(null, { ctrl: true, name: 'e' });
    });
  }

  /** In its turn (P1), unlike the end of input. */
  #leave(text: string): void {
    this.#enqueue(
      text,
      async () => {
        this.#isLeaving = true;
        this.#repl?.close();
      },
      () => {},
    );
  }

  #inspect(path: string): void {
    this.shell.note(inspection(path, this.shell.cells.names, this.#screen.look) ?? `${path} is not defined`);
  }

  #runCommand(repl: REPLServer, name: string, args: string, run: SessionCommand['run']): void {
    this.#enqueue(
      `.${name} ${args}`.trim(),
      async () => {
        const abort = new AbortController();
        this.#interrupt = () => abort.abort(new Error('Interrupted'));
        try {
          await run(args.trim(), this.shell, abort.signal);
        } catch (error) {
          if (!(error instanceof InvalidArgumentError)) throw error;
          const shown = this.shell.showError(error);
          // What a command itself refuses has no lines of the user's, and its sentence is enough.
          this.#running.stop();
          this.shell.note(shown.includes('\n') ? shown : styled(this.#screen.look, 'red', error.message));
        }
      },
      () => repl.displayPrompt(),
    );
  }

  /** P2 */
  #replaceInterrupt(repl: REPLServer): void {
    const own = repl.listeners('SIGINT');
    repl.removeAllListeners('SIGINT');
    repl.on('SIGINT', () =>
      this.#onInterrupt(() => {
        this.#screen.lineEntered();
        for (const listener of own) Reflect.apply(listener, repl, []);
      }),
    );
  }

  #onInterrupt(otherwise: () => void): void {
    if (this.#queued === 0) otherwise();
    else if (this.#interrupt === undefined)
      this.#isInterrupted = true; // it begins in a moment
    else this.#interrupt();
  }

  /** The terminal makes a signal of the interrupt key only when it is not raw. */
  #uninterrupted<T>(run: () => T): T {
    const { stdin } = process;
    if (!stdin.isRaw) return run();
    stdin.setRawMode(false);
    try {
      return this.#stallWatch.without(run);
    } finally {
      stdin.setRawMode(true);
      this.#screen.clearEcho();
    }
  }

  /** Two readers of one terminal would share its keys between them. */
  async #ownTerminal<T>(ask: () => Promise<T>): Promise<T> {
    const { stdin } = process;
    const repl = this.#repl;
    const listeners = stdin.listeners('keypress');
    this.#running.stop();
    this.#screen.close();
    stdin.removeAllListeners('keypress');
    try {
      return await ask();
    } finally {
      stdin.removeAllListeners('keypress');
      for (const listener of listeners) stdin.on('keypress', (...args) => Reflect.apply(listener, stdin, args));
      if (repl !== undefined) this.#screen.open(repl);
      stdin.setRawMode(true);
      stdin.resume();
      this.#running.start();
    }
  }

  #complete(text: string, commands: Parameters<typeof complete>[2]): [string[], string] {
    const { names } = this.shell.cells;
    const completions = complete(text, names, commands);
    const call = completions[0].length === 0 ? openCall(text) : undefined;
    const signature = call && signatureOf(call.path, names);
    if (signature !== undefined) this.shell.note(styled(this.#screen.look, 'dim', signature));
    return completions;
  }
}
