// The axes of a line plot: from where to where they go, and their ticks.

import type { LinePlotData, PlotPoint, PlotReference, PlotSeries } from './plot-data.ts';
import { type Scale, scaleOf } from './scale.ts';

/** What is compared with is in view unless the points would be pressed flat by it: so many times beyond their range. */
const referenceReach = 4;
/** On an axis on which ten times as much is as far everywhere, that is much more. */
const referenceReachLog = 1000;

/** Intervals are in view up to so many times beyond all that was measured. */
const intervalReach = 2;

/** The axis on which the points stand side by side. */
export function xScaleOf({ x, series }: LinePlotData, ticksMax: number): Scale {
  const values = series.flatMap(({ points }) => points.map((point) => point.x));
  const places = x.kind === 'ordinal' ? [x.names.length - 1] : values;
  const scale = scaleOf(x.kind, places, { tight: true, ticksMax });
  if (x.kind === 'ordinal') return scale;
  // What was measured is the best thing to read, where it is not too much; there is no half of a task or worker.
  const own = [...new Set(values)].sort((a, b) => a - b);
  const ticks = own.length <= ticksMax ? own : scale.ticks.filter((tick) => Number.isInteger(tick) || scale.max < 1);
  return { ...scale, ticks };
}

/**
 * The axis of what was measured, and of what that is compared with where it is near. Intervals widen it somewhat, no more: those
 * of two runs may reach a billion times as far, beside which nothing else could be read.
 */
export function yScaleOf(data: LinePlotData, ticksMax: number): Scale {
  const { y, series } = data;
  const [least, most] = measuredRange(series);
  const [lowest, highest] = [least / intervalReach, most * intervalReach];
  const intervals = series.flatMap(({ points }) =>
    points.flatMap(({ low, high }) => [Math.max(low, lowest), Math.min(high, highest)]),
  );
  const near = nearReferences(data).flatMap(({ points }) => points.map((point) => point.y));
  return scaleOf(y.kind, [least, most, ...intervals, ...near], { fromZero: true, ticksMax });
}

/** What is compared with and is in view: the points of it that are near what was measured. */
export function nearReferences({ y, series, references }: LinePlotData): PlotReference[] {
  const [least, most] = measuredRange(series);
  const isLog = y.kind === 'log';
  const reach = isLog ? referenceReachLog : referenceReach;
  const isNear = (value: number): boolean => value <= most * reach && (!isLog || value >= least / reach);
  return references.flatMap(({ label, points }) => {
    const near = points.filter((point) => isNear(point.y));
    return near.length === 0 ? [] : [{ label, points: near }];
  });
}

/** Whether intervals go so far that they may not be in view as a whole. */
export function hasFarIntervals(series: readonly PlotSeries[]): boolean {
  const [least, most] = measuredRange(series);
  return series.some(({ points }) =>
    points.some(({ low, high }) => low < least / intervalReach || high > most * intervalReach),
  );
}

/** What is in view of the interval of a point. */
export function intervalOn({ min, max }: Scale, { low, high }: PlotPoint): Pick<PlotPoint, 'low' | 'high'> {
  return { low: Math.max(low, min), high: Math.min(high, max) };
}

/** From the least to the most that was measured. What a latency has for an interval was measured, too. */
function measuredRange(series: readonly PlotSeries[]): [least: number, most: number] {
  const values = measuredOf(series);
  return [Math.min(...values), Math.max(...values)];
}

/** All that was measured, without what follows from it. */
export function measuredOf(series: readonly PlotSeries[]): number[] {
  return series.flatMap(({ points }) =>
    points.flatMap(({ y, between, high }) => (between === undefined ? [y] : [y, between, high])),
  );
}
