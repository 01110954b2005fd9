// Rows of data as a table.

import { formatCount, textTable } from 'gridbook';
import { escaped, type MimeBundle } from './mime-bundle.ts';

/** What a cell of a table can hold. */
export type CellValue = string | number | boolean | null | undefined;

/** More rows say nothing to a reader, and make a notebook slow. */
const rowsMax = 500;

/** Texts up to so many letters stay on a line. */
const unbrokenMax = 32;

/** Texts such as `0.50`, `13.2x` and `714 k/s` are numbers to a reader. */
const numberForm = /^[-+]?\d[\d.,_]*(?:e[-+]?\d+)?(?: ?[^\d\s]{1,6})?$/;

/** Objects with the same members, one a line, members as columns. */
export function rowsBundle(rows: readonly Readonly<Record<string, CellValue>>[]): MimeBundle {
  if (rows.length === 0) return { 'text/html': '<i>no rows</i>', 'text/plain': 'no rows' };
  const shown = rows.slice(0, rowsMax);
  const names = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const columns = names.map((heading) => {
    const isNumber = shown.every((row) => isNumeric(row[heading]));
    return { heading, align: isNumber ? ('right' as const) : ('left' as const) };
  });
  const cells = shown.map((row) => names.map((name) => textOf(row[name])));
  const more = rows.length > shown.length ? `… and ${formatCount(rows.length - shown.length)} more` : '';
  const styles = columns.map(({ align }, i) => {
    const isShort = cells.every((row) => (row[i]?.length ?? 0) <= unbrokenMax);
    return `text-align:${align}${isShort ? ';white-space:nowrap' : ''}`;
  });
  const head = columns.map(({ heading, align }) => `<th style="text-align:${align}">${escaped(heading)}</th>`).join('');
  const body = cells.map(
    (row) => `<tr>${row.map((text, i) => `<td style="${styles[i]}">${escaped(text)}</td>`).join('')}</tr>`,
  );
  return {
    'text/html': `<table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table>${escaped(more)}`,
    'text/plain': [textTable(columns, cells, false), more].join('\n').trimEnd(),
  };
}

function isNumeric(value: CellValue): boolean {
  if (value === null || value === undefined || value === '' || typeof value === 'number') return true;
  return typeof value === 'string' && numberForm.test(value);
}

function textOf(value: CellValue): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'number' && Number.isInteger(value) ? formatCount(value) : String(value);
}
