// The file of a store: opened with care, read and written in transactions.
//
// Owns: the connection, the form of the tables. Does not own: what is in them (experiment-store.ts).
//
// Invariants:
//   F1. A file that is not a whole store of a version that is known is refused before anything is written to it.
//   F2. What `write` did is on the disk when it returns, whole or not at all.
//   F3. No call waits longer than about `lockTimeoutMs` for others.
//   F4. The file is opened by SQLite alone once it is there: to close any other descriptor of it would drop SQLite's
//       locks in this process.

import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { ClosedError, StoreError, VersionError } from '../../errors.ts';
import { makeDirectory } from '../../make-directory.ts';
import { applicationId, versions } from './schema.ts';
import { databaseClass, sqliteCode, sqliteCodes } from './sqlite.ts';
import { damageAdvice, oneLine, storeFailure } from './store-failure.ts';

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** How long it is until a file that others had locked is tried again, where SQLite does not wait by itself. */
const retryMs = 20;

/** A connection to the file of a store. */
export class StoreDatabase {
  readonly path: string;
  readonly #lockTimeoutMs: number;
  #database: DatabaseSync | undefined;

  /** Opens a file; makes it if it may. @throws StoreError, VersionError, TimeoutError */
  constructor(path: string, lockTimeoutMs: number, create: boolean) {
    this.path = path;
    this.#lockTimeoutMs = lockTimeoutMs;
    try {
      if (create) makePrivate(path);
      else if (!existsSync(path)) throw new StoreError(`There is no store of experiments at ${path}`);
      this.#database = openPatiently(path, lockTimeoutMs);
    } catch (cause) {
      throw storeFailure(path, 'open the store', cause, lockTimeoutMs);
    }
  }

  /** Reads one state of the store. */
  read<T>(what: string, work: () => T): T {
    return this.#transaction('BEGIN', what, work);
  }

  /** Changes the store, whole or not at all (F2). */
  write<T>(what: string, work: () => T): T {
    return this.#transaction('BEGIN IMMEDIATE', what, work);
  }

  /** The rows of a query; inside `read` or `write`. */
  rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#open.prepare(sql).all(...values);
  }

  /** Runs a statement; inside `write`. */
  run(sql: string, ...values: SQLInputValue[]): void {
    this.#open.prepare(sql).run(...values);
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  get #open(): DatabaseSync {
    if (this.#database === undefined) throw new ClosedError(`The store ${this.path} is closed`);
    return this.#database;
  }

  #transaction<T>(begin: string, what: string, work: () => T): T {
    const database = this.#open;
    try {
      return transaction(database, begin, work);
    } catch (cause) {
      throw storeFailure(this.path, what, cause, this.#lockTimeoutMs);
    }
  }
}

function transaction<T>(database: DatabaseSync, begin: string, work: () => T): T {
  database.exec(begin);
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has ended it already after some errors, such as a full disk.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Makes the file so that nobody else can read it, and its directory. What is there keeps its mode. */
function makePrivate(path: string): void {
  try {
    makeDirectory(dirname(path));
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return;
    throw cause;
  }
}

/** Opens a file; SQLite does not wait by itself while others switch its journal or recover it (F3). */
function openPatiently(path: string, lockTimeoutMs: number): DatabaseSync {
  const end = performance.now() + lockTimeoutMs;
  for (;;) {
    const leftMs = Math.max(0, end - performance.now());
    try {
      return openOnce(path, Math.ceil(leftMs));
    } catch (error) {
      if (sqliteCode(error) !== sqliteCodes.busy || leftMs === 0) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
    }
  }
}

function openOnce(path: string, timeout: number): DatabaseSync {
  const Database = databaseClass();
  if (statSync(path).size > 0) {
    // Even to close a file that was opened to be written changes it (F1).
    const reader = new Database(path, { readOnly: true, timeout });
    try {
      transaction(reader, 'BEGIN', () => inspect(reader, path));
    } finally {
      reader.close();
    }
  }
  const database = new Database(path, { timeout, enableForeignKeyConstraints: true });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    if (numberOf(database, 'user_version') < versions.length) {
      transaction(database, 'BEGIN IMMEDIATE', () => migrate(database, path));
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The steps that the file still needs; another process may have taken them just now. */
function migrate(database: DatabaseSync, path: string): void {
  const version = inspect(database, path);
  for (const step of versions.slice(version)) database.exec(step);
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${versions.length}`);
}

/** Sees that a file is a whole store, or empty; gives its version. @throws StoreError, VersionError */
function inspect(database: DatabaseSync, path: string): number {
  const id = numberOf(database, 'application_id');
  const version = numberOf(database, 'user_version');
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (id === 0 && version === 0 && isEmpty) return 0;
  if (id !== applicationId) {
    throw new StoreError(`Cannot open the store: ${path} is a database of another program; name another file`);
  }
  if (version > versions.length) {
    throw new VersionError(
      `Cannot open the store ${path}: it is of version ${version}, and this Gridbook knows stores up to version ` +
        `${versions.length}; use the newer Gridbook that made it, or another file`,
    );
  }
  const [found] = Object.values(database.prepare('PRAGMA integrity_check(1)').get() ?? {});
  if (found === 'ok' && version > 0) return version;
  throw new StoreError(`Cannot open the store: ${path} is damaged (${oneLine(String(found))}). ${damageAdvice(path)}`);
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}
