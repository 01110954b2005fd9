// The same computation as a plain loop in this process: no session, no tasks.

import { setImmediate } from 'node:timers/promises';
import { checkNames } from '../../task-options.ts';
import { openKernel, selectKernel } from './kernels/select.ts';
import type { LimitAnalysis } from './limit.ts';
import { closeLimit, type MarkovParameters, parameterNames, prepare } from './parameters.ts';

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

/** How the plain loop runs. */
export interface BaselineParameters extends Omit<MarkovParameters, 'pcNum'> {
  /** Ends it between two stretches. */
  signal?: AbortSignal | undefined;
  /** Called between stretches with how many of the multiplications are done. */
  onProgress?: ((progress: { multiplicationsDone: number; multiplicationsTotal: number }) => void) | undefined;
}

const known = new Set<string>([...parameterNames, 'signal', 'onProgress'].filter((name) => name !== 'pcNum'));

/** How long the loop holds the process at a stretch, in about so many multiply-adds of single numbers: some 50 ms. */
const stretchWork = 4e8;

/**
 * Multiplies the matrices in one loop in this process. Between stretches of some 50 ms it lets the process do what else
 * it has to do; that time is not counted.
 *
 * @param parameters - as for `markov`, without `pcNum`.
 * @returns what it took, and the limit.
 * @throws InvalidArgumentError when a parameter is not of its form; the signal's reason when it is aborted.
 * @example
 * ```ts
 * import { baseline } from 'gridbook';
 *
 * const { multiplications, limit } = await baseline({ matrixSize: 4, totalCount: 1000 });
 * console.log(multiplications, limit.verdict); // prints: 999 converged
 * ```
 */
export async function baseline(parameters: BaselineParameters): Promise<BaselineResult> {
  checkNames(parameters, known, 'baseline');
  const { signal, onProgress, ...rest } = parameters;
  const { matrix, totalCount, seed } = prepare({ ...rest, pcNum: 1 });
  const { n } = matrix;
  const kernel = openKernel(await selectKernel(n, parameters.kernel));
  kernel.setMatrix(matrix.values);
  const stretch = Math.max(1, Math.floor(stretchWork / n ** 3));
  let product: Float64Array | undefined;
  let durationMs = 0;
  for (let done = 0; done < totalCount; ) {
    signal?.throwIfAborted();
    const count = Math.min(stretch, totalCount - done);
    const start = performance.now();
    const power = kernel.power(count);
    product = product === undefined ? power.slice() : kernel.product(product, power).slice();
    durationMs += performance.now() - start;
    done += count;
    onProgress?.({ multiplicationsDone: done - 1, multiplicationsTotal: totalCount - 1 });
    if (done < totalCount) await setImmediate();
  }
  const multiplications = totalCount - 1;
  return {
    matrixSize: n,
    totalCount,
    seed,
    kernel: kernel.name,
    durationMs,
    throughputPerSecond: (multiplications / durationMs) * 1000,
    multiplications,
    limit: closeLimit(matrix, product ?? matrix.values.slice(), totalCount, kernel),
  };
}
