// Reads the limit off a power of a transition matrix, and says whether there is one.

import { type ClosedClass, closedClasses } from './classes.ts';
import { normaliseRows, type TransitionMatrix } from './matrix.ts';
import { totalCountMax } from './partition.ts';

/** Rows that differ by no more than this are one distribution. */
export const convergedSpread = 1e-10;

/** From here on the bound tells the rate well: a larger one would ask for up to twice the count. */
const smallTau = 0.05;

/** What is known in every case. */
export interface LimitMeasures {
  /** How far the rows of the product still differ: the largest difference in a column. */
  readonly rowSpread: number;
  /** The largest entry of |pi P - pi| for the distribution read off the product; null where there is none. */
  readonly residual: number | null;
}

/** What the product of many copies of a transition matrix says about its limit. */
export type LimitAnalysis = LimitMeasures &
  (
    | {
        readonly verdict: 'converged';
        /** The limiting distribution, length n: wherever the chain starts, it ends up so. */
        readonly stationary: number[];
      }
    | {
        /** There is a limit, but this product has not reached it. */
        readonly verdict: 'not-yet';
        /** The best estimate so far, length n. */
        readonly stationary: number[];
        /** With so many matrices the rows would agree; null when no count would do, since rounding keeps them apart. */
        readonly totalCountNeeded: number | null;
      }
    | {
        /** No limit: the chain goes round for ever. */
        readonly verdict: 'periodic';
        readonly stationary: null;
        readonly period: number;
      }
    | {
        /** The limit depends on the start: the chain ends up in one of several classes. */
        readonly verdict: 'depends-on-start';
        readonly stationary: null;
        readonly classes: readonly ClosedClass[];
      }
  );

/**
 * Reads the limit off P^totalCount.
 *
 * @param matrix - P, n x n.
 * @param product - P^totalCount, n x n, row by row.
 * @param multiply - a fast product of two n x n matrices, for the estimate of a count that would do; plain loops without it.
 * @param totalCount - the power.
 * @returns the limiting distribution, or why there is none.
 * @example
 * ```ts
 * import { analyseLimit } from 'gridbook';
 *
 * const swap = { n: 2, values: Float64Array.of(0, 1, 1, 0) };
 * console.log(analyseLimit(swap, Float64Array.of(0, 1, 1, 0), 3).verdict); // prints: periodic
 * ```
 */
export function analyseLimit(
  matrix: TransitionMatrix,
  product: Float64Array,
  totalCount: number,
  multiply?: (left: Float64Array, right: Float64Array) => Float64Array,
): LimitAnalysis {
  const { n } = matrix;
  const rowSpread = spreadOf(n, product);
  const classes = closedClasses(matrix);
  const only = classes[0];
  if (classes.length > 1 || only === undefined) {
    return { verdict: 'depends-on-start', stationary: null, rowSpread, residual: null, classes };
  }
  if (only.period > 1) {
    return { verdict: 'periodic', stationary: null, rowSpread, residual: null, period: only.period };
  }
  const stationary = meanRow(n, product);
  const residual = residualOf(matrix, stationary);
  if (rowSpread <= convergedSpread) return { verdict: 'converged', stationary, rowSpread, residual };
  const needed = countNeeded(matrix, multiply ?? ((left, right) => plainProduct(n, left, right)));
  // So many have been multiplied already: what still keeps the rows apart is rounding, which more would not mend.
  const totalCountNeeded = needed === null || needed <= totalCount ? null : needed;
  return { verdict: 'not-yet', stationary, rowSpread, residual, totalCountNeeded };
}

/** How far the rows of an n x n matrix differ: the largest difference in a column. */
export function spreadOf(n: number, product: Float64Array): number {
  let spread = 0;
  for (let j = 0; j < n; j++) {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      const p = product[i * n + j]!;
      if (p < least) least = p;
      if (p > most) most = p;
    }
    spread = Math.max(spread, most - least);
  }
  return spread;
}

/** The mean of the rows, with sum 1. */
export function meanRow(n: number, product: Float64Array): number[] {
  const mean = new Array<number>(n).fill(0);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) mean[j]! += product[i * n + j]!;
  const sum = mean.reduce((a, b) => a + b, 0);
  return mean.map((p) => p / sum);
}

function residualOf({ n, values }: TransitionMatrix, distribution: readonly number[]): number {
  const next = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) next[j]! += distribution[i]! * values[i * n + j]!;
  return next.reduce((most, p, j) => Math.max(most, Math.abs(p - distribution[j]!)), 0);
}

/**
 * How many matrices bring the rows together.
 *
 * Source: R. Dobrushin's coefficient tau(P) = max over rows i, k of half the sum over j of |P_ij - P_kj|, which bounds
 * the row spread and is submultiplicative: tau(AB) <= tau(A) tau(B); E. Seneta, Non-negative Matrices and Markov Chains,
 * 2nd ed. 1981, section 4.3. P is squared until a bound of tau is small; then tau(P^(mk)) <= tau(P^m)^k.
 */
function countNeeded(
  { n, values }: TransitionMatrix,
  multiply: (left: Float64Array, right: Float64Array) => Float64Array,
): number | null {
  let power = values;
  for (let count = 1; count <= totalCountMax; count *= 2) {
    const tau = dobrushinBound(n, power);
    if (tau <= convergedSpread) return count;
    if (tau < smallTau) return Math.ceil(Math.log(convergedSpread) / Math.log(tau)) * count;
    power = multiply(power, power).slice();
    normaliseRows(n, power);
  }
  return null;
}

/** At least tau and at most twice that: two rows differ by no more than both differ from the mean row. */
function dobrushinBound(n: number, values: Float64Array): number {
  const mean = meanRow(n, values);
  let most = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += Math.abs(values[i * n + j]! - mean[j]!);
    most = Math.max(most, sum);
  }
  return most;
}

function plainProduct(n: number, left: Float64Array, right: Float64Array): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = left[i * n + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j]! += factor * right[k * n + j]!;
    }
  }
  return out;
}
