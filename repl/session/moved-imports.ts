// Imports of files in the text of a cell, seen from another folder than the one for which they were written.

import { join, relative } from 'node:path';
import { parseCell, readCell } from './cell-syntax.ts';

/** A part of a text, and what takes its place. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text with these parts replaced. */
export function edited(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((a, b) => b.start - a.start || b.end - a.end)
    .reduce((whole, { start, end, text: part }) => whole.slice(0, start) + part + whole.slice(end), text);
}

/**
 * What to change so that imports of files stay those of the same files.
 *
 * @param plain - a cell without types.
 * @param from - the folder for which it was written.
 * @param to - the folder where it will stand.
 */
export function movedImports(plain: string, from: string, to: string): Edit[] {
  if (from === to) return [];
  return parseCell(plain).body.flatMap((statement) => {
    if (statement.type !== 'ImportDeclaration') return [];
    const specifier = String(statement.source.value);
    if (!/^\.\.?\//.test(specifier)) return [];
    const moved = relative(to, join(from, specifier));
    const { start, end } = statement.source;
    return [{ start, end, text: `'${/^\.\.?\//.test(moved) ? moved : `./${moved}`}'` }];
  });
}

/** The text of a cell with such imports moved. */
export function movedText(text: string, from: string, to: string): string {
  const code = readCell(text);
  // Places without types are those of the text, where only types were taken off.
  const isSame = code.state === 'complete' && code.plain.length === text.length;
  return isSame ? edited(text, movedImports(code.plain, from, to)) : text;
}
