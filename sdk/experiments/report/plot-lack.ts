// What points lack for a plot, and which kinds of plots are worth their room in a report.

import type { Point } from '../point.ts';
import { varyingParameters } from './parameter-names.ts';
import { type PlotKind, plotKinds } from './plot-data.ts';
import { plotMeasures } from './plot-measure.ts';

/** What is missing for a plot; undefined where nothing is. */
export function lackOf(points: readonly Point[], kind: PlotKind): string | undefined {
  if (points.length === 0) return 'there are no runs yet';
  if (kind === 'breakdown') {
    const isTimed = points.some(({ records }) =>
      records.some(({ breakdownMs }) => Object.values(breakdownMs).some((ms) => ms > 0)),
    );
    return isTimed ? undefined : 'no task was timed';
  }
  const measure = plotMeasures[kind];
  if (points.some((point) => measure.of(point) !== undefined)) return undefined;
  return measure.needsBaseline
    ? 'the serial baseline was not measured; sweep a workload that has one, with its baseline'
    : 'no task was timed';
}

/** The plots of a report: those that can be drawn, and of which no other shows the same. */
export function reportKinds(points: readonly Point[]): PlotKind[] {
  const varying = varyingParameters(points);
  return plotKinds.filter((kind) => {
    if (lackOf(points, kind) !== undefined) return false;
    // On as many workers everywhere, speed-up is efficiency in another unit.
    if (kind === 'speedup') return varying.includes('workers');
    return kind === 'breakdown' || varying.length > 0;
  });
}
