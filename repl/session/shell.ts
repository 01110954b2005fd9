// What cells and commands of one interactive session share.
//
// Owns: putting the parts together, what is in scope at the start. Does not own: the parts.
// Callers: prompt.ts, script-run.ts, commands.

import { inspect } from 'node:util';
import * as gridbook from '../../sdk/index.ts';
import type { Uninterrupted } from './cell-runner.ts';
import { endStacksAtCells } from './cell-stacks.ts';
import { Cells } from './cells.ts';
import { aboutSession, Connection } from './connection.ts';
import { drawn, plotText, tableText } from './drawn.ts';
import { showError } from './errors-shown.ts';
import { help } from './help.ts';
import { type Look, styled, wrapLines } from './look.ts';
import { ofScope } from './scope.ts';

/** What `help` alone shows. */
const helpHint = 'help() tells what is in scope, help(thing) or thing? what a thing is; .help lists the commands';

export interface ShellOptions {
  /** Prints whole lines for the user, beside results. */
  readonly note: (text: string) => void;
  /** Takes what a task printed; `labelled` is that with its worker before each line. */
  readonly onOutput: (output: gridbook.TaskOutput, labelled: () => string) => void;
  readonly look: () => Look;
  readonly uninterrupted?: Uninterrupted;
  /** The URL of the file whose cells are run; undefined at a prompt. */
  readonly script?: string | undefined;
}

export class Shell {
  readonly cells: Cells;
  readonly connection: Connection;
  readonly #options: ShellOptions;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.cells = new Cells(options.uninterrupted, options.script);
    endStacksAtCells((file) => file === options.script || /^In\[\d+\]$/.test(file));
    this.connection = new Connection(
      (text) => this.note(styled(this.look, 'yellow', text)),
      (error) => this.note(`In a task that had been answered for: ${this.showError(error)}`),
    );
    this.cells.onOutput = (output) => options.onOutput(output, () => this.#labelled(output));
    this.giveScope();
  }

  get look(): Look {
    return this.#options.look();
  }

  note(text: string): void {
    this.#options.note(wrapLines(text, this.look));
  }

  /** Tells what is in scope, or what things are. */
  help(...about: unknown[]): void {
    this.note(help(about, this.cells.names, this.look));
  }

  showError(error: unknown): string {
    return showError(error, this.look, (file) => this.#linesOf(file));
  }

  /** Connects, and gives cells the session. */
  async connect(options: gridbook.ConnectOptions, signal?: AbortSignal): Promise<string> {
    const session = await this.connection.open(options, signal);
    this.cells.names.give('session', session);
    return aboutSession(session);
  }

  /** Gives what is in scope from the start. */
  giveScope(): void {
    const { names } = this.cells;
    for (const [name, value] of Object.entries(ofScope())) {
      names.give(name, value, name in gridbook ? { specifier: 'gridbook', exportName: name } : undefined);
    }
    names.give(
      'help',
      Object.assign((...about: unknown[]) => this.help(...about), { [inspect.custom]: () => helpHint }),
    );
    names.give('plot', (what: unknown, kind?: unknown) => drawn(plotText(what, kind, this.look)));
    names.give('table', (what: unknown) => drawn(tableText(what, this.look)));
  }

  /** Forgets what cells have defined; the session stays. */
  reset(): void {
    this.cells.reset();
    this.giveScope();
    this.cells.names.give('session', this.connection.session);
  }

  #linesOf(file: string): readonly (string | undefined)[] | undefined {
    const lines: (string | undefined)[] = [];
    for (const { text, place } of this.cells.list) {
      if (place.file === file) for (const [i, line] of text.split('\n').entries()) lines[place.line + i] = line;
    }
    return lines.length === 0 ? undefined : lines;
  }

  /** Each line with its worker, and with its cell where that is not the one that runs. */
  #labelled({ worker, stream, text, cell }: gridbook.TaskOutput): string {
    const { look } = this;
    const number = isNumbered(cell) && cell.number !== this.cells.runningNumber ? `In [${cell.number}] ` : '';
    const bar = look.unicode ? '│' : '|';
    const label = styled(look, stream === 'stderr' ? 'red' : 'cyan', `${number}${worker} ${bar}`);
    return text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => `${label} ${line}\n`)
      .join('');
  }
}

function isNumbered(cell: unknown): cell is { readonly number: number } {
  return typeof cell === 'object' && cell !== null && 'number' in cell;
}
