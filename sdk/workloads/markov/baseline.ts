// The same computation as a plain loop in this process: no session, no tasks, no merge.

import { openKernel, selectKernel } from './kernels/select.ts';
import type { LimitAnalysis } from './limit.ts';
import { closeLimit, type MarkovParameters, prepare } from './parameters.ts';

/** What the plain loop took and found. */
export interface BaselineResult {
  /** Number of states n. */
  matrixSize: number;
  /** How many matrices were multiplied together. */
  totalCount: number;
  /** Where the random matrix came from; null for the user's own. */
  seed: number | null;
  /** Which code multiplied. */
  kernel: string;
  /** How long the loop took. */
  durationMs: number;
  /** Multiplications per second. */
  throughputPerSecond: number;
  /** How many were done: totalCount - 1. */
  multiplications: number;
  /** What the product says about the limit. */
  limit: LimitAnalysis;
}

/**
 * Multiplies the matrices in one loop in this process, which it blocks meanwhile.
 *
 * @param parameters - as for `markov`, without `pcNum`.
 * @returns what it took and found.
 * @throws InvalidArgumentError when a parameter is not of its form.
 * @example
 * ```ts
 * import { baseline } from 'gridbook';
 *
 * const { multiplications, limit } = await baseline({ matrixSize: 4, totalCount: 1000 });
 * console.log(multiplications, limit.verdict); // prints: 999 converged
 * ```
 */
export async function baseline(parameters: Omit<MarkovParameters, 'pcNum'>): Promise<BaselineResult> {
  const { matrix, totalCount, seed } = prepare({ ...parameters, pcNum: 1 });
  const kernel = openKernel(await selectKernel(matrix.n, parameters.kernel));
  kernel.setMatrix(matrix.values);
  const start = performance.now();
  const product = kernel.power(totalCount).slice();
  const durationMs = performance.now() - start;
  const multiplications = totalCount - 1;
  return {
    matrixSize: matrix.n,
    totalCount,
    seed,
    kernel: kernel.name,
    durationMs,
    throughputPerSecond: (multiplications / durationMs) * 1000,
    multiplications,
    limit: closeLimit(matrix, product, totalCount, kernel),
  };
}
