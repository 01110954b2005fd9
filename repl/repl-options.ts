// `gridbook repl` on the command line.

import { type Command, Option } from 'commander';
import { parseWholeNumber } from './numbers.ts';
import type { ReplCommandOptions } from './repl-command.ts';

const examples = `
Examples:
  gridbook repl
  gridbook repl --address auto
  gridbook repl explore.ts
  gridbook repl --workers 2 explore.ts 10 10000
  echo 'await markov(session, { matrixSize: 10, totalCount: 1e6, pcNum: 10 })' | gridbook repl`;

/** Adds the command. */
export function addReplCommand(program: Command, onStatus: (status: number) => void): void {
  program
    .command('repl')
    .description('TypeScript at a prompt, against a live cluster; or a script from a file or a pipe')
    .argument(
      '[script]',
      'a file that is run without a prompt, with what the prompt has in scope; - for standard input',
    )
    .argument('[args...]', 'what the script finds in process.argv; options of its own after --')
    .option('--address <a>', 'where the workers are (default: GRIDBOOK_ADDRESS, otherwise embedded)')
    .addOption(new Option('--workers <w>', 'how many workers (default: all)').argParser(parseWholeNumber))
    .option('--explore', 'begin with the questions of .explore')
    .addHelpText('after', examples)
    .exitOverride()
    .action(async (script: string | undefined, args: readonly string[], options: ReplCommandOptions) => {
      const { replCommand } = await import('./repl-command.ts');
      onStatus(await replCommand(script, args, options));
    });
}
