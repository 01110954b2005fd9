// The parameters of the workload, checked, and what every way of running it does with them.

import { InvalidArgumentError } from '../../errors.ts';
import type { Kernel } from './kernels/kernel.ts';
import { analyseLimit, type LimitAnalysis } from './limit.ts';
import { checkMatrix, normaliseRows, randomMatrix, type TransitionMatrix } from './matrix.ts';
import { checkParameters } from './partition.ts';

/** What is multiplied, how often, and into how many tasks that is split. */
export interface MarkovParameters {
  /** Number of states n: the matrix is n x n. Not needed when `matrix` is given. */
  matrixSize?: number | undefined;
  /** How many matrices are multiplied together. */
  totalCount: number;
  /** Into how many tasks. */
  pcNum: number;
  /** Where the random matrix comes from. @default 1 */
  seed?: number | undefined;
  /** The user's own matrix: n rows of n probabilities. */
  matrix?: readonly (readonly number[])[] | TransitionMatrix | undefined;
  /** `auto`, `js`, `wasm`, `wasm-simd`, `wasm-relaxed-simd` or `openblas`. @default auto */
  kernel?: string | undefined;
}

/** The names of the parameters. */
export const parameterNames = ['matrixSize', 'totalCount', 'pcNum', 'seed', 'matrix', 'kernel'] as const;

/** Parameters that have passed every check. */
export interface PreparedParameters {
  readonly matrix: TransitionMatrix;
  readonly totalCount: number;
  readonly pcNum: number;
  /** Null for the user's own matrix. */
  readonly seed: number | null;
}

/** Checks the parameters and makes the matrix. @throws InvalidArgumentError saying what would be right. */
export function prepare(parameters: MarkovParameters): PreparedParameters {
  const { matrixSize, totalCount, pcNum, seed = 1, matrix } = parameters;
  if (matrix !== undefined) {
    const own = checkMatrix(matrix);
    if (matrixSize !== undefined && matrixSize !== own.n) {
      throw new InvalidArgumentError(`matrixSize is ${matrixSize}, but the matrix has ${own.n} rows; leave it out`);
    }
    checkParameters(own.n, totalCount, pcNum);
    return { matrix: own, totalCount, pcNum, seed: null };
  }
  if (matrixSize === undefined) throw new InvalidArgumentError('markov needs a matrixSize, or a matrix');
  checkParameters(matrixSize, totalCount, pcNum);
  return { matrix: randomMatrix(matrixSize, seed), totalCount, pcNum, seed };
}

/** The limit read off a product whose rows are first brought to sum 1 once more. */
export function closeLimit(
  matrix: TransitionMatrix,
  product: Float64Array,
  totalCount: number,
  kernel: Kernel,
): LimitAnalysis {
  normaliseRows(matrix.n, product);
  return analyseLimit(matrix, product, totalCount, (left, right) => kernel.product(left, right));
}
