// The directories of object stores, by whose names a later daemon knows what a killed one left.
//
// A name tells whose home it belongs to, and on which machine, since which start of it, by which process it was made.
// Homes and memory may be shared with other machines and containers, whose processes cannot be asked for from here: those
// show every day that they are there, and are gone when they have not for a week.
//
// Invariants:
//   K6. Removed is only what this user's own processes left: those of this machine when they have ended, those of others
//       when they gave no sign of life for `silentMaxMs`. What is of other users, or cannot be removed, stays, and keeps no
//       daemon from starting.

import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { isRunning, processStartOf } from '../../sdk/internal.ts';

/** What a name says after its prefix; the last part is random. */
const maker = /^(?<machine>[0-9a-f]{8})-(?<boot>[0-9a-f]{8})-(?<pid>\d+)-(?<start>\d+)-[^-]+$/;

const dayMs = 86_400_000;
/** How often a store shows that its daemon is there, in milliseconds. */
const lifeSignMs = dayMs;
/** How long a store of another machine may show nothing, in milliseconds: clocks differ by less. */
const silentMaxMs = 7 * dayMs;

/** Has directories show that their daemon is there, every day, until the returned function is called. */
export function showLife(directories: readonly string[], log: Logger): () => void {
  const show = (): void => {
    const now = new Date();
    try {
      for (const directory of directories) utimesSync(directory, now, now);
    } catch (error) {
      log.warn({ err: error }, 'the object store could not show that it is in use');
    }
  };
  const timer = setInterval(show, lifeSignMs).unref();
  return () => clearInterval(timer);
}

/** Makes an empty directory for a store of the home with this `diskPath`. */
export function makeStoreDirectory(path: string, diskPath: string): string {
  const start = processStartOf(process.pid) ?? '0';
  return mkdtempSync(join(path, `${storePrefix(diskPath)}${machine()}-${boot()}-${process.pid}-${start}-`));
}

/** Removes what killed daemons left of stores of the home with this `diskPath` (K6). */
export function removeLeftStores(path: string, diskPath: string, log: Logger): void {
  const prefix = storePrefix(diskPath);
  for (const name of readdirSync(path)) {
    if (!name.startsWith(prefix)) continue;
    const left = join(path, name);
    try {
      const { uid, mtimeMs } = lstatSync(left);
      if (uid !== process.getuid?.() || !isLeft(name.slice(prefix.length), mtimeMs)) continue;
      rmSync(left, { recursive: true, force: true });
    } catch (error) {
      log.warn({ err: error }, 'what an earlier daemon left of its objects could not be removed');
    }
  }
}

function isLeft(rest: string, shownMs: number): boolean {
  const made = maker.exec(rest)?.groups;
  if (made === undefined) return false;
  if (made['machine'] !== machine()) return Date.now() - shownMs > silentMaxMs;
  if (made['boot'] !== boot()) return true;
  const start = made['start'] ?? '0';
  return !isRunning({ pid: Number(made['pid']), processStart: start === '0' ? null : start });
}

/** What the names of the stores of one user and one home directory begin with. */
export function storePrefix(diskPath: string): string {
  return `gridbook-${shortHash(`${process.getuid?.()} ${diskPath}`, 12)}-`;
}

/** Where the numbers of processes mean the same: containers of one machine have numbers of their own. */
function machine(): string {
  return shortHash(`${hostname()} ${orNothing(() => readlinkSync('/proc/self/ns/pid'))}`, 8);
}

function boot(): string {
  return shortHash(
    orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
    8,
  );
}

function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** Systems without /proc say nothing of the kind. */
function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
