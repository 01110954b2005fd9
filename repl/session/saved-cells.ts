// The cells of a session as others can take them: which are kept, what stands before them, and what is changed in them so
// that they mean elsewhere what they meant here.
//
// Owns: that. Does not own: the files (save-script.ts, save-notebook.ts).
//
// Invariants:
//   K1. A cell that failed is left out, and one that only asks for help: what is saved runs as it is.
//   K2. Texts stay as they were typed, but for imports of files, seen from the new place, and for `_` and `Out[n]`, which
//       only a prompt has: the results that they stand for get a name.

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CellNames } from './cell-names.ts';
import { parseCell } from './cell-syntax.ts';
import type { Cell, Cells } from './cells.ts';
import { type Edit, edited, movedImports } from './moved-imports.ts';
import { namesUsed, type UsedName } from './names-used.ts';

/** What is in scope at the prompt, said in code. */
export const preamble = `import { baseline, compareWith, connect, currentSession, defineWorkload, markov, ObjectRef, plotOf, sweep, workloads } from 'gridbook';

const session = await connect();`;

/** Where results are that a later cell uses. */
const resultsName = 'cellResults';
const lastResults: readonly string[] = ['_', '__', '___'];

/** A cell to be saved. */
export interface SavedCell {
  readonly cell: Cell;
  readonly text: string;
}

/** A session to be saved. */
export interface SavedSession {
  /** What the cells use beside what the preamble gives; undefined for nothing. */
  readonly needed: string | undefined;
  readonly cells: readonly SavedCell[];
}

/** A cell with what stands where in it. */
interface ReadCell {
  readonly cell: Cell;
  /** Undefined where places in what was typed are not those in what is parsed. */
  readonly typed: string | undefined;
  readonly used: readonly UsedName[];
}

/** The cells as they stand in a file, or would in one that does not exist yet. */
export function savedSession({ list, names, baseUrl }: Cells, file: string): SavedSession {
  const read = savable(list).map(readAgain);
  const declared = new Set(read.flatMap(({ cell: { code } }) => [...code.declared, ...code.assigned]));
  const isOfPrompt = ({ name }: UsedName): boolean => !declared.has(name);
  const edits = new Map<ReadCell, Edit[]>();
  const wanted = new Set<number>();
  for (const [i, one] of read.entries()) {
    const before = read.slice(0, i).flatMap(({ cell }) => (hasValue(cell) ? [cell.number] : []));
    const ownEdits = importsSeenFrom(file, one, baseUrl);
    for (const use of one.used.filter(isOfPrompt)) {
      const number = lastResults.includes(use.name) ? before.at(-1 - lastResults.indexOf(use.name)) : use.outNumber;
      if (number === undefined) continue;
      wanted.add(number);
      const { start, end } = use;
      const shorthand = use.isShorthand ? `${use.name}: ` : '';
      ownEdits.push({ start, end, text: `${shorthand}${resultsName}[${number}]` }); // K2
    }
    edits.set(one, ownEdits);
  }
  const saved = read.map((one) => ({
    cell: one.cell,
    text: textOf(one, [...(edits.get(one) ?? []), ...naming(one, wanted)]),
  }));
  return {
    needed: neededBy(
      read.flatMap(({ used }) => used.filter(isOfPrompt)),
      wanted,
      names,
    ),
    cells: saved,
  };
}

/** Those that ran to their end, and do something. K1 */
export function savable(cells: readonly Cell[]): Cell[] {
  return cells.filter(
    ({ outcome, text }) =>
      outcome !== undefined && (outcome === 'none' || 'value' in outcome) && !/^\s*help\([^()]*\)\s*;?\s*$/.test(text),
  );
}

function hasValue({ outcome }: Cell): boolean {
  return outcome !== undefined && outcome !== 'none' && 'value' in outcome && outcome.value !== undefined;
}

/** Places are the same where types were taken off alone; an object that is a cell of its own was put into brackets. */
function readAgain(cell: Cell): ReadCell {
  const { plain } = cell.code;
  const typed = [cell.text, `(${cell.text.trim()}\n)`].find(({ length }) => length === plain.length);
  return { cell, typed, used: typed === undefined ? [] : namesUsed(parseCell(plain)) };
}

function importsSeenFrom(file: string, { cell, typed }: ReadCell, baseUrl: string): Edit[] {
  if (typed === undefined) return [];
  return movedImports(cell.code.plain, dirname(fileURLToPath(baseUrl)), dirname(file));
}

/** Gives the result of a cell a name, where a later one uses it. */
function naming({ cell, typed }: ReadCell, wanted: ReadonlySet<number>): Edit[] {
  if (cell.number === undefined || !wanted.has(cell.number) || typed === undefined) return [];
  const last = parseCell(cell.code.plain).body.findLast(({ type }) => type !== 'EmptyStatement');
  if (last?.type !== 'ExpressionStatement') return [];
  const end = typed[last.end - 1] === ';' ? last.end - 1 : last.end;
  return [
    { start: last.start, end: last.start, text: `${resultsName}[${cell.number}] = (` },
    { start: end, end, text: ')' },
  ];
}

function textOf({ cell, typed }: ReadCell, edits: readonly Edit[]): string {
  const text = edited(typed ?? cell.text, edits);
  return (typed === cell.text ? text : text.replace(/\n\)$/, ')')).trim();
}

/** Node's modules, which a prompt has by their names, and a place for results. */
function neededBy(used: readonly UsedName[], wanted: ReadonlySet<number>, names: CellNames): string | undefined {
  const modules = [...new Set(used.map(({ name }) => name))]
    .filter((name) => names.importedFrom(name)?.specifier === `node:${name}`)
    .map((name) => `import ${name} from 'node:${name}';`);
  const lines = [...modules, ...(wanted.size > 0 ? [`const ${resultsName}: Record<number, any> = {};`] : [])];
  return lines.length === 0 ? undefined : lines.join('\n');
}
