// Measures variants side by side: interleaved in random order, repeated, with a bootstrap interval of the median.
//
// Source of the interval: the percentile bootstrap, B. Efron and R. Tibshirani, "An Introduction to the Bootstrap" (1993),
// chapter 13, over medians of resamples.

import { median, quantileSorted, sampleWithReplacement } from 'simple-statistics';

/** One thing to measure. */
export interface Variant {
  readonly name: string;
  /** Runs once and gives what was measured. */
  run(): Promise<number>;
  /** How often at most, where it is slow. */
  readonly roundsMax?: number;
}

/** What was measured of one variant. */
export interface Measured {
  readonly name: string;
  readonly values: readonly number[];
  readonly median: number;
  /** The 95 % interval of the median. */
  readonly interval: readonly [number, number];
  /** How many values lie further than 3 median absolute deviations from the median. None is left out. */
  readonly outliers: number;
}

const resamples = 2000;

function intervalOf(statistics: number[]): [number, number] {
  const sorted = statistics.sort((a, b) => a - b);
  return [quantileSorted(sorted, 0.025), quantileSorted(sorted, 0.975)];
}

function summarise(name: string, values: readonly number[]): Measured {
  const data = [...values];
  const middle = median(data);
  const deviation = median(data.map((v) => Math.abs(v - middle)));
  const medians = Array.from({ length: resamples }, () => median(sampleWithReplacement(data, data.length)));
  return {
    name,
    values,
    median: middle,
    interval: intervalOf(medians),
    outliers: data.filter((v) => Math.abs(v - middle) > 3 * 1.4826 * deviation).length,
  };
}

/**
 * Measures variants: one round to warm up, then `rounds` rounds, each with all variants in random order.
 *
 * @param onRun - told before each run.
 */
export async function measure(
  variants: readonly Variant[],
  rounds: number,
  onRun: (name: string, round: number) => void,
): Promise<Map<string, Measured>> {
  const values = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const variant of shuffled(variants)) {
      const got = values.get(variant.name)!;
      const isWarmUp = round === 0 && variant.roundsMax === undefined;
      if (got.length >= (variant.roundsMax ?? rounds)) continue;
      onRun(variant.name, round);
      const value = await variant.run();
      if (!isWarmUp) got.push(value);
    }
  }
  return new Map([...values].map(([name, got]) => [name, summarise(name, got)]));
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** The ratio of two medians, with its bootstrap 95 % interval. */
export function ratioOf(above: Measured, below: Measured): { ratio: number; interval: [number, number] } {
  const [a, b] = [[...above.values], [...below.values]];
  const ratios = Array.from(
    { length: resamples },
    () => median(sampleWithReplacement(a, a.length)) / median(sampleWithReplacement(b, b.length)),
  );
  return { ratio: above.median / below.median, interval: intervalOf(ratios) };
}
