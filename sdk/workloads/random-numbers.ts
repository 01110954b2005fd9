// Random choices that a seed decides.

import { shuffle } from 'simple-statistics';

/**
 * Numbers in [0, 1) from a seed.
 *
 * Source: splitmix32, the 32-bit form of G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom Number Generators"
 * (OOPSLA 2014), with the mix of murmur3. Enough for shuffles and resamples.
 */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** The items in an order that the seed decides. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  return shuffle([...items], randomNumbers(seed));
}
