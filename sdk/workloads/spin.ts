// Tasks that keep a worker busy for a fixed time: how short a task may be before its cost is felt.

import { setImmediate } from 'node:timers/promises';
import { loadZod } from '../lazy-zod.ts';
import { overParts, sharedParams } from './split.ts';
import { defineWorkload } from './workload.ts';

/** How long the plain loop holds the process at a stretch, in milliseconds. */
const stretchMs = 50;

/** Keeps the thread busy for so many milliseconds. Shipped to workers by its source: uses nothing from outside. */
function spinFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function* repeated(ms: number, count: number): Generator<number, void, undefined> {
  for (let i = 0; i < count; i++) yield ms;
}

/** The workload `spin`. */
export const spin = defineWorkload({
  name: 'spin',
  summary: 'tasks that keep a worker busy for a fixed time',
  params: () => {
    const { pcNum } = sharedParams();
    const z = loadZod();
    return z.object({
      totalMs: z
        .number()
        .positive()
        .max(1e9)
        .default(1000)
        .describe('how long all tasks are busy together, in milliseconds'),
      pcNum: pcNum.default(100),
    });
  },
  warmup: ({ totalMs, pcNum: count }) => ({ totalMs: Math.min(totalMs, 20), pcNum: Math.min(count, 1000) }),
  workUnit: 'busy milliseconds',
  async run(context) {
    const { totalMs, pcNum: count } = context.params;
    await overParts(context, spinFor, { of: repeated(totalMs / count, count), count });
    return { tasks: count, work: totalMs };
  },
  async baseline({ params: { totalMs }, signal }) {
    let durationMs = 0;
    for (let left = totalMs; left > 0; left -= stretchMs) {
      signal.throwIfAborted();
      const start = performance.now();
      spinFor(Math.min(left, stretchMs));
      durationMs += performance.now() - start;
      await setImmediate();
    }
    return { durationMs };
  },
});
