// markov as a workload, for sweeps and the command.

import { InvalidArgumentError } from '../../errors.ts';
import { loadZod } from '../../lazy-zod.ts';
import { checkSplit, sharedParams, smaller } from '../split.ts';
import { defineWorkload, type JsonValue } from '../workload.ts';
import { baseline } from './baseline.ts';
import { type KernelName, kernelNames } from './kernels/kernel.ts';
import { selectKernel } from './kernels/select.ts';
import type { LimitAnalysis } from './limit.ts';
import { limitNote } from './limit-note.ts';
import { markov } from './markov.ts';
import { checkMatrix, matrixSizeMax, readMatrixFile, type TransitionMatrix } from './matrix.ts';

/** The user's own matrix, read anew each time: it may have changed. */
function matrixOf(given: string | number[][]): Promise<TransitionMatrix> | TransitionMatrix {
  return typeof given === 'string' ? readMatrixFile(given) : checkMatrix(given);
}

/** The workload `markov`. */
export const markovWorkload = defineWorkload({
  name: 'markov',
  summary:
    'the limiting distribution of a transition matrix: multiplies totalCount copies of it, split into pcNum tasks',
  params: () => {
    const { pcNum, seed, totalCount } = sharedParams();
    const z = loadZod();
    return z.object({
      matrixSize: z.int().min(1).max(matrixSizeMax).default(10).describe('states of a random matrix, n x n'),
      totalCount: totalCount.default(10_000_000).describe('how many matrices are multiplied together'),
      pcNum: pcNum.default(10),
      seed: seed.unwrap().nullable().default(1).describe('where the random matrix comes from'),
      kernel: z
        .enum(['auto', ...kernelNames])
        .default('auto')
        .describe('what multiplies'),
      combine: z
        .boolean()
        .default(false)
        .describe('multiply neighbouring products on the workers, so that fewer travel'),
      matrix: z
        .union([z.string(), z.array(z.array(z.number()))])
        .optional()
        .describe('your own matrix instead of a random one: its rows, or a .csv or .json file'),
    });
  },
  workUnit: 'multiplications',
  derive: async (params, given) => {
    checkSplit(params);
    const named = async (n: number): Promise<{ kernel: KernelName }> => ({
      kernel: (await selectKernel(n, params.kernel)).name,
    });
    if (params.matrix === undefined) {
      if (params.seed === null) throw new InvalidArgumentError('seed is a whole number, but for a matrix of your own');
      return { ...params, ...(await named(params.matrixSize)) };
    }
    if (given.seed !== undefined && given.seed !== null) {
      throw new InvalidArgumentError('seed is for a random matrix, and a matrix is given: leave one of them out');
    }
    const { n } = await matrixOf(params.matrix);
    if (given.matrixSize !== undefined && given.matrixSize !== n) {
      throw new InvalidArgumentError(
        `matrixSize ${given.matrixSize} does not fit the matrix, which has ${n} rows: leave it out`,
      );
    }
    return { ...params, ...(await named(n)), matrixSize: n, seed: null };
  },
  // Some milliseconds of multiplications, whatever their size.
  warmup: (params) => smaller(params, Math.max(16, Math.ceil(2e7 / params.matrixSize ** 3))),
  setup: ({ params }) => optionsOf(params),
  async run({ session, params: { pcNum: tasks, combine }, state, signal, onProgress }) {
    const result = await markov(session, {
      ...state,
      pcNum: tasks,
      combine,
      signal,
      onProgress: ({ multiplicationsDone, multiplicationsTotal }) =>
        onProgress(multiplicationsTotal === 0 ? 1 : multiplicationsDone / multiplicationsTotal),
    });
    const { multiplications, limit, durationMs } = result;
    return {
      tasks,
      work: multiplications,
      durationMs,
      finding: limit.verdict,
      note: limitNote(limit, result),
      details: { multiplications, limit: limitAsJson(limit) },
    };
  },
  async baseline({ params, signal }) {
    const { durationMs } = await baseline({ ...(await optionsOf(params)), signal });
    return { durationMs };
  },
});

interface OwnParams {
  readonly matrixSize: number;
  readonly totalCount: number;
  readonly seed: number | null;
  readonly kernel: string;
  readonly matrix?: string | number[][] | undefined;
}

/** What is multiplied. */
async function optionsOf({ matrixSize, totalCount, seed, kernel, matrix }: OwnParams) {
  return matrix === undefined
    ? { matrixSize, totalCount, seed: seed ?? 1, kernel }
    : { matrix: await matrixOf(matrix), totalCount, kernel };
}

function limitAsJson(limit: LimitAnalysis): JsonValue {
  const { rowSpread, residual, verdict, stationary } = limit;
  const measures = { verdict, stationary, rowSpread, residual };
  switch (limit.verdict) {
    case 'converged':
      return measures;
    case 'not-yet':
      return { ...measures, totalCountNeeded: limit.totalCountNeeded };
    case 'periodic':
      return { ...measures, period: limit.period };
    case 'depends-on-start':
      return { ...measures, classes: limit.classes.map((found) => ({ ...found, states: [...found.states] })) };
  }
}
