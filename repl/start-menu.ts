// `gridbook` without arguments in a terminal: what there is to do.

import { select } from '@inquirer/prompts';
import { isLeft, leavable } from './question.ts';

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
  const question = {
    message: 'What would you like to do?',
    choices: choices.filter(({ value: [command = ''] }) => command.startsWith('-') || commands.includes(command)),
  };
  try {
    return await leavable((signal) => select<readonly string[]>(question, { signal }));
  } catch (error) {
    if (isLeft(error)) return undefined;
    throw error;
  }
}
