// An experiment as a table for a terminal, with what it says above and below.

import { InvalidArgumentError } from '../../errors.ts';
import { experimentColumns, marksOf } from './experiment-columns.ts';
import { machineText, notesOf, recommendationsOf, whatWasRun } from './findings.ts';
import { fittingTable } from './fitting-table.ts';
import type { Reported } from './plotted.ts';
import { wrapped } from './text-legend.ts';
import { warningsOf } from './warnings.ts';

const widthLeast = 20;

/** How a table is laid out. */
export interface TableOptions {
  /** The most characters of a line: columns that do not fit are left out, and named below. @default no limit */
  readonly width?: number | undefined;
  /** Whether headings are set off for a terminal. @default false */
  readonly styled?: boolean | undefined;
}

/** @throws InvalidArgumentError when a table cannot be so wide. */
export function checkTableWidth(width: number | undefined): void {
  if (width === undefined || (Number.isInteger(width) && width >= widthLeast)) return;
  throw new InvalidArgumentError(`The width of a table is a whole number from ${widthLeast} on, not ${width}`);
}

/** One line a point, what all have alike above, what it means below. */
export function experimentTable(reported: Reported, { width, styled = false }: TableOptions = {}): string {
  checkTableWidth(width);
  const { points } = reported;
  const inRoom = (text: string): string => (width === undefined ? text : wrapped(text, width).join('\n'));
  if (points.length === 0) return [whatWasRun(reported), machineText(reported)].map(inRoom).join('\n');
  const { lines, leftOut } = fittingTable(experimentColumns(reported), { width, styled });
  const below = [
    ...marksOf(points).map(({ mark, meaning }) => `${mark} ${meaning}`),
    ...leftOut,
    ...notesOf(reported),
    ...recommendationsOf(reported),
    ...warningsOf(reported).map((warning) => `Warning: ${warning}`),
    machineText(reported),
  ];
  return [inRoom(whatWasRun(reported)), '', ...lines, '', ...below.map(inRoom)].join('\n');
}
