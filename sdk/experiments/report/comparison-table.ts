// Two experiments beside each other as text for a terminal.

import type { JsonValue } from '../../workloads/workload.ts';
import type { ComparedPoint, ExperimentComparison } from '../comparison.ts';
import type { TableOptions } from './experiment-table.ts';
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
import { type TextColumn, textTable } from './text-table.ts';

const valueLengthMax = 60;

interface FilledColumn extends TextColumn {
  readonly cell: (point: ComparedPoint) => string;
}

/** What differs first, a line a point, and the sentence below. */
export function comparisonTable(
  comparison: Omit<ExperimentComparison, 'table'>,
  { styled = false }: TableOptions = {},
): string {
  const { a, b, differences, points, onlyInA, onlyInB, sentence } = comparison;
  const heads = textTable(
    ['', 'id', 'name', 'started'].map((heading) => ({ heading, align: 'left' })),
    [a, b].map(({ id, name, startedAt }, i) => ['AB'[i] ?? '', id, plainText(name), startedAt]),
    styled,
  );
  const apart = textTable(
    ['differs', 'A', 'B'].map((heading) => ({ heading, align: 'left' })),
    differences.map((difference) => [difference.what, settingText(difference.a), settingText(difference.b)]),
    styled,
  );
  const columns = columnsOf(points);
  const table = textTable(
    columns,
    points.map((point) => columns.map(({ cell }) => cell(point))),
    styled,
  );
  const alone = [...(onlyInA > 0 ? [`${onlyInA} in A`] : []), ...(onlyInB > 0 ? [`${onlyInB} in B`] : [])].join(
    ' and ',
  );
  return [
    heads,
    differences.length > 0 ? apart : 'Made alike: the same definition, on the same machine.',
    table,
    ...(alone === '' ? [] : [`Not compared, since the other has them not: ${alone}.`]),
    sentence,
  ].join('\n\n');
}

function columnsOf(points: readonly ComparedPoint[]): FilledColumn[] {
  const varying = varyingParameters(points);
  const names = varying.length > 0 ? varying : parametersOf(points);
  return [
    ...names.map(
      (name): FilledColumn => ({
        heading: parameterName(name),
        align: 'right',
        cell: (point) => shortValueText(valueAt(point, name)),
      }),
    ),
    { heading: 'runs', align: 'right', cell: ({ a, b }) => `${a.count}, ${b.count}` },
    { heading: 'A', align: 'right', cell: ({ a }) => formatDuration(a.median) },
    { heading: 'B', align: 'right', cell: ({ b }) => formatDuration(b.median) },
    { heading: 'B / A', align: 'right', cell: ({ ratio }) => (ratio === undefined ? '' : formatRatio(ratio.value)) },
    { heading: '95 % interval', align: 'left', cell: intervalText },
    { heading: 'B is', align: 'left', cell: ({ verdict }) => verdict },
  ];
}

function intervalText({ ratio }: ComparedPoint): string {
  if (ratio === undefined || ratio.coverage === 0) return '';
  return ratio.interval.map(formatRatio).join(' to ');
}

function settingText(value: JsonValue): string {
  return shortened(Array.isArray(value) ? value.map(shortValueText).join(', ') : shortValueText(value), valueLengthMax);
}
