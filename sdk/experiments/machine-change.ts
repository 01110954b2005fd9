// Whether the machine became faster or slower in the course of a sweep: what was measured again took another time than before.

import type { Point } from './point.ts';
import { compareSamples } from './statistics.ts';

/** As much is no reason to distrust a comparison in which 5 % are the same. */
const smallChange = 0.05;

/**
 * How many times as long a point took when it was measured again; undefined where that was not really another time.
 *
 * @param repeats - how many each measurement of a point has at most, by which their repeats tell them apart.
 */
export function machineChangeOf({ records }: Pick<Point, 'records'>, repeats: number): number | undefined {
  const passes = Map.groupBy(records, ({ repeat }) => Math.floor((repeat - 1) / repeats));
  const [first, ...later] = [...passes.values()].map((runs) => runs.map(({ durationMs }) => durationMs));
  for (const times of later) {
    const { ratio, isReal } = compareSamples(times, first ?? []);
    if (isReal && ratio !== undefined && Math.abs(ratio.value - 1) > smallChange) return ratio.value;
  }
  return undefined;
}
