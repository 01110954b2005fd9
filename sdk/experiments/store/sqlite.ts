// SQLite as Node has it, loaded when a store is opened and not before.

import type { DatabaseSync } from 'node:sqlite';

/** The class of databases. */
export function databaseClass(): typeof DatabaseSync {
  // Node 24 says of its SQLite that it is experimental, when it is first loaded: that would be between a command's lines.
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: never[]): void => {
    const [kind]: readonly unknown[] = rest;
    if (kind === 'ExperimentalWarning' && String(warning).startsWith('SQLite')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule('node:sqlite').DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The code by which SQLite says what is wrong, without its details; undefined for errors that are not SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

/** What SQLite's codes mean, as its documentation lists them. */
export const sqliteCodes = {
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  inputOutput: 10,
  damaged: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  noDatabase: 26,
} as const;
