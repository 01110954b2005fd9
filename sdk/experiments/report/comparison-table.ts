// Two experiments beside each other as text for a terminal.

import type { JsonValue } from '../../workloads/workload.ts';
import type { ComparedPoint, ExperimentComparison } from '../comparison.ts';
import { checkTableWidth, type TableOptions } from './experiment-table.ts';
import { type FilledColumn, fittingTable } from './fitting-table.ts';
import {
  parameterName,
  parametersOf,
  plainText,
  shortValueText,
  valueAt,
  varyingParameters,
} from './parameter-names.ts';
import { formatDuration, formatRatio } from './quantities.ts';
import { shortened } from './series-label.ts';
import { wrapped } from './text-legend.ts';

const valueLengthMax = 60;

/** What differs first, a line a point, and the sentence below. */
export function comparisonTable(
  comparison: Omit<ExperimentComparison, 'table'>,
  { width, styled = false }: TableOptions = {},
): string {
  checkTableWidth(width);
  const { a, b, differences, points, onlyInA, onlyInB, sentence } = comparison;
  const inRoom = (text: string): string => (width === undefined ? text : wrapped(text, width).join('\n'));
  const plain = (headings: readonly string[], rows: readonly (readonly string[])[]): string => {
    const columns = headings.map((heading, i): FilledColumn => {
      return { heading, align: 'left', dispensability: 0, cells: rows.map((cells) => cells[i]!) };
    });
    return fittingTable(columns, { width, styled }).lines.join('\n');
  };
  const heads = plain(
    ['', 'id', 'name', 'started'],
    [a, b].map(({ id, name, startedAt }, i) => ['AB'[i] ?? '', id, plainText(name), startedAt]),
  );
  const apart = plain(
    ['differs', 'A', 'B'],
    differences.map((difference) => [difference.what, settingText(difference.a), settingText(difference.b)]),
  );
  const { lines, leftOut } = fittingTable(columnsOf(points), { width, styled });
  const alone = [...(onlyInA > 0 ? [`${onlyInA} in A`] : []), ...(onlyInB > 0 ? [`${onlyInB} in B`] : [])].join(
    ' and ',
  );
  return [
    heads,
    differences.length > 0 ? apart : inRoom('Made alike: the same definition, on the same machine.'),
    lines.join('\n'),
    ...leftOut.map(inRoom),
    ...(alone === '' ? [] : [inRoom(`Not compared, since the other has them not: ${alone}.`)]),
    inRoom(sentence),
  ].join('\n\n');
}

function columnsOf(points: readonly ComparedPoint[]): FilledColumn[] {
  const varying = varyingParameters(points);
  const names = varying.length > 0 ? varying : parametersOf(points);
  const column = (
    heading: string,
    dispensability: number,
    cell: (point: ComparedPoint) => string,
    align: FilledColumn['align'] = 'right',
  ): FilledColumn => ({ heading, align, dispensability, cells: points.map(cell) });
  return [
    ...names.map((name) => column(parameterName(name), 0, (point) => shortValueText(valueAt(point, name)))),
    column('runs', 4, ({ a, b }) => `${a.count}, ${b.count}`),
    column('A', 2, ({ a }) => formatDuration(a.median)),
    column('B', 2, ({ b }) => formatDuration(b.median)),
    column('B / A', 0, ({ ratio }) => (ratio === undefined ? '' : formatRatio(ratio.value))),
    column('95 % interval', 3, intervalText, 'left'),
    column('B is', 0, ({ verdict }) => verdict, 'left'),
  ];
}

function intervalText({ ratio }: ComparedPoint): string {
  if (ratio === undefined || ratio.coverage === 0) return '';
  return ratio.interval.map(formatRatio).join(' to ');
}

function settingText(value: JsonValue): string {
  return shortened(Array.isArray(value) ? value.map(shortValueText).join(', ') : shortValueText(value), valueLengthMax);
}
