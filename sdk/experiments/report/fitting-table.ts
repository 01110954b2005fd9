// A table of text that is no wider than there is room: columns that can be spared go first.

import { styleText } from 'node:util';
import { type TextColumn, textTable, textTableWidth } from './text-table.ts';
import { beginningOf, textWidth } from './text-width.ts';

/** A column with its cells. */
export interface FilledColumn extends TextColumn {
  readonly cells: readonly string[];
  /** Where there is no room for all, those with the highest go first; 0 stays. */
  readonly dispensability: number;
  /** What stands for it where even the columns that stay have no room, and what is then left out of it. */
  readonly narrow?: { readonly column: FilledColumn; readonly leftOut: string };
}

/** The lines of a table, and a line that names what there was no room for, where that is something. */
export function fittingTable(
  columns: readonly FilledColumn[],
  { width = Number.POSITIVE_INFINITY, styled }: { width?: number | undefined; styled: boolean },
): { lines: string[]; leftOut: string[] } {
  const { shown, leftOut } = fitting(columns, width);
  const rows = (columns[0]?.cells ?? []).map((_, i) => shown.map(({ cells }) => cells[i]!));
  const lines = cut(textTable(shown, rows, false), width).split('\n');
  if (styled) lines[0] = styleText('bold', lines[0]!, { validateStream: false });
  const names = [...new Set(leftOut)].join(', ');
  return { lines, leftOut: names === '' ? [] : [`left out for want of room: ${names}`] };
}

interface Fitting {
  readonly shown: readonly FilledColumn[];
  /** What is not, by its headings. */
  readonly leftOut: readonly string[];
}

/** The columns that fit: the most dispensable go first. */
function fitting(columns: readonly FilledColumn[], width: number): Fitting {
  const widthOf = (some: readonly FilledColumn[]): number =>
    textTableWidth(some, some[0]?.cells.map((_, i) => some.map(({ cells }) => cells[i]!)) ?? []);
  let shown = [...columns];
  while (widthOf(shown) > width) {
    const most = Math.max(...shown.map(({ dispensability }) => dispensability));
    if (most === 0) break;
    const at = shown.findLastIndex(({ dispensability }) => dispensability === most);
    shown = shown.filter((_, i) => i !== at);
  }
  const wide = columns.flatMap(({ narrow }) => narrow ?? []);
  if (widthOf(shown) > width && wide.length > 0) {
    const narrowed = fitting(
      columns.map((column) => column.narrow?.column ?? column),
      width,
    );
    return { shown: narrowed.shown, leftOut: [...wide.map(({ leftOut }) => leftOut), ...narrowed.leftOut] };
  }
  const leftOut = columns.filter((column) => !shown.includes(column)).map(({ heading }) => heading);
  return { shown, leftOut };
}

/** Lines no wider than so many columns. */
function cut(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => (textWidth(line) > width ? `${beginningOf(line, width - 1)}…` : line))
    .join('\n');
}
