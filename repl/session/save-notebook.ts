// The cells as a notebook for the TypeScript kernel `tslab`, with their results as text.

import type { Cell } from './cells.ts';
import type { Look } from './look.ts';
import { isIdle } from './save-script.ts';
import { preamble, savable, textSeenFrom } from './saved-cells.ts';
import { showValue } from './values-shown.ts';

/** The text of a notebook, in version 4.5 of Jupyter's format (nbformat.readthedocs.io). */
export function notebookOf(cells: readonly Cell[], file: string, baseUrl: string, look: Look): string {
  const plain = { ...look, colors: false };
  const codeCells = savable(cells).map((cell) => ({
    cell_type: 'code',
    id: `cell-${cell.number}`,
    execution_count: cell.number,
    metadata: {},
    outputs: outputsOf(cell, plain),
    source: linesOf(textSeenFrom(file, cell, baseUrl)),
  }));
  const first = {
    cell_type: 'code',
    id: 'preamble',
    execution_count: null,
    metadata: {},
    outputs: [],
    source: linesOf(preamble),
  };
  const notebook = {
    cells: [first, ...codeCells],
    metadata: {
      kernelspec: { display_name: 'TypeScript', language: 'typescript', name: 'tslab' },
      language_info: { file_extension: '.ts', mimetype: 'text/typescript', name: 'typescript' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, undefined, 1)}\n`;
}

function outputsOf({ number, outcome }: Cell, look: Look): object[] {
  if (outcome === undefined || outcome === 'none' || !('value' in outcome) || outcome.value === undefined) return [];
  const data = { 'text/plain': linesOf(showValue(outcome.value, look)) };
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
    return isIdle(source) ? [] : [source];
  });
}
