// What a product says, the same for every peer, and whether two peers found the same.

import { openKernel, selectKernel } from '../../workloads/markov/kernels/select.ts';
import { type LimitAnalysis, meanRow, spreadOf } from '../../workloads/markov/limit.ts';
import { normaliseRows, type TransitionMatrix } from '../../workloads/markov/matrix.ts';
import type { PeerFinding } from './peer.ts';

/** How far the numbers of two findings may be apart. */
export const differenceMax = 1e-9;

/** Reads a product. Its rows are brought to sum 1. */
export function findingOf(n: number, product: Float64Array): PeerFinding {
  normaliseRows(n, product);
  return { limit: meanRow(n, product), rowSpread: spreadOf(n, product) };
}

/** What an analysis found. */
export function findingOfAnalysis({ stationary, rowSpread }: LimitAnalysis): PeerFinding {
  return { limit: stationary, rowSpread };
}

/**
 * What all peers must find, by another way than any of them: the power by repeated squaring.
 *
 * Source of the method: D. Knuth, The Art of Computer Programming, vol. 2, section 4.6.3, binary method.
 */
export async function expectedFinding({ n, values }: TransitionMatrix, totalCount: number): Promise<PeerFinding> {
  const kernel = openKernel(await selectKernel(n));
  const product = (left: Float64Array, right: Float64Array): Float64Array => {
    const result = kernel.product(left, right).slice();
    normaliseRows(n, result);
    return result;
  };
  let power: Float64Array | undefined;
  let square = values;
  for (let left = totalCount; ; square = product(square, square)) {
    if (left % 2 === 1) power = power === undefined ? square.slice() : product(power, square);
    left = Math.floor(left / 2);
    if (left === 0) break;
  }
  return findingOf(n, power ?? values.slice());
}

/** How far two findings are apart: the largest difference of their numbers; NaN where they are not alike in form. */
export function differenceOf(a: PeerFinding, b: PeerFinding): number {
  const spread = Math.abs(a.rowSpread - b.rowSpread);
  const { limit } = b;
  // Where there is no limit, a mean of rows would be one by chance only.
  if (a.limit === null || limit === null) return spread;
  if (a.limit.length !== limit.length) return Number.NaN;
  return a.limit.reduce((most, p, i) => Math.max(most, Math.abs(p - limit[i]!)), spread);
}
