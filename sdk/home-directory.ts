// The home directory of a user: where Gridbook keeps what outlives a process, private.

import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { AuthenticationError, ResourceError } from './errors.ts';
import { makeDirectory } from './make-directory.ts';

/** Where everything of this user is: `GRIDBOOK_HOME`, or `.gridbook` in the user's home. */
export function homeDirectory(): string {
  const given = process.env['GRIDBOOK_HOME'];
  return given === undefined || given === '' ? join(homedir(), '.gridbook') : resolve(given);
}

/**
 * Makes the home directory if it is not there.
 *
 * @throws AuthenticationError when it is not the user's alone, ResourceError when it cannot be made.
 */
export function ensureHome(home: string): void {
  try {
    makeDirectory(home);
  } catch (cause) {
    throw homeFailure(home, cause);
  }
  if (process.platform === 'win32') return;
  const { uid, mode } = statSync(home);
  if (uid !== process.getuid?.()) {
    throw new AuthenticationError(
      `The directory ${home} belongs to another user: set GRIDBOOK_HOME to one of your own`,
    );
  }
  if ((mode & 0o077) !== 0) {
    throw new AuthenticationError(`The directory ${home} is open to others: close it with "chmod 700 ${home}"`);
  }
}

/** What is told when the system refuses what has to be done in the home directory. */
export function homeFailure(home: string, cause: unknown): ResourceError {
  return new ResourceError(
    `Cannot keep files in ${home}: ${reasonOf(home, cause)}; set GRIDBOOK_HOME to a directory of your own that can be written`,
    { cause },
  );
}

function reasonOf(home: string, cause: unknown): string {
  const { code, errno, path }: { code?: unknown; errno?: unknown; path?: unknown } = Object(cause);
  const reason = typeof errno === 'number' ? getSystemErrorMessage(errno) : String(cause);
  const told = code === 'EEXIST' ? 'it is no directory' : reason;
  return typeof path === 'string' && path !== home ? `${path}: ${told}` : told;
}
