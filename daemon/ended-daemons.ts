// What daemons that have ended leave in the home directory: the directory of each, with its log. Nodes take any free port,
// so that each start makes another one.
//
// Owns: which of them are removed. Does not own: what a daemon keeps in its directory (home.ts, log.ts).
// Callers: daemon.ts, when one starts.
//
// Invariants:
//   E1. The latest `keptMax` stay, so that what went wrong can still be read; together they have that many logs at most.
//   E2. A directory is removed only by who holds its lock: no daemon uses it, or begins to.

import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectionError, daemonDirectory, runningDaemons } from '../sdk/internal.ts';
import { lockDirectory } from './directory-lock.ts';
import { removeSockets } from './home.ts';
import type { Logger } from './log.ts';

/** So many directories of daemons that have ended are kept. */
const keptMax = 20;

/** Removes the directories of daemons that ended longest ago (E1). @param own - the port of the one that starts. */
export function forgetEndedDaemons(home: string, own: number, log: Logger): void {
  const running = new Set([own, ...runningDaemons(home).map(({ port }) => port)]);
  const ended = readdirSync(join(home, 'daemons'))
    .filter((name) => /^\d+$/.test(name) && !running.has(Number(name)))
    .map((name) => ({ port: Number(name), changedMs: changedMsOf(daemonDirectory(home, Number(name))) }))
    .sort((a, b) => b.changedMs - a.changedMs);
  for (const { port } of ended.slice(keptMax)) {
    const directory = daemonDirectory(home, port);
    try {
      lockDirectory(directory, port); // E2; the lock goes with the rest
      removeSockets(directory);
      rmSync(directory, { recursive: true, force: true });
    } catch (error) {
      if (error instanceof ConnectionError) continue; // it is somebody's
      log.warn({ err: error, directory }, 'the directory of a daemon that has ended could not be removed');
    }
  }
}

/** When something last came into the directory, or into its log. */
function changedMsOf(directory: string): number {
  const times = [directory, join(directory, 'daemon.log')].map(
    (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return Math.max(...times);
}
