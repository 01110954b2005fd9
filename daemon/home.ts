// The directory of each daemon in the home directory of its user.
//
// Owns: making the directories of daemons, and the record by which programs find a daemon.
// Does not own: the home directory, reading records and tokens (sdk), the token (tokens.ts), what a log holds (log.ts).

import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ConnectionError, type DaemonRecord, daemonDirectory, homeFailure, makeDirectory } from '../sdk/internal.ts';

/**
 * Does a part of a start in the home directory.
 *
 * @throws ResourceError when the system refuses files there, ConnectionError when it refuses something else; and what `start`
 *   throws otherwise.
 */
export async function startingIn<T>(home: string, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    if ('path' in cause && String(cause.path).startsWith(home)) throw homeFailure(home, cause);
    throw new ConnectionError(`Cannot start the daemon: ${cause.message}`, { cause });
  }
}

/** Makes the directory of the daemon on a port; gives its path. */
export function ensureDaemonDirectory(home: string, port: number): string {
  const directory = daemonDirectory(home, port);
  makeDirectory(directory);
  return directory;
}

/** The longest path of a directory whose sockets have names of up to 24 bytes: systems take no more than 104. */
const socketsPathBytesMax = 79;

/** What the names of directories of sockets in the system's temporary one begin with. */
const farPrefix = 'gridbook-';

/**
 * Makes the directory of a daemon's Unix sockets, empty; gives its path. Where that would be too long, a link in its place
 * leads to one elsewhere, so that what a killed daemon left there is found.
 */
export function openSocketsDirectory(directory: string): string {
  const path = join(directory, 'sockets');
  removeSockets(directory);
  if (Buffer.byteLength(path) > socketsPathBytesMax) {
    const far = mkdtempSync(join(tmpdir(), farPrefix));
    symlinkSync(far, path);
    return far;
  }
  mkdirSync(path, { mode: 0o700 });
  return path;
}

/** Removes the directory of sockets of a daemon that has ended, wherever it is. */
export function removeSockets(directory: string): void {
  const path = join(directory, 'sockets');
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    const far = readlinkSync(path);
    const isFar = dirname(far) === tmpdir() && basename(far).startsWith(farPrefix);
    // It may be gone, and another user's by now.
    const isOwn = lstatSync(far, { throwIfNoEntry: false })?.uid === process.getuid?.();
    if (isFar && isOwn) rmSync(far, { recursive: true, force: true });
  }
  rmSync(path, { recursive: true, force: true });
}

/** Writes a private file whole: whoever reads it sees the old one or the new one. */
function putWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  renameSync(draft, path);
}

/** Tells programs of this user about a daemon, with its token when that is not the user's own. */
export function writeRecord(directory: string, record: DaemonRecord, clusterToken: string | undefined): void {
  const path = join(directory, 'token');
  if (clusterToken === undefined) rmSync(path, { force: true });
  else putWhole(path, `${clusterToken}\n`);
  putWhole(join(directory, 'daemon.json'), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Takes back what `writeRecord` told, unless another daemon has taken the place. */
export function removeRecord(directory: string, incarnation: string): void {
  const path = join(directory, 'daemon.json');
  try {
    if (!readFileSync(path, 'utf8').includes(incarnation)) return;
  } catch {
    return;
  }
  rmSync(path, { force: true });
  rmSync(join(directory, 'token'), { force: true });
}
