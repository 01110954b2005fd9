// The home directory of a user: where Gridbook keeps what outlives a process, private.

import { lstatSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { AuthenticationError } from './errors.ts';

/** Where everything of this user is: `GRIDBOOK_HOME`, or `.gridbook` in the user's home. */
export function homeDirectory(): string {
  const given = process.env['GRIDBOOK_HOME'];
  return given === undefined || given === '' ? join(homedir(), '.gridbook') : resolve(given);
}

/** Makes the home directory if it is not there. @throws AuthenticationError when it is not the user's alone. */
export function ensureHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (process.platform === 'win32') return;
  const { uid, mode } = lstatSync(home);
  if (uid !== process.getuid?.()) {
    throw new AuthenticationError(
      `The directory ${home} belongs to another user: set GRIDBOOK_HOME to one of your own`,
    );
  }
  if ((mode & 0o077) !== 0) {
    throw new AuthenticationError(`The directory ${home} is open to others: close it with "chmod 700 ${home}"`);
  }
}
