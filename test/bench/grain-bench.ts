// METG(50%): the shortest task at which two workers keep half of their peak.
//
// Source of the measure: E. Slaughter et al., "Task Bench: A Parameterized Benchmark for Evaluating Parallel Runtime
// Performance" (SC 2020): minimum effective task granularity. Efficiency is against one shared serial baseline: the
// same iterations as a plain loop in this process, divided by the number of workers.

import { connect } from '../../sdk/index.ts';
import type { Bench, OpenBench } from './bench.ts';

/** Work that no compiler leaves out: a linear congruential generator, `iterations` steps of it. */
function spin(iterations: number): number {
  let state = 1;
  for (let i = 0; i < iterations; i++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}

const calibration = 20_000_000;
const workMs = 120;
const tasksMax = 60_000;
/** From 200 us down to 0.5 us, each two thirds of the one before. */
const grainsUs = Array.from({ length: 16 }, (_, i) => 200 * (2 / 3) ** i);

export const grain: Bench = {
  name: 'METG(50%)',
  about:
    'The shortest spinning task at which 2 workers keep half of their peak, over map; interpolated between grains.',
  unit: 'us',
  rounds: 7,
  async open(): Promise<OpenBench> {
    const session = await connect({ workers: 2 });
    const work = session.remote(spin);
    const metg = async (): Promise<number> => {
      spin(calibration / 10);
      const start = performance.now();
      spin(calibration);
      const iterationsPerUs = calibration / (performance.now() - start) / 1000;
      let before: { us: number; efficiency: number } | undefined;
      for (const us of grainsUs) {
        const count = Math.min(tasksMax, Math.round((workMs * 2000) / us));
        const iterations = Math.max(1, Math.round(us * iterationsPerUs));
        const begun = performance.now();
        await session.map(work, new Array<number>(count).fill(iterations), { ordered: false }).forEach(() => {});
        const efficiency = (count * us) / 1000 / 2 / (performance.now() - begun);
        if (efficiency < 0.5) {
          if (before === undefined) return us;
          const part = (before.efficiency - 0.5) / (before.efficiency - efficiency);
          return before.us * (us / before.us) ** part;
        }
        before = { us, efficiency };
      }
      return grainsUs.at(-1)!;
    };
    return {
      variants: [{ name: 'gridbook', run: metg }],
      comparisons: [],
      limits: [{ what: 'METG(50%) in microseconds', variant: 'gridbook', bar: { atMost: 5 } }],
      close: async () => {
        await session.close();
      },
    };
  },
};
