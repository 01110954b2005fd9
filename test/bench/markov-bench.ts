// The reference computation: against a plain loop, against one worker, and against Ray with numpy in the same run.

import { openPeers } from '../../sdk/experiments/peers/open-peers.ts';
import { baseline, connect, markov, randomMatrix, type Session } from '../../sdk/index.ts';
import { type Bench, type Comparison, missingLines, type OpenBench } from './bench.ts';
import type { Variant } from './harness.ts';

const n = 10;
const pcNums = [1, 10, 10_000, 100_000];

function run(session: Session, totalCount: number, pcNum: number, combine = false): () => Promise<number> {
  return async () => {
    const { durationMs, limit } = await markov(session, { matrixSize: n, totalCount, pcNum, combine });
    if (limit.verdict !== 'converged') throw new Error(`The limit was not found: ${limit.verdict}`);
    return durationMs;
  };
}

async function openMarkov(
  totalCount: number,
  bars: readonly (number | undefined)[],
  more: (session: Session, single: Session) => { variants: Variant[]; comparisons: Comparison[] },
): Promise<OpenBench> {
  const session = await connect({ workers: 2 });
  const single = await connect({ workers: 1 });
  const { peers, missing, close } = await openPeers(['ray-tasks'], {});
  const matrix = randomMatrix(n, 1);
  const { signal } = new AbortController();
  const extra = more(session, single);
  const name = (pcNum: number): string => `pc_num ${pcNum}`;
  return {
    variants: [
      ...pcNums.map((pcNum) => ({ name: name(pcNum), run: run(session, totalCount, pcNum) })),
      {
        name: 'plain loop',
        run: async () => (await baseline({ matrixSize: n, totalCount })).durationMs,
      },
      ...extra.variants,
      ...peers.flatMap((ray) =>
        pcNums.map((pcNum) => ({
          name: `ray, ${name(pcNum)}`,
          roundsMax: 1,
          run: async () => (await ray.run({ matrix, totalCount, pcNum, kernel: 'auto', signal })).durationMs,
        })),
      ),
    ],
    comparisons: [
      { what: 'speed-up over the plain loop at pc_num 10', above: 'plain loop', below: name(10) },
      ...extra.comparisons,
      ...pcNums.map((pcNum, i): Comparison => {
        const bar = bars[i];
        return {
          what: `times faster than ray at pc_num ${pcNum}`,
          above: `ray, ${name(pcNum)}`,
          below: name(pcNum),
          ...(bar === undefined ? {} : { bar: { atLeast: bar } }),
        };
      }),
    ],
    missing: missingLines(missing),
    close: async () => {
      await Promise.all([session.close(), single.close(), close()]);
    },
  };
}

export const markovLarge: Bench = {
  name: 'markov, total 10,000,000',
  about:
    'n = 10 on 2 warm workers; every partial product travels to the client. Ray runs once. Not measured: starting the workers.',
  unit: 'ms',
  rounds: 9,
  open: () =>
    openMarkov(10_000_000, [9, 14, 20, 80], (session, single) => ({
      variants: [
        { name: 'pc_num 100000, combined', run: run(session, 10_000_000, 100_000, true) },
        { name: 'pc_num 100', run: run(session, 10_000_000, 100) },
        { name: 'pc_num 100, 1 worker', run: run(single, 10_000_000, 100) },
      ],
      comparisons: [
        {
          what: 'granularity tax: pc_num 100000 over 10',
          above: 'pc_num 100000',
          below: 'pc_num 10',
          bar: { atMost: 1.25 },
        },
        {
          what: 'the same, combined on the worker',
          above: 'pc_num 100000, combined',
          below: 'pc_num 10',
          bar: { atMost: 1.1 },
        },
        {
          what: '2 workers against 1, pc_num 100',
          above: 'pc_num 100, 1 worker',
          below: 'pc_num 100',
          bar: { atLeast: 1.85 },
        },
      ],
    })),
};

export const markovSmall: Bench = {
  name: 'markov, total 500,000',
  about: 'n = 10 on 2 warm workers; every partial product travels to the client. Ray runs once.',
  unit: 'ms',
  rounds: 9,
  open: () => openMarkov(500_000, [8, undefined, undefined, 200], () => ({ variants: [], comparisons: [] })),
};
