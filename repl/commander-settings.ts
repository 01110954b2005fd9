// How every command of ours reads its options and says what is wrong with them.

import type { Command } from 'commander';

function oneLine(text: string): string {
  const line = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
  return /^unknown (?!.*Did you mean)/.test(line) ? `${line}; "gridbook --help" lists what there is` : line;
}

/** Makes a command end by an exception instead of the process, and say what is wrong in one line. */
export function configured(command: Command): Command {
  return command.exitOverride().configureOutput({
    outputError: (text, write) => write(`gridbook: ${oneLine(text)}\n`),
  });
}
