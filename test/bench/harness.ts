// Measures variants side by side: interleaved in random order, repeated, summarised as experiments are.

import { type Summary, summarise } from '../../sdk/experiments/statistics.ts';

/** One thing to measure. */
export interface Variant {
  readonly name: string;
  /** Runs once and gives what was measured. */
  run(): Promise<number>;
  /** How often at most, where it is slow. */
  readonly roundsMax?: number;
}

/** What was measured of one variant. */
export interface Measured extends Summary {
  readonly name: string;
  readonly values: readonly number[];
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
  return new Map([...values].map(([name, got]) => [name, { name, values: got, ...summarise(got) }]));
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
