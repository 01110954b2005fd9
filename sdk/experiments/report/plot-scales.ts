// The axes of a line plot: from where to where they go, and their ticks.

import type { LinePlotData } from './plot-data.ts';
import { type Scale, scaleOf } from './scale.ts';

/** What is compared with is in view unless the points would be pressed flat by it: so many times their range. */
const referenceReach = 4;

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

/** The axis of what was measured: its intervals are in view, and what they are compared with where that is near. */
export function yScaleOf({ y, series, references }: LinePlotData, ticksMax: number): Scale {
  const values = series.flatMap(({ points }) => points.flatMap(({ y, low, high }) => [y, low, high]));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const near = references
    .flatMap(({ points }) => points.map((point) => point.y))
    .filter((value) => value <= most * referenceReach && (y.kind !== 'log' || value >= least / referenceReach));
  return scaleOf(y.kind, [...values, ...near], { fromZero: true, ticksMax });
}
