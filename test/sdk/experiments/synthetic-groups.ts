// Groups of points along a known curve, with runs that scatter around it.

import type { PointGroup } from '../../../sdk/experiments/models/model.ts';
import type { RandomSamples } from './random-samples.ts';
import { pointOf } from './synthetic-points.ts';

/** How the runs of a group are drawn. */
export interface Scattered {
  readonly samples: RandomSamples;
  readonly repeats: number;
  /** Relative. */
  readonly deviation: number;
  /** The serial time; without it there are no baselines. */
  readonly serialMs?: number;
}

/** Points that differ in their split. */
export function splitGroup(
  splits: readonly number[],
  workers: number,
  curve: (tasks: number) => number,
  { samples, repeats, deviation, serialMs }: Scattered,
): PointGroup {
  const draw = (ms: number): number[] => samples.many(repeats, () => samples.around(ms, deviation));
  const serial = serialMs === undefined ? {} : { baselinesMs: draw(serialMs) };
  const points = splits.map((tasks) =>
    pointOf({ params: { totalCount: 1000, pcNum: tasks }, workers, tasks, durationsMs: draw(curve(tasks)), ...serial }),
  );
  return { params: { totalCount: 1000 }, workers, points };
}

/** Points that differ in their workers. */
export function workerGroup(
  counts: readonly number[],
  curve: (workers: number) => number,
  { samples, repeats, deviation, serialMs }: Scattered,
): PointGroup {
  const draw = (ms: number): number[] => samples.many(repeats, () => samples.around(ms, deviation));
  const serial = serialMs === undefined ? {} : { baselinesMs: draw(serialMs) };
  const params = { totalCount: 1000, pcNum: 64 };
  const points = counts.map((workers) =>
    pointOf({ params, workers, tasks: 64, durationsMs: draw(curve(workers)), ...serial }),
  );
  return { params, workers: undefined, points };
}
