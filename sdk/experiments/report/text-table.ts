// A table of text: columns as wide as they need to be, numbers to the right.

import { styleText } from 'node:util';
import { padded, textWidth } from './text-width.ts';

/** A column: its heading, and whether it holds numbers. */
export interface TextColumn {
  /** What stands above it. */
  readonly heading: string;
  /** `right` for numbers. */
  readonly align: 'left' | 'right';
}

const gap = '  ';

/**
 * Lays out a table.
 *
 * @param columns - from left to right.
 * @param rows - as many cells in each as there are columns.
 * @param styled - whether the headings are set off for a terminal.
 * @returns lines without a final line break.
 * @example
 * ```ts
 * import { textTable } from 'gridbook';
 *
 * const columns = [{ heading: 'tasks', align: 'right' }] as const;
 * console.log(textTable(columns, [['10']], false).split('\n').join('|')); // prints: tasks|   10
 * ```
 */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  styled: boolean,
): string {
  const widths = columnWidths(columns, rows);
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) => padded(cells[i]!, widths[i]!, align))
      .join(gap)
      .trimEnd();
  const head = line(columns.map(({ heading }) => heading));
  return [styled ? styleText('bold', head, { validateStream: false }) : head, ...rows.map(line)].join('\n');
}

/** How wide `textTable` makes each column. */
function columnWidths(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): number[] {
  return columns.map(({ heading }, i) =>
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[i] ?? '')), textWidth(heading)),
  );
}

/** How wide `textTable` makes the whole. */
export function textTableWidth(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): number {
  const widths = columnWidths(columns, rows);
  return widths.reduce((sum, width) => sum + width, 0) + gap.length * Math.max(0, widths.length - 1);
}
