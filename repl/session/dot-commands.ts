// The commands of the prompt in the place of those of Node's, and an answer to what is none.

import type { REPLCommand, REPLServer } from 'node:repl';
import { InvalidArgumentError } from '../../sdk/index.ts';
import type { SessionCommand } from './command.ts';
import { nearestName } from './nearest-name.ts';

/** Runs a command that was typed. */
export type RunCommand = (name: string, args: string, run: SessionCommand['run']) => void;

/** Node's that are left are `.editor` and `.exit`. */
const replaced = ['break', 'clear', 'load', 'save', 'help'];

/** Puts the commands there. */
export function defineCommands(repl: REPLServer, commands: readonly SessionCommand[], runCommand: RunCommand): void {
  for (const name of replaced) Reflect.deleteProperty(repl.commands, name);
  for (const { name, help, run } of commands) {
    repl.defineCommand(name, { help, action: (args) => runCommand(name, args, run) });
  }
  // What is not there Node's prompt would answer by itself, and not lead anywhere.
  const own = repl.commands;
  const refuse = (name: string): REPLCommand => ({
    action: (args: string | undefined) =>
      runCommand(name, args ?? '', () => Promise.reject(noCommand(name, Object.keys(own)))),
  });
  const get = (_: unknown, name: string | symbol): unknown => Reflect.get(own, name) ?? refuse(String(name));
  Reflect.set(repl, 'commands', new Proxy(own, { get }));
}

function noCommand(name: string, names: readonly string[]): InvalidArgumentError {
  // There is no word right after the dot.
  if (name === 'undefined')
    return new InvalidArgumentError('A line that begins with a dot is a command, such as .help, which lists them');
  const nearest = nearestName(name, names);
  const meant = nearest === undefined ? '' : ` Did you mean .${nearest}?`;
  return new InvalidArgumentError(`There is no command .${name}.${meant} .help lists what there is`);
}
