// The cells as a notebook for the kernel that `gridbook notebook` sets up, with their results.

import { Experiment } from '../../sdk/index.ts';
import type { Look } from './look.ts';
import { isIdle } from './save-script.ts';
import { preamble, type SavedCell, type SavedSession } from './saved-cells.ts';
import { showValue } from './values-shown.ts';

/** Cells were run whatever their types, and so they are here; the rest is in scope at a prompt. */
const notebookPreamble = `// @ts-nocheck
${preamble}

import { display } from 'gridbook/notebook';

const plot = (what, kind = 'time') => plotOf(what, kind);
const table = (what) => { display(what, { as: 'table' }); };`;

/** What a notebook has that was saved: the name of its first cell. */
export const notebookMark = '"id": "before-1"';

/** The text of a notebook, in version 4.5 of Jupyter's format (nbformat.readthedocs.io). */
export async function notebookOf({ needed, cells }: SavedSession, look: Look): Promise<string> {
  const plain = { ...look, colors: false };
  const before = [notebookPreamble, needed].flatMap((text) => (text === undefined ? [] : [text]));
  const notebook = {
    cells: [
      ...before.map((text, i) => codeCell(`before-${i + 1}`, null, text, [])),
      ...(await Promise.all(
        cells.map(async (saved, i) =>
          codeCell(`cell-${i + 1}`, saved.cell.number ?? null, saved.text, await outputsOf(saved, plain)),
        ),
      )),
    ],
    metadata: {
      kernelspec: { display_name: 'TypeScript (Gridbook)', language: 'typescript', name: 'tslab' },
      language_info: { file_extension: '.ts', mimetype: 'text/typescript', name: 'typescript' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, undefined, 1)}\n`;
}

function codeCell(id: string, number: number | null, text: string, outputs: readonly object[]): object {
  return { cell_type: 'code', id, execution_count: number, metadata: {}, outputs, source: linesOf(text) };
}

/** What the cell gave, as text; an experiment's plot as a picture, too. */
async function outputsOf({ cell: { number, outcome } }: SavedCell, look: Look): Promise<object[]> {
  if (outcome === undefined || outcome === 'none' || !('value' in outcome) || outcome.value === undefined) return [];
  const { value } = outcome;
  const isPlotted = value instanceof Experiment && value.points.length > 1;
  const data = {
    'text/plain': linesOf(showValue(value, look)),
    ...(isPlotted ? { 'image/svg+xml': linesOf(await value.plot('time').toSVG()) } : {}),
  };
  if (number === undefined) return [{ output_type: 'display_data', metadata: {}, data }];
  return [{ output_type: 'execute_result', execution_count: number, metadata: {}, data }];
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

/** The cells of code of a notebook. @throws SyntaxError when it is none. */
export function cellsOfNotebook(text: string): string[] {
  const notebook: unknown = JSON.parse(text);
  const cells: unknown =
    typeof notebook === 'object' && notebook !== null && 'cells' in notebook ? notebook.cells : undefined;
  if (!Array.isArray(cells)) throw new SyntaxError('It is no notebook: it has no cells');
  return cells.flatMap((cell: unknown): string[] => {
    if (typeof cell !== 'object' || cell === null || !('source' in cell)) return [];
    if (!('cell_type' in cell) || cell.cell_type !== 'code') return [];
    const source = [cell.source].flat().join('');
    return isIdle(source) || source.trim() === notebookPreamble ? [] : [source];
  });
}
