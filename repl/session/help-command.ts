// `.help`: which commands there are.

import type { SessionCommand } from './command.ts';
import { twoColumns } from './look.ts';

const keys = [
  ['Tab', 'completes names, members, parameters of a call, files'],
  ['Ctrl-R', 'searches the history'],
  ['Ctrl-C', 'ends what runs and cancels its tasks; twice at an empty prompt leaves'],
  ['thing?', 'shows what a thing is; ? alone what is in scope'],
] as const;

/** The command that lists the others. */
export function helpCommand(others: readonly SessionCommand[]): SessionCommand {
  return {
    name: 'help',
    usage: '',
    help: 'Lists these commands',
    run(_args, shell) {
      const lines = [
        ...others.map(({ name, usage, help }) => [`.${name}${usage === '' ? '' : ` ${usage}`}`, help] as const),
        ['.editor', 'Takes many lines, until Ctrl-D'] as const,
        ['.exit', 'Leaves, as exit does; Ctrl-D does so at once'] as const,
      ];
      shell.note(`${twoColumns(lines, shell.look)}\n\n${twoColumns(keys, shell.look)}`);
    },
  };
}
