// From experiments to the lines of a plot: what stands on which axis, which points belong together, what to compare with.

import { type Point, runsWithLosses } from '../point.ts';
import { curveOf, recommendedOf } from './model-curve.ts';
import { parameterName, plainText, valueAt, valueText, varyingParameters } from './parameter-names.ts';
import type { LinePlotData, PlotAxis, PlotKind, PlotPoint, PlotReference, PlotSeries } from './plot-data.ts';
import { type PlotMeasure, plotMeasures } from './plot-measure.ts';
import { hasFarIntervals, measuredOf } from './plot-scales.ts';
import type { Plotted } from './plotted.ts';
import { isLogSpaced, needsLog } from './scale.ts';
import { labelOf } from './series-label.ts';

type LineKind = Exclude<PlotKind, 'breakdown'>;

/** Titles of plots, before what they are against. */
const titles: Readonly<Record<LineKind, string>> = {
  time: 'Time',
  throughput: 'Throughput',
  latency: 'Task latency',
  efficiency: 'Efficiency',
  speedup: 'Speed-up',
};

/** What a line plot of experiments shows. Some point must have what it shows. */
export function linePlotOf(plotted: readonly Plotted[], kind: LineKind): LinePlotData {
  const measure = plotMeasures[kind];
  const points = plotted.flatMap(({ points }) => points);
  const shown = points.filter((point) => measure.of(point) !== undefined);
  const varying = varyingParameters(shown);
  const xName = nameOnX(plotted, varying, measure);
  const x = axisOf(xName, shown);
  const place = (point: Point): number => placeOf(x, valueAt(point, xName));
  const series = plotted.flatMap((experiment) => {
    const others = varying.filter((name) => name !== xName);
    const groups = Map.groupBy(
      experiment.points.filter((point) => shown.includes(point)),
      (point) => JSON.stringify(others.map((name) => valueAt(point, name))),
    );
    return [...groups.values()].map((group) => {
      const label = labelOf(group[0]!, others, plotted.length > 1 ? experiment.name : '');
      return seriesOf({ label, group, place, measure, x, xName, experiment });
    });
  });
  const y: PlotAxis = {
    title: measure.title(workUnitOf(plotted)),
    kind: yKindOf(kind, x, series),
    quantity: measure.quantity,
    names: [],
  };
  return {
    type: 'lines',
    kind,
    title: `${titles[kind]} against ${x.title}`,
    caption: captionOf(kind, series),
    x,
    y,
    series,
    references: referencesOf({ kind, measure, shown, xName, place }),
  };
}

/** The parameter whose values stand on the x axis. */
function nameOnX(plotted: readonly Plotted[], varying: readonly string[], { against }: PlotMeasure): string {
  const splits = plotted.flatMap(({ splitBy }) => splitBy ?? []);
  const wanted = against === 'workers' ? ['workers', ...splits] : [...splits, 'workers'];
  const points = plotted.flatMap(({ points }) => points);
  // What differs between experiments only sets series apart.
  const within = new Set(plotted.flatMap(({ points }) => varyingParameters(points)));
  const candidates = within.size > 0 ? varying.filter((name) => within.has(name)) : varying;
  const isNumeric = (name: string): boolean => points.every((point) => typeof valueAt(point, name) === 'number');
  return wanted.find((name) => candidates.includes(name)) ?? candidates.find(isNumeric) ?? candidates[0] ?? wanted[0]!;
}

function axisOf(name: string, points: readonly Point[]): PlotAxis {
  const title = parameterName(name);
  const values = points.map((point) => valueAt(point, name));
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === values.length && new Set(numbers).size > 1) {
    return { title, kind: isLogSpaced(numbers) ? 'log' : 'linear', quantity: 'count', names: [] };
  }
  return { title, kind: 'ordinal', quantity: 'name', names: [...new Set(values.map(valueText))] };
}

function placeOf(axis: PlotAxis, value: ReturnType<typeof valueAt>): number {
  return axis.kind === 'ordinal' || typeof value !== 'number' ? axis.names.indexOf(valueText(value)) : value;
}

interface SeriesParts {
  readonly label: string;
  readonly group: readonly Point[];
  readonly place: (point: Point) => number;
  readonly measure: PlotMeasure;
  readonly x: PlotAxis;
  readonly xName: string;
  readonly experiment: Plotted;
}

function seriesOf({ label, group, place, measure, x, xName, experiment }: SeriesParts): PlotSeries {
  const points = group
    .flatMap((point): PlotPoint[] => {
      const of = measure.of(point);
      const warning = [
        ...(point.durationMs.isNoisy ? ['the runs scatter too much to conclude'] : []),
        ...(runsWithLosses(point).length > 0 ? ['workers were lost'] : []),
      ].join('; ');
      return of === undefined ? [] : [{ ...of, x: place(point), runs: point.records.length, warning }];
    })
    .sort((a, b) => a.x - b.x);
  const against = xName === experiment.splitBy ? 'split' : xName === 'workers' ? 'workers' : undefined;
  const isOnAxis = against !== undefined && x.kind !== 'ordinal';
  return {
    label,
    points,
    curve:
      isOnAxis && measure.isOfWhole
        ? curveOf(experiment.models, group, { isLog: x.kind === 'log', place, measure })
        : [],
    recommended:
      isOnAxis && against === 'split' && measure.isOfWhole ? recommendedOf(experiment.models, group) : undefined,
  };
}

function workUnitOf(plotted: readonly Plotted[]): string {
  const units = new Set(plotted.map(({ workUnit }) => plainText(workUnit)));
  return units.size === 1 ? [...units][0]! : 'work';
}

function yKindOf(kind: LineKind, x: PlotAxis, series: readonly PlotSeries[]): PlotAxis['kind'] {
  if (kind === 'efficiency') return 'linear';
  // Ideal speed-up is a straight line only where both axes are alike.
  if (kind === 'speedup') return x.title === 'workers' && x.kind === 'log' ? 'log' : 'linear';
  return needsLog(measuredOf(series)) ? 'log' : 'linear';
}

function captionOf(kind: LineKind, series: readonly PlotSeries[]): string {
  if (kind === 'latency') return 'Line: half of the tasks took at most this (p50); above it: up to p90 and p99';
  const hasRepeats = series.some(({ points }) => points.some(({ runs }) => runs > 1));
  if (!hasRepeats) return 'Points: one run each';
  const cut = hasFarIntervals(series) ? ', cut off at the frame' : '';
  return `Points: medians with their 95 % intervals${cut}`;
}

interface ReferenceParts {
  readonly kind: LineKind;
  readonly measure: PlotMeasure;
  readonly shown: readonly Point[];
  readonly xName: string;
  readonly place: (point: Point) => number;
}

function referencesOf({ kind, measure, shown, xName, place }: ReferenceParts): PlotReference[] {
  const places = [...new Set(shown.map(place))].sort((a, b) => a - b);
  const flat = (label: string, y: number): PlotReference => ({ label, points: places.map((x) => ({ x, y })) });
  if (kind === 'efficiency') return [flat('ideal', 1)];
  if (kind === 'speedup') {
    if (xName === 'workers') return [{ label: 'ideal', points: places.map((x) => ({ x, y: x })) }];
    const workers = [...new Set(shown.map((point) => point.workers))];
    return workers.length === 1 ? [flat('ideal', workers[0]!)] : [];
  }
  // A loop for each of several totals would be more lines than one reads.
  const loops = new Map(
    shown.flatMap((point) => (point.baselineMs ? [[point.baselineMs.median, point] as const] : [])),
  );
  const [loop] = loops;
  const y = loop && loops.size === 1 ? measure.ofDuration(loop[1], loop[0]) : undefined;
  return y === undefined ? [] : [flat('plain loop', y)];
}
