// The directories of object stores, by whose names a later daemon knows what a killed one left.
//
// A name tells whose home it belongs to, and on which machine, since which start of it, by which process it was made.
// Homes and memory may be shared with other machines and containers, whose processes cannot be asked for from here.
//
// Invariants:
//   K6. Removed is only what this user's own processes on this machine left, and only when they have ended. What is of
//       others, or cannot be removed, stays, and keeps no daemon from starting.

import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { isRunning, processStartOf } from '../../sdk/internal.ts';

/** What a name says after its prefix; the last part is random. */
const maker = /^(?<machine>[0-9a-f]{8})-(?<boot>[0-9a-f]{8})-(?<pid>\d+)-(?<start>\d+)-[^-]+$/;

/** Makes an empty directory for a store of the home with this `diskPath`. */
export function makeStoreDirectory(path: string, diskPath: string): string {
  const start = processStartOf(process.pid) ?? '0';
  return mkdtempSync(join(path, `${storePrefix(diskPath)}${machine()}-${boot()}-${process.pid}-${start}-`));
}

/** Removes what killed daemons left of stores of the home with this `diskPath` (K6). */
export function removeLeftStores(path: string, diskPath: string, log: Logger): void {
  const prefix = storePrefix(diskPath);
  for (const name of readdirSync(path)) {
    if (!name.startsWith(prefix) || !isLeft(name.slice(prefix.length))) continue;
    const left = join(path, name);
    try {
      if (lstatSync(left).uid !== userInfo().uid) continue;
      rmSync(left, { recursive: true, force: true });
    } catch (error) {
      log.warn({ err: error }, 'what an earlier daemon left of its objects could not be removed');
    }
  }
}

function isLeft(rest: string): boolean {
  const made = maker.exec(rest)?.groups;
  if (made === undefined || made['machine'] !== machine()) return false;
  if (made['boot'] !== boot()) return true;
  const start = made['start'] ?? '0';
  return !isRunning({ pid: Number(made['pid']), processStart: start === '0' ? null : start });
}

/** What the names of the stores of one user and one home directory begin with. */
export function storePrefix(diskPath: string): string {
  return `gridbook-${shortHash(`${userInfo().uid} ${diskPath}`, 12)}-`;
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
