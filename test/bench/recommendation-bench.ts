// Whether the recommended split holds: fresh runs at it beside fresh runs at the best split of a dense sweep.

import {
  type CostModel,
  connect,
  type Experiment,
  type Grid,
  type Session,
  sweep,
  type Workload,
  workloads,
} from '../../sdk/index.ts';
import type { Bench, OpenBench } from './bench.ts';
import type { Variant } from './harness.ts';

interface Case {
  readonly workload: Workload<never>;
  readonly fixed: Readonly<Record<string, number>>;
  /** What a user would sweep. */
  readonly coarse: `${number}..${number}:log`;
  /** Where the best is looked for. */
  readonly dense: `${number}..${number}:log:24`;
}

const cases: readonly Case[] = [
  {
    workload: workloads.markov,
    fixed: { matrixSize: 10, totalCount: 2_000_000 },
    coarse: '1..100000:log',
    dense: '1..100000:log:24',
  },
  { workload: workloads.pi, fixed: { totalCount: 20_000_000 }, coarse: '1..100000:log', dense: '1..100000:log:24' },
  { workload: workloads.spin, fixed: { totalMs: 200 }, coarse: '1..100000:log', dense: '1..100000:log:24' },
];

async function measured(
  { workload, fixed }: Case,
  pcNum: string | number,
  session: Session,
  repeats: number,
): Promise<Experiment> {
  const grid: Grid = { ...fixed, pcNum };
  // The workload is one of the list, and its parameters those beside it.
  return sweep(session, workload as Workload, grid, { repeats, precision: 0, baseline: false });
}

function isCost(model: { readonly kind: string }): model is CostModel {
  return model.kind === 'cost';
}

async function variantsOf(one: Case, session: Session): Promise<Variant[]> {
  const model = (await measured(one, one.coarse, session, 5)).models.find(isCost);
  if (model === undefined) throw new Error(`There is no cost model of ${one.workload.name}`);
  const { points } = await measured(one, one.dense, session, 5);
  const best = points.reduce((a, b) => (b.durationMs.median < a.durationMs.median ? b : a));
  const fresh = (name: string, pcNum: number): Variant => ({
    name: `${one.workload.name}, ${name}`,
    run: async () => (await measured(one, pcNum, session, 1)).records[0]!.durationMs,
  });
  process.stderr.write(`${one.workload.name}: recommended ${model.best}, best of the dense sweep ${best.tasks}\n`);
  return [fresh('recommended', model.best), fresh('best of a dense sweep', best.tasks)];
}

export const recommendation: Bench = {
  name: 'recommended pc_num',
  about:
    'The split that a sweep of 1, 2, 5, 10 … recommends, beside the best of a sweep of 24 splits; both measured anew, interleaved.',
  unit: 'ms',
  rounds: 15,
  async open(): Promise<OpenBench> {
    const session = await connect({ workers: 2 });
    const variants: Variant[] = [];
    for (const one of cases) variants.push(...(await variantsOf(one, session)));
    return {
      variants,
      comparisons: cases.map(({ workload: { name } }) => ({
        what: `${name}: recommended over best`,
        above: `${name}, recommended`,
        below: `${name}, best of a dense sweep`,
        bar: { atMost: 1.05 },
      })),
      close: () => session.close(),
    };
  },
};
