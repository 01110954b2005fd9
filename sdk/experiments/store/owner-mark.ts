// Who makes an experiment: a mark that a process holds as long as it lives, and loses whatever ends it.
//
// The mark is a file beside the store that SQLite keeps locked. The system drops the lock with the process, so nothing
// has to be renewed, a process that is stopped or busy keeps what it has, and a number of a process that is used again
// misleads nobody, in another container neither.
//
// Invariants:
//   O1. A mark is held before anybody learns of its name, and names are never used again.

import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { databaseClass, sqliteCode, sqliteCodes } from './sqlite.ts';

function pathOf(storePath: string, name: string): string {
  return `${storePath}-owner-${name}`;
}

/** A mark that this process holds. */
export class OwnerMark {
  readonly name = randomBytes(8).toString('hex');
  readonly #path: string;
  readonly #lock: DatabaseSync;

  constructor(storePath: string) {
    this.#path = pathOf(storePath, this.name);
    closeSync(openSync(this.#path, 'wx', 0o600));
    this.#lock = new (databaseClass())(this.#path);
    // With its journal in memory, what is locked stays one empty file.
    this.#lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  }

  release(): void {
    this.#lock.close();
    rmSync(this.#path, { force: true });
  }
}

/** Whether the process that had a mark still holds it. */
export function isHeld(storePath: string, name: string): boolean {
  let reader: DatabaseSync | undefined;
  try {
    // To read takes a lock that readers share, so that two who look at once do not take each other for the owner.
    reader = new (databaseClass())(pathOf(storePath, name), { readOnly: true, timeout: 0 });
    reader.prepare('SELECT 1 FROM sqlite_schema').get();
    return false;
  } catch (error) {
    // Whoever ended well took the file away; one that is there and cannot be opened is somebody else's.
    if (sqliteCode(error) === sqliteCodes.cannotOpen) return existsSync(pathOf(storePath, name));
    if (sqliteCode(error) === sqliteCodes.busy) return true;
    throw error;
  } finally {
    reader?.close();
  }
}

/** Takes away what a process that has ended left of its mark. */
export function removeMark(storePath: string, name: string): void {
  rmSync(pathOf(storePath, name), { force: true });
}
