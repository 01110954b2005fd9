// The columns of an experiment's table: one line a point, wherever it is shown.

import { mean, median } from 'simple-statistics';
import { type Point, runsWithLosses } from '../point.ts';
import type { FilledColumn } from './fitting-table.ts';
import { parameterName, plainText, valueAt, valueText, varyingParameters } from './parameter-names.ts';
import { efficiencyOf, latencyOf, speedUpOf } from './plot-measure.ts';
import type { Reported } from './plotted.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatRatio,
  formatShare,
  formatUncertainDuration,
} from './quantities.ts';
import { shortened } from './series-label.ts';

/** Something beside the time of a point, and what it means. */
export interface PointMark {
  readonly mark: string;
  readonly meaning: string;
}

/** A longer parameter would push all else out of sight. */
const cellLengthMax = 32;

/** Beside times of which some are outliers, of which nothing can be concluded, and of runs that lost workers. */
const outlierMark = '*';
const noiseMark = '~';
const lossMark = '!';

/** The median time of each point, with its interval where there are several runs; without it where there is no room. */
function timeColumn(points: readonly Point[]): FilledColumn {
  const withInterval = ({ durationMs: { median, interval }, records }: Point): string =>
    records.length > 1 ? formatUncertainDuration(median, interval) : formatDuration(median);
  // So that digits stand below digits.
  const marksWidth = Math.max(0, ...points.map((point) => marksText(point).length));
  const column = (heading: string, time: (point: Point) => string): FilledColumn => ({
    heading,
    align: 'right',
    cells: points.map((point) => `${time(point)}${marksText(point).padEnd(marksWidth)}`),
    dispensability: 0,
  });
  const narrow = column('time', ({ durationMs }) => formatDuration(durationMs.median));
  const hasRepeats = points.some(({ records }) => records.length > 1);
  return hasRepeats
    ? { ...column('time ± 95 %', withInterval), narrow: { column: narrow, leftOut: '95 % intervals' } }
    : narrow;
}

function marksText(point: Point): string {
  const { outliers, isNoisy } = point.durationMs;
  const isLossy = runsWithLosses(point).length > 0;
  return `${outliers.length > 0 ? outlierMark : ''}${isNoisy ? noiseMark : ''}${isLossy ? lossMark : ''}`;
}

/** The marks that a table of these points has. */
export function marksOf(points: readonly Point[]): PointMark[] {
  const outliers = points.reduce((sum, { durationMs }) => sum + durationMs.outliers.length, 0);
  const noisy = points.filter(({ durationMs }) => durationMs.isNoisy).length;
  const marks: PointMark[] = [];
  if (outliers > 0) {
    const what = outliers === 1 ? '1 run is an outlier' : `${outliers} runs are outliers`;
    marks.push({
      mark: outlierMark,
      meaning: `${what} among those of the same point, by the modified z-score; kept all the same`,
    });
  }
  if (noisy > 0) marks.push({ mark: noiseMark, meaning: 'the runs scatter too much to conclude from them' });
  const lossy = points.flatMap(runsWithLosses).length;
  if (lossy > 0) {
    marks.push({
      mark: lossMark,
      meaning: `${lossy === 1 ? '1 run' : `${lossy} runs`} lost workers on the way; kept all the same`,
    });
  }
  return marks;
}

/** All columns that say something, from left to right. */
export function experimentColumns({ data, points }: Pick<Reported, 'data' | 'points'>): FilledColumn[] {
  const { splitBy, workUnit } = data.definition;
  const varying = varyingParameters(points);
  // One line needs something to be called by.
  const named = varying.length > 0 || splitBy === null ? varying : [splitBy];
  const orNothing = <Value>(value: Value | undefined, format: (value: Value) => string): string =>
    value === undefined ? '' : format(value);
  const column = (heading: string, dispensability: number, cell: (point: Point) => string): FilledColumn => ({
    heading,
    align: 'right',
    cells: points.map(cell),
    dispensability,
  });
  const columns = [
    ...named.map((name) =>
      column(shortened(parameterName(name), cellLengthMax), 0, (point) =>
        shortened(valueText(valueAt(point, name)), cellLengthMax),
      ),
    ),
    ...(splitsInto(points, splitBy) ? [] : [onlyIfVaried(column('tasks', 4, ({ tasks }) => formatCount(tasks)))]),
    onlyIfVaried(column('runs', 9, ({ records }) => String(records.length))),
    timeColumn(points),
    column(`${shortened(plainText(workUnit), cellLengthMax)}/s`, 2, ({ throughputPerSecond }) =>
      formatRate(throughputPerSecond.median).replace('/s', '').trim(),
    ),
    column('plain loop', 7, ({ baselineMs }) => orNothing(baselineMs, (plain) => formatDuration(plain.median))),
    column('speed-up', 1, (point) => orNothing(speedUpOf(point), ({ y }) => formatRatio(y))),
    column('efficiency', 3, (point) => orNothing(efficiencyOf(point), ({ y }) => formatShare(y))),
    column('latency p50', 5, (point) => latencyText(latencyOf(point).p50)),
    column('p99', 5, (point) => latencyText(latencyOf(point).p99)),
    column('CPU', 6, ({ records }) => formatShare(mean(records.map(({ cpuUtilization }) => cpuUtilization)))),
    column('memory', 8, ({ records }) =>
      formatBytes(Math.max(...records.map(({ peakMemoryBytes }) => peakMemoryBytes))),
    ),
    { ...onlyIfVaried(column('found', 4, findingOf)), align: 'left' as const },
    onlyIfAny(column('retries', 0, ({ records }) => retriesText(median(records.map(({ failures }) => failures))))),
  ];
  return columns.filter(({ cells }) => cells.some((cell) => cell !== ''));
}

/** What its runs found, in a word or two. */
export function findingOf({ records }: Point): string {
  const found = [...new Set(records.map(({ finding }) => plainText(finding)))].join(', ');
  return shortened(found, cellLengthMax);
}

function latencyText(ms: number): string {
  return ms > 0 ? formatDuration(ms) : '';
}

function retriesText(failures: number): string {
  return failures === 0 ? '' : formatCount(failures);
}

/** Whether the number of tasks is what the split says anyway. */
function splitsInto(points: readonly Point[], splitBy: string | null): boolean {
  return splitBy !== null && points.every(({ params, tasks }) => params[splitBy] === tasks);
}

const nothing = (column: FilledColumn): FilledColumn => ({ ...column, cells: column.cells.map(() => '') });

function onlyIfVaried(column: FilledColumn): FilledColumn {
  return new Set(column.cells).size > 1 ? column : nothing(column);
}

function onlyIfAny(column: FilledColumn): FilledColumn {
  return column.cells.some((cell) => cell !== '') ? column : nothing(column);
}
