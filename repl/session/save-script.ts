// The cells as a script: `gridbook repl file.ts` runs it, cell after cell.

import { basename } from 'node:path';
import { preamble, type SavedSession } from './saved-cells.ts';

/** What begins a cell in a script; editors know it, too. */
export const cellMark = '// %%';

/** How a script begins that was saved. */
export const scriptHead = '// Cells of a Gridbook session.';

/** Whether a cell does nothing at a prompt: nothing but comments, or what is in scope there anyway. */
export function isIdle(text: string): boolean {
  return text.trim() === preamble || text.replace(/^\s*\/\/.*$/gm, '').trim() === '';
}

/** The text of a script. */
export function scriptOf({ needed, cells }: SavedSession, file: string): string {
  const head = `${scriptHead} Run them with: gridbook repl ${basename(file)}\n`;
  const before = [preamble, needed].flatMap((text) => (text === undefined ? [] : [`${cellMark}\n${text}\n`]));
  const parts = cells.map(({ cell: { title }, text }) => `${cellMark} ${title}\n${text}\n`);
  return [head, ...before, ...parts].join('\n');
}

/** The cells of a script, with the lines where they begin, from 0: what stands between the marks, or all of it. */
export function cellsOfScript(text: string): { text: string; line: number }[] {
  const lines = text.split('\n');
  const starts = [0, ...lines.flatMap((line, i) => (/^\/\/ ?%%/.test(line) ? [i + 1] : []))];
  return starts
    .map((start, i) => ({ text: lines.slice(start, (starts[i + 1] ?? lines.length + 1) - 1).join('\n'), line: start }))
    .filter(({ text: cell }) => !isIdle(cell));
}
