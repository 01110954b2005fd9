// Random choices that a seed decides.

import { shuffle } from 'simple-statistics';

/**
 * A stream of numbers in (0, 1) from a seed.
 *
 * Source: the generator mulberry32 by Tommy Ettinger (public domain): a Weyl sequence and a 32-bit mix. Enough for test
 * matrices and for orders of runs; nothing here needs better.
 */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

/** The items in an order that the seed decides. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  return shuffle([...items], randomNumbers(seed));
}
