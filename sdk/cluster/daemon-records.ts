// What the daemons of this user leave in the home directory for the user's own programs to find: a record each, and the
// token. Written by the daemon, read by whoever looks for one.
//
// Invariants:
//   R1. A record counts only while the very process that wrote it runs: a number of a process is used again after its end.
//       Where the system does not say when a process started, a record may be of one that has gone: ask it before you
//       signal it.
//   R2. A token is taken only from a file that nobody else can read.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AuthenticationError } from '../errors.ts';

const daemonRecord = z.object({
  pid: z.int().positive(),
  /** When the process started, as the system counts; null where the system does not say. */
  processStart: z.string().nullable(),
  /** `http:` or `https:`, as programs on this machine reach it. */
  url: z.string(),
  /** `host:port` for other machines. */
  address: z.string(),
  fingerprint: z.string().nullable(),
  incarnation: z.string(),
  startedAt: z.string(),
  head: z.boolean(),
});

/** A daemon of this user on this machine. */
export type DaemonRecord = z.infer<typeof daemonRecord>;

/** The directory of the daemon on a port. */
export function daemonDirectory(home: string, port: number): string {
  return join(home, 'daemons', String(port));
}

/** The daemon of a directory, if there is a record of one that runs (R1). */
function readRecord(directory: string): DaemonRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(directory, 'daemon.json'), 'utf8'));
  } catch {
    return undefined;
  }
  const { data } = daemonRecord.safeParse(json);
  return data !== undefined && isRunning(data) ? data : undefined;
}

/** The daemons of this user that run, with their ports, lowest first. */
export function runningDaemons(home: string): { port: number; record: DaemonRecord }[] {
  let names: string[];
  try {
    names = readdirSync(join(home, 'daemons'));
  } catch {
    return [];
  }
  return names
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((port) => {
      const record = Number.isInteger(port) ? readRecord(daemonDirectory(home, port)) : undefined;
      return record === undefined ? [] : [{ port, record }];
    });
}

/** Whether the process that wrote a record still runs (R1). */
export function isRunning({ pid, processStart }: Pick<DaemonRecord, 'pid' | 'processStart'>): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    // Not there, or of another user.
    return false;
  }
  return processStart === null || processStartOf(pid) === processStart;
}

/** When a process started, if the system has it in /proc; null for one that has ended and is not yet collected, too. */
export function processStartOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name in brackets, and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/**
 * The token of the daemon on a port: its cluster's when it was joined to one, otherwise the user's own.
 *
 * @throws AuthenticationError when there is none, or others can read it.
 */
export function readDaemonToken(home: string, port: number): string {
  const path = join(daemonDirectory(home, port), 'token');
  return readToken(path) ?? tokenIn(join(home, 'token'));
}

function tokenIn(path: string): string {
  const token = readToken(path);
  if (token !== undefined) return token;
  throw new AuthenticationError(`There is no token in ${path}: start the daemon again, which makes one`);
}

/** The token in a file; undefined when there is no such file. @throws AuthenticationError when others can read it (R2). */
export function readToken(path: string): string | undefined {
  let text: string;
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new AuthenticationError(
        `The token in ${path} can be read by others: remove the file and start the daemon again`,
      );
    }
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    if (cause instanceof AuthenticationError) throw cause;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new AuthenticationError(
      `Cannot read the token in ${path}: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
      },
    );
  }
  if (text.length >= 16) return text;
  throw new AuthenticationError(`The token in ${path} is cut short: remove the file and start the daemon again`);
}
