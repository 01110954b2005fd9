// An experiment as a table for a terminal, with what it says above and below.

import { styleText } from 'node:util';
import { InvalidArgumentError } from '../../errors.ts';
import { experimentColumns, type FilledColumn, marksOf } from './experiment-columns.ts';
import { machineText, notesOf, recommendationsOf, warningsOf, whatWasRun } from './findings.ts';
import type { Reported } from './plotted.ts';
import { wrapped } from './text-legend.ts';
import { textTable, textTableWidth } from './text-table.ts';
import { beginningOf, textWidth } from './text-width.ts';

const widthLeast = 20;

/** How a table is laid out. */
export interface TableOptions {
  /** The most characters of a line: columns that do not fit are left out, and named below. @default no limit */
  readonly width?: number | undefined;
  /** Whether headings are set off for a terminal. @default false */
  readonly styled?: boolean | undefined;
}

/** One line a point, what all have alike above, what it means below. */
export function experimentTable(reported: Reported, { width, styled = false }: TableOptions = {}): string {
  if (width !== undefined && !(Number.isInteger(width) && width >= widthLeast)) {
    throw new InvalidArgumentError(`The width of a table is a whole number from ${widthLeast} on, not ${width}`);
  }
  const { points } = reported;
  const room = width ?? Number.POSITIVE_INFINITY;
  const inRoom = (text: string): string => (width === undefined ? text : wrapped(text, width).join('\n'));
  if (points.length === 0) return [whatWasRun(reported), machineText(reported)].map(inRoom).join('\n');
  const { shown, leftOut } = fitting(experimentColumns(reported), room);
  const rows = points.map((_, i) => shown.map(({ cells }) => cells[i]!));
  const table = cut(textTable(shown, rows, false), room).split('\n');
  if (styled) table[0] = styleText('bold', table[0]!, { validateStream: false });
  const below = [
    ...marksOf(points).map(({ mark, meaning }) => `${mark} ${meaning}`),
    ...(leftOut.length > 0 ? [`left out for want of room: ${leftOut.join(', ')}`] : []),
    ...notesOf(reported),
    ...recommendationsOf(reported),
    ...warningsOf(reported).map((warning) => `Warning: ${warning}`),
    machineText(reported),
  ];
  return [inRoom(whatWasRun(reported)), '', ...table, '', ...below.map(inRoom)].join('\n');
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
