// What is to be compared, checked, and the points that come of it.

import { InvalidArgumentError } from '../../errors.ts';
import { checkInteger } from '../../task-options.ts';
import { checkMatrix, randomMatrix, type TransitionMatrix } from '../../workloads/markov/matrix.ts';
import { checkParameters } from '../../workloads/markov/partition.ts';

/** The most points of one comparison. */
const pointsMax = 10_000;
const repeatsMax = 10_000;

/** What is computed by all peers: each list in all combinations. */
export interface CompareParameters {
  /** Number of states n of a random matrix. Not needed when `matrix` is given. */
  readonly matrixSize?: number | readonly number[] | undefined;
  /** How many matrices are multiplied together. */
  readonly totalCount: number | readonly number[];
  /** Into how many parts that is split. */
  readonly pcNum: number | readonly number[];
  /** Where the random matrix comes from. @default 1 */
  readonly seed?: number | undefined;
  /** The user's own matrix: n rows of n probabilities. */
  readonly matrix?: readonly (readonly number[])[] | TransitionMatrix | undefined;
  /** Which code of ours multiplies: `auto`, `js`, `wasm` or `openblas`. @default auto */
  readonly kernel?: string | undefined;
}

/** Parameters that have passed every check. */
export interface CheckedComparison {
  readonly matrices: readonly TransitionMatrix[];
  readonly totalCounts: readonly number[];
  readonly pcNums: readonly number[];
  /** Null for the user's own matrix. */
  readonly seed: number | null;
  readonly kernel: string;
}

function listOf(value: number | readonly number[]): number[] {
  return [...new Set(typeof value === 'number' ? [value] : value)];
}

/** Checks parameters. @throws InvalidArgumentError saying what would be right. */
export function checkComparison(parameters: CompareParameters): CheckedComparison {
  const { matrix, seed = 1, kernel = 'auto' } = parameters;
  const totalCounts = listOf(parameters.totalCount);
  const pcNums = listOf(parameters.pcNum);
  const sizes = parameters.matrixSize === undefined ? undefined : listOf(parameters.matrixSize);
  if (matrix === undefined && sizes === undefined) {
    throw new InvalidArgumentError('A comparison needs a matrixSize, or a matrix');
  }
  const matrices = matrix === undefined ? (sizes ?? []).map((n) => randomMatrix(n, seed)) : [checkMatrix(matrix)];
  if (matrix !== undefined && sizes?.some((n) => n !== matrices[0]?.n)) {
    throw new InvalidArgumentError(
      `matrixSize is not that of the matrix, which has ${matrices[0]?.n} rows; leave it out`,
    );
  }
  const points = matrices.length * totalCounts.length * pcNums.length;
  if (points === 0 || points > pointsMax) {
    throw new InvalidArgumentError(`A comparison has from 1 to ${pointsMax} combinations of parameters, not ${points}`);
  }
  for (const { n } of matrices) for (const t of totalCounts) for (const p of pcNums) checkParameters(n, t, p);
  return { matrices, totalCounts, pcNums, seed: matrix === undefined ? seed : null, kernel };
}

/** Checks how it is measured. @throws InvalidArgumentError saying what would be right. */
export function checkRepeats(repeats: number, pointBudgetMs: number): void {
  checkInteger('repeats', repeats, 1, repeatsMax);
  if (!(pointBudgetMs >= 0)) {
    throw new InvalidArgumentError(`pointBudgetMs must be a number of milliseconds, 0 or more, got ${pointBudgetMs}`);
  }
}
