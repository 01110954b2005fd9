// What a handful of measurements say: the median with its interval, spread, outliers; and whether two handfuls differ.

import { mean, median, medianSorted, quantileSorted, sampleStandardDeviation } from 'simple-statistics';
import { InvalidArgumentError } from '../errors.ts';
import { medianInterval } from './median-interval.ts';

/** Values that so many per cent of a distribution are at most. */
export interface Percentiles {
  /** 10 %. */
  readonly p10: number;
  /** 25 %. */
  readonly p25: number;
  /** 75 %. */
  readonly p75: number;
  /** 90 %. */
  readonly p90: number;
  /** 99 %. */
  readonly p99: number;
}

/** A distribution, and how sure its median is. */
export interface Summary {
  /** How many values. */
  readonly count: number;
  /** Half of the values are at most this. */
  readonly median: number;
  /**
   * The 95 % interval of the median: with two to five values Student's of their logarithms, from six on the bootstrap's. A
   * single value has no interval: both ends are the value, and `coverage` is 0.
   */
  readonly interval: readonly [low: number, high: number];
  /** How often an interval of this kind holds the true median: 0.95, or 0 where there is one value only. */
  readonly coverage: number;
  /** The average. */
  readonly mean: number;
  /** The smallest value. */
  readonly min: number;
  /** The largest value. */
  readonly max: number;
  /** So many per cent of the values are at most this; between two values as far as the share lies between them. */
  readonly percentiles: Percentiles;
  /** The coefficient of variation, standard deviation over mean; 0 for fewer than two values. */
  readonly variation: number;
  /** The places of the values that are outliers. None is left out of anything. */
  readonly outliers: readonly number[];
  /** Whether the values scatter too much to conclude from them: the median's interval reaches further than 10 % from it. */
  readonly isNoisy: boolean;
}

/** Further than this from the median, as a share of it, an interval is too wide to conclude from. */
const noisyReach = 0.1;

/**
 * Summarises values.
 *
 * @param values - finite numbers, at least one.
 * @throws InvalidArgumentError when there is none, or one that is not finite.
 */
export function summarise(values: readonly number[]): Summary {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (values.length === 0 || wrong !== undefined) {
    const got = values.length === 0 ? 'none' : String(wrong);
    throw new InvalidArgumentError(`A summary is of one finite number or more; got ${got}`);
  }
  const sorted = values.toSorted((a, b) => a - b);
  const average = mean(sorted);
  const middle = medianSorted(sorted);
  const interval = medianInterval(sorted);
  const deviation = sorted.length < 2 || average === 0 ? 0 : sampleStandardDeviation(sorted) / Math.abs(average);
  return {
    count: sorted.length,
    median: middle,
    interval,
    coverage: sorted.length < 2 ? 0 : 0.95,
    mean: average,
    min: sorted[0]!,
    max: sorted.at(-1)!,
    percentiles: {
      p10: quantileSorted(sorted, 0.1),
      p25: quantileSorted(sorted, 0.25),
      p75: quantileSorted(sorted, 0.75),
      p90: quantileSorted(sorted, 0.9),
      p99: quantileSorted(sorted, 0.99),
    },
    variation: deviation,
    outliers: outliersOf(values, middle),
    isNoisy: interval[1] - interval[0] > 2 * noisyReach * Math.abs(middle),
  };
}

/**
 * The places of the values whose modified z-score is above 3.5.
 *
 * Source: B. Iglewicz and D. Hoaglin, "How to Detect and Handle Outliers" (1993). Where more than half of the values are
 * equal, the mean absolute deviation takes the place of the median absolute deviation, which is 0 there.
 */
function outliersOf(values: readonly number[], middle: number): number[] {
  const distances = values.map((value) => Math.abs(value - middle));
  const usual = median(distances);
  const scale = usual > 0 ? usual / 0.6745 : mean(distances) * 1.253314;
  return scale === 0 ? [] : [...distances.keys()].filter((place) => distances[place]! / scale > 3.5);
}

/** One median over another. */
export interface Ratio {
  /** The first median over the second. */
  readonly value: number;
  /** The 95 % interval. */
  readonly interval: readonly [low: number, high: number];
  /** How often such an interval holds the true ratio: 0.95, or 0 where one of the two is a single value. */
  readonly coverage: number;
}

/**
 * The ratio of two medians, with its interval; undefined where a value is not above 0.
 *
 * Source of the interval: G. Zou and A. Donner, "Construction of confidence limits about effect measures: A general
 * approach", Statistics in Medicine 27 (2008): what two intervals say of a difference, here of logarithms.
 */
export function ratioOf(above: Summary, below: Summary): Ratio | undefined {
  if (!(above.min > 0 && below.min > 0)) return undefined;
  const value = above.median / below.median;
  const reach = (one: number, other: number): number => Math.hypot(Math.log(one), Math.log(other));
  const { interval: a, median: middleA } = above;
  const { interval: b, median: middleB } = below;
  return {
    value,
    interval: [
      value / Math.exp(reach(middleA / a[0], b[1] / middleB)),
      value * Math.exp(reach(a[1] / middleA, middleB / b[0])),
    ],
    coverage: Math.min(above.coverage, below.coverage),
  };
}

/** Two samples beside each other. */
export interface SampleComparison {
  /** The median of the first over that of the second; undefined where a value is not above 0. */
  readonly ratio: Ratio | undefined;
  /** Whether the medians differ for certain: the ratio's 95 % interval leaves 1 out. */
  readonly isReal: boolean;
}

/**
 * Says whether two samples differ. By the interval of their ratio, so that the verdict and the interval never disagree: a
 * test on ranks or permutations could call no difference of two times three values real, since it gives them 0.1 at
 * least (2 of the 20 orders).
 */
export function compareSamples(a: readonly number[], b: readonly number[]): SampleComparison {
  const ratio = ratioOf(summarise(a), summarise(b));
  const isReal = ratio !== undefined && ratio.coverage > 0 && (ratio.interval[0] > 1 || ratio.interval[1] < 1);
  return { ratio, isReal };
}
