// What commands of the prompt have beside what scripts have: the terminal, whole, and what was explored last.

import type { Exploration } from './exploration.ts';
import type { Screen } from './screen.ts';
import { Shell, type ShellOptions } from './shell.ts';

export interface PromptShellOptions extends ShellOptions {
  readonly screen: Screen;
  /** Lets questions have the terminal while they are asked. */
  readonly ownTerminal: <T>(ask: () => Promise<T>) => Promise<T>;
  /** Runs a cell as if it were typed. @throws what it throws. */
  readonly runShown: (text: string) => Promise<void>;
  /** Shows a text while something runs; undefined for none. */
  readonly showRunning: (text: (() => string) | undefined) => void;
}

export class PromptShell extends Shell {
  readonly screen: Screen;
  readonly #options: PromptShellOptions;
  /** What `.explore` or `.vary` measured last, the latest at the end. */
  readonly explorations: Exploration[] = [];

  constructor(options: PromptShellOptions) {
    super(options);
    this.screen = options.screen;
    this.#options = options;
  }

  /** Runs a cell as if it were typed. @throws what it throws. */
  runShown(text: string): Promise<void> {
    return this.#options.runShown(text);
  }

  /** Says what is running by a text of the command's own, until it is over. */
  showRunning(text: () => string): void {
    this.#options.showRunning(text);
  }

  /** Prints what was asked for, as it is. */
  showResult(text: string): void {
    this.#options.showRunning(undefined);
    this.screen.printLine(text);
  }

  /** Runs what asks questions, while the prompt keeps off the terminal. */
  ownTerminal<T>(ask: () => Promise<T>): Promise<T> {
    return this.#options.ownTerminal(ask);
  }
}
