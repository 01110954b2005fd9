// Measurements as machines give them, from a seed, with the median that they have in truth.

import { randomNumbers } from '../../../sdk/workloads/random-numbers.ts';

/** Draws numbers of the distributions that durations have. */
export class RandomSamples {
  readonly uniform: () => number;

  constructor(seed: number) {
    this.uniform = randomNumbers(seed);
  }

  /** Normal, with mean 0 and deviation 1. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Around a median, with relative deviation. */
  around(median: number, deviation: number): number {
    return median * Math.exp(deviation * this.normal());
  }

  many(count: number, draw: () => number): number[] {
    return Array.from({ length: count }, draw);
  }
}
