// What a handful of measurements say: the median with its interval, spread, outliers.

import { mean, median, quantileSorted, sampleStandardDeviation } from 'simple-statistics';

/** A distribution, and how sure its median is. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  /** The 95 % interval of the median. */
  readonly interval: readonly [low: number, high: number];
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Standard deviation over mean; 0 for fewer than two values. */
  readonly variation: number;
  /** The places of the values that are outliers. None is left out of anything. */
  readonly outliers: readonly number[];
  /** Whether the values scatter too much to conclude from them. */
  readonly isNoisy: boolean;
}

/** Summarises values, at least one. */
export function summarise(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const average = mean(sorted);
  return {
    count: sorted.length,
    median: median(sorted),
    interval: [quantileSorted(sorted, 0.025), quantileSorted(sorted, 0.975)],
    mean: average,
    min: sorted[0]!,
    max: sorted.at(-1)!,
    variation: sorted.length < 2 ? 0 : sampleStandardDeviation(sorted) / average,
    outliers: [],
    isNoisy: false,
  };
}
