// A table of text: columns as wide as they need to be, numbers to the right.

import { styleText } from 'node:util';

/** A column: its heading, and whether it holds numbers. */
export interface Column {
  readonly heading: string;
  readonly align: 'left' | 'right';
}

/**
 * Lays out a table.
 *
 * @param rows - as many cells in each as there are columns.
 * @param styled - whether the headings are set off for a terminal.
 * @returns lines without a final line break.
 */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[], styled: boolean): string {
  const widths = columns.map(({ heading }, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) => (align === 'left' ? cells[i]!.padEnd(widths[i]!) : cells[i]!.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  const head = line(columns.map(({ heading }) => heading));
  return [styled ? styleText('bold', head, { validateStream: false }) : head, ...rows.map(line)].join('\n');
}
