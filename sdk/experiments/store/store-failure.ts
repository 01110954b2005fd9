// What SQLite's errors mean for somebody who keeps experiments: which errors of Gridbook they become.

import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { GridbookError, StoreError, TimeoutError } from '../../errors.ts';
import { sqliteCode, sqliteCodes } from './sqlite.ts';

/** What to do about a store that cannot be read. */
export function damageAdvice(path: string): string {
  return `It was left as it is: move it away, and a new store begins; "sqlite3 ${path} .recover" may still read what is whole`;
}

/**
 * The error that a caller gets.
 *
 * @param what - what could not be done, such as `keep a record`.
 */
export function storeFailure(path: string, what: string, cause: unknown, lockTimeoutMs: number): GridbookError {
  if (cause instanceof GridbookError) return cause;
  // SQLite says where damage is in several lines.
  const message = oneLine(cause instanceof Error ? cause.message : String(cause));
  const failed = `Cannot ${what}`;
  const noSpace = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
  const code = sqliteCode(cause);
  const isFull = noSpace || (code === sqliteCodes.inputOutput && hasNoSpace(path));
  switch (isFull ? sqliteCodes.full : code) {
    case sqliteCodes.busy:
    case sqliteCodes.locked:
      return new TimeoutError(
        `${failed}: another program has locked ${path} for ${lockTimeoutMs / 1000} s; try again when it is done`,
        { cause },
      );
    case sqliteCodes.full:
      return new StoreError(`${failed}: the disk of ${path} is full. What was kept before is safe; free some space`, {
        cause,
      });
    case sqliteCodes.inputOutput:
      return new StoreError(`${failed}: the disk of ${path} failed: ${message}`, { cause });
    case sqliteCodes.noDatabase:
      return new StoreError(`${failed}: ${path} is no store of experiments. ${damageAdvice(path)}`, { cause });
    case sqliteCodes.damaged:
      return new StoreError(`${failed}: ${path} is damaged (${message}). ${damageAdvice(path)}`, { cause });
    case sqliteCodes.readOnly:
    case sqliteCodes.permission:
      return new StoreError(`${failed}: ${path} cannot be written: ${message}; let your user write it`, { cause });
    case sqliteCodes.cannotOpen:
      return new StoreError(`${failed}: ${path} cannot be opened; see that it is a file that your user may write`, {
        cause,
      });
    default:
      return new StoreError(`${failed} in ${path}: ${message}`, { cause });
  }
}

/** A text without line breaks. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}

function hasNoSpace(path: string): boolean {
  try {
    return statfsSync(dirname(path)).bavail === 0;
  } catch {
    return false;
  }
}
