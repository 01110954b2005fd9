// The cells of a session as others can take them: which are kept, and what stands before them.
//
// A cell that failed is left out: what is saved runs as it is.

import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCell } from './cell-syntax.ts';
import type { Cell } from './cells.ts';

/** What is in scope at the prompt, said in code. */
export const preamble = `import { baseline, connect, currentSession, defineWorkload, markov, plotOf, sweep, workloads } from 'gridbook';

const session = await connect();`;

/** Those that ran to their end. */
export function savable(cells: readonly Cell[]): Cell[] {
  return cells.filter(({ outcome }) => outcome !== undefined && (outcome === 'none' || 'value' in outcome));
}

/** A cell's text, its imports of files seen from another folder. */
export function textSeenFrom(file: string, { text, code }: Cell, baseUrl: string): string {
  const folder = dirname(fileURLToPath(baseUrl));
  const there = relative(dirname(file), folder) || '.';
  if (there === '.') return text;
  let changed = text;
  // Places in what was typed and in what is parsed are the same where types were taken off alone.
  if (code.plain.length !== text.length) return text;
  for (const statement of parseCell(code.plain).body.toReversed()) {
    if (statement.type !== 'ImportDeclaration') continue;
    const specifier = String(statement.source.value);
    if (!/^\.\.?\//.test(specifier)) continue;
    const moved = `${there}/${specifier}`.replace(/\/\.\//g, '/');
    const { start, end } = statement.source;
    changed = `${changed.slice(0, start)}'${/^\.\.?\//.test(moved) ? moved : `./${moved}`}'${changed.slice(end)}`;
  }
  return changed;
}
