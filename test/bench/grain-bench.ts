// METG(50%): the shortest task at which two workers keep half of their peak.
//
// Source of the measure: E. Slaughter et al., "Task Bench: A Parameterized Benchmark for Evaluating Parallel Runtime
// Performance" (SC 2020): minimum effective task granularity. Efficiency is against one shared serial baseline: the
// same iterations as a plain loop in this process, divided by the number of workers.

import { connect, type Session } from '../../sdk/index.ts';
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

/** Measures the METG of a session with two workers, in microseconds. */
export function metgOf(session: Session): () => Promise<number> {
  const work = session.remote(spin);
  return async () => {
    spin(calibration / 10);
    const start = performance.now();
    spin(calibration);
    const iterationsPerUs = calibration / (performance.now() - start) / 1000;
    const efficiencies: { us: number; efficiency: number }[] = [];
    for (const us of grainsUs) {
      const count = Math.min(tasksMax, Math.round((workMs * 2000) / us));
      const iterations = Math.max(1, Math.round(us * iterationsPerUs));
      const begun = performance.now();
      await session.map(work, new Array<number>(count).fill(iterations), { ordered: false }).forEach(() => {});
      efficiencies.push({ us, efficiency: (count * us) / 1000 / 2 / (performance.now() - begun) });
    }
    // The finest grain that keeps half; one that was disturbed further up does not count against it.
    const finest = efficiencies.findLastIndex(({ efficiency }) => efficiency >= 0.5);
    const [kept, lost] = [efficiencies[finest], efficiencies[finest + 1]];
    if (kept === undefined) return grainsUs[0]!;
    if (lost === undefined) return kept.us;
    return kept.us * (lost.us / kept.us) ** ((kept.efficiency - 0.5) / (kept.efficiency - lost.efficiency));
  };
}

export const grain: Bench = {
  name: 'METG(50%)',
  about:
    'The shortest spinning task at which 2 workers keep half of their peak, over map; interpolated between grains.',
  unit: 'us',
  rounds: 7,
  async open(): Promise<OpenBench> {
    const session = await connect({ workers: 2 });
    return {
      variants: [{ name: 'gridbook', run: metgOf(session) }],
      comparisons: [],
      limits: [{ what: 'METG(50%) in microseconds', variant: 'gridbook', bar: { atMost: 5 } }],
      close: async () => {
        await session.close();
      },
    };
  },
};
