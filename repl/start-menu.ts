// `gridbook` without arguments in a terminal: what there is to do.

import { select } from '@inquirer/prompts';

const choices = [
  {
    name: 'Explore what splitting costs',
    value: ['repl', '--explore'],
    description: 'A few questions, then a chart and the pc_num to choose',
  },
  { name: 'Open the prompt', value: ['repl'], description: 'gridbook repl: TypeScript against a live cluster' },
  {
    name: 'Start a cluster on this machine',
    value: ['start', '--head'],
    description: 'gridbook start --head: worker processes, which other machines may join',
  },
  { name: 'Open a notebook', value: ['notebook'], description: 'gridbook notebook: the same in Jupyter' },
  { name: 'See all commands', value: ['--help'], description: 'gridbook --help' },
];

/**
 * Asks what to do.
 *
 * @param commands - those that there are.
 * @returns the arguments of the command that does it, undefined when the user left.
 */
export async function startMenu(commands: readonly string[]): Promise<readonly string[] | undefined> {
  try {
    return await select<readonly string[]>({
      message: 'What would you like to do?',
      choices: choices.filter(({ value: [command = ''] }) => command.startsWith('-') || commands.includes(command)),
    });
  } catch (error) {
    // The interrupt key ends the question.
    if (error instanceof Error && error.name === 'ExitPromptError') return undefined;
    throw error;
  }
}
