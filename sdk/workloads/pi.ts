// Monte Carlo: how many random points of a square lie in its circle.

import { setImmediate } from 'node:timers/promises';
import { loadZod } from '../lazy-zod.ts';
import { checkSplit, overParts, type Part, parts, sharedParams, smaller } from './split.ts';
import { defineWorkload } from './workload.ts';

/** So many points the plain loop draws at a stretch: some 50 ms. */
const stretch = 5_000_000;

/**
 * How many of the points `first` to `first + count` lie in the circle. A point is a function of its number and the seed, so
 * that the answer does not depend on the split. Shipped to workers by its source: uses nothing from outside.
 *
 * Source of the numbers: splitmix32, see `sdk/workloads/random-numbers.ts`.
 */
function hitsOf({ first, count, seed: start }: Part & { readonly seed: number }): number {
  let hits = 0;
  // Each point takes two steps of the sequence.
  let state = start + Math.imul(0x9e3779b9, 2 * first);
  for (let i = 0; i < count; i++) {
    state = (state + 0x9e3779b9) | 0;
    let x = state ^ (state >>> 16);
    x = Math.imul(x, 0x85ebca6b);
    x ^= x >>> 13;
    x = Math.imul(x, 0xc2b2ae35);
    x = (x ^ (x >>> 16)) >>> 0;
    state = (state + 0x9e3779b9) | 0;
    let y = state ^ (state >>> 16);
    y = Math.imul(y, 0x85ebca6b);
    y ^= y >>> 13;
    y = Math.imul(y, 0xc2b2ae35);
    y = (y ^ (y >>> 16)) >>> 0;
    if (x * x + y * y < 2 ** 64) hits++;
  }
  return hits;
}

/** From here on the numbers would come again. */
const pointsMax = 2 ** 31;

/** The workload `pi`. */
export const pi = defineWorkload({
  name: 'pi',
  summary: 'pi by random points: the share of a square that lies in its circle',
  params: () => {
    const { pcNum, seed, totalCount } = sharedParams();
    const z = loadZod();
    return z.object({
      totalCount: totalCount.max(pointsMax).default(20_000_000).describe('how many points are drawn'),
      pcNum: pcNum.default(10),
      seed,
    });
  },
  workUnit: 'points',
  warmup: (params) => smaller(params, 200_000),
  derive: checkSplit,
  async run(context) {
    const { totalCount: total, pcNum: count, seed: from } = context.params;
    let hits = 0;
    const of = parts(total, count).map((part) => ({ ...part, seed: from }));
    await overParts(context, hitsOf, { of, count }, (some) => {
      hits += some;
    });
    const estimate = (4 * hits) / total;
    return {
      tasks: count,
      work: total,
      finding: estimate.toFixed(5),
      note: `pi is about ${estimate}, from ${hits} of ${total} points in the circle`,
      details: { hits, estimate },
    };
  },
  async baseline({ params: { totalCount: total, seed: from }, signal, onProgress }) {
    let durationMs = 0;
    for (const { first, count } of parts(total, Math.ceil(total / stretch))) {
      signal.throwIfAborted();
      const start = performance.now();
      hitsOf({ first, count, seed: from });
      durationMs += performance.now() - start;
      onProgress(first / total);
      await setImmediate();
    }
    return { durationMs };
  },
});
