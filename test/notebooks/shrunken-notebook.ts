// Notebooks as files, and the same with less to do: what is large in them is large for their readers, not for tests.

import { readFileSync, writeFileSync } from 'node:fs';

/** What one cell holds. */
export interface NotebookCell {
  readonly cell_type: 'code' | 'markdown';
  source: string | string[];
  outputs?: readonly NotebookOutput[];
  execution_count?: number | null;
}

/** What a cell showed. */
export interface NotebookOutput {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: string | string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Reads the cells of a notebook. */
export function cellsOf(path: string): NotebookCell[] {
  const { cells }: { cells: NotebookCell[] } = JSON.parse(readFileSync(path, 'utf8'));
  return cells;
}

/** What went wrong in its cells, and what was written as an error. */
export function errorsIn(cells: readonly NotebookCell[]): string[] {
  return cells
    .flatMap((cell) => cell.outputs ?? [])
    .filter(({ output_type, name }) => output_type === 'error' || name === 'stderr')
    .map((output) => joined(output.text) || JSON.stringify(output));
}

/** A text that may be given by its lines. */
export function joined(text: string | readonly string[] | undefined): string {
  return typeof text === 'string' ? text : (text ?? []).join('');
}

/**
 * Rewrites a notebook so that it holds nothing of earlier runs and, where it measures, does so twice, a fifth of the work: of
 * single runs there may be no model.
 */
export function shrink(path: string): void {
  const notebook: { cells: NotebookCell[] } = JSON.parse(readFileSync(path, 'utf8'));
  const measures = notebook.cells.some(({ source }) => /\b(sweep|markov)\(/.test(joined(source)));
  for (const cell of notebook.cells) {
    if (cell.cell_type !== 'code') continue;
    cell.outputs = [];
    cell.execution_count = null;
    if (!measures) continue;
    cell.source = joined(cell.source)
      .replace(/\brepeats: \d+/g, 'repeats: 2')
      .replace(/\b\d{1,3}(?:_\d{3})+\b/g, (digits) => {
        const value = Number(digits.replaceAll('_', ''));
        return value >= 500_000 ? String(value / 5) : digits;
      });
  }
  writeFileSync(path, JSON.stringify(notebook));
}
