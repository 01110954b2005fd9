// A command of the prompt, such as `.explore`.

import type { PromptShell } from './prompt-shell.ts';

export interface SessionCommand {
  readonly name: string;
  /** What follows the name, for `.help`. */
  readonly usage: string;
  readonly help: string;
  /** What its arguments are completed from. */
  readonly takes?: 'files' | readonly string[];
  /** @param signal - aborted by Ctrl-C. @throws what is shown to the user. */
  run(args: string, shell: PromptShell, signal: AbortSignal): void | Promise<void>;
}
