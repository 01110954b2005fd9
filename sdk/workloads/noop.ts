// Tasks that do nothing: what a task costs, and nothing else.

import { loadZod } from '../lazy-zod.ts';
import { overParts, parts, sharedParams } from './split.ts';
import { defineWorkload } from './workload.ts';

/** The workload `noop`. */
export const noop = defineWorkload({
  name: 'noop',
  summary: 'tasks that do nothing: pure overhead',
  params: () => {
    const { pcNum } = sharedParams();
    const z = loadZod();
    return z.object({ pcNum: pcNum.default(10_000) });
  },
  warmup: ({ pcNum: count }) => ({ pcNum: Math.min(count, 1000) }),
  async run(context) {
    const { pcNum: count } = context.params;
    await overParts(context, () => {}, { of: parts(count, count), count });
    return { tasks: count, work: count };
  },
});
