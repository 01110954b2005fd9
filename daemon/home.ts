// The directory of each daemon in the home directory of its user.
//
// Owns: making the directories of daemons, and the record by which programs find a daemon.
// Does not own: the home directory, reading records and tokens (sdk), the token (tokens.ts), what a log holds (log.ts).

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DaemonRecord, daemonDirectory } from '../sdk/internal.ts';

/** Makes the directory of the daemon on a port; gives its path. */
export function ensureDaemonDirectory(home: string, port: number): string {
  const directory = daemonDirectory(home, port);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** The longest path of a directory whose sockets have names of up to 24 bytes: systems take no more than 104. */
const socketsPathBytesMax = 79;

/** Makes the directory of a daemon's Unix sockets, empty; gives its path. */
export function openSocketsDirectory(directory: string): string {
  const path = join(directory, 'sockets');
  if (Buffer.byteLength(path) > socketsPathBytesMax) return mkdtempSync(join(tmpdir(), 'gridbook-'));
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
  return path;
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
