// All commands of the prompt, in the order in which `.help` lists them.

import type { SessionCommand } from './command.ts';
import { compareCommand } from './compare-command.ts';
import { connectCommand } from './connect-command.ts';
import { exploreCommand } from './explore-command.ts';
import { helpCommand } from './help-command.ts';
import { resetCommand } from './reset-command.ts';
import { loadCommand, saveCommand } from './save-command.ts';
import { nodesCommand, statusCommand, timingsCommand } from './status-commands.ts';
import { varyCommand } from './vary-command.ts';

const others: readonly SessionCommand[] = [
  exploreCommand,
  varyCommand,
  compareCommand,
  statusCommand,
  nodesCommand,
  timingsCommand,
  saveCommand,
  loadCommand,
  resetCommand,
  connectCommand,
];

export const sessionCommands: readonly SessionCommand[] = [...others, helpCommand(others)];
