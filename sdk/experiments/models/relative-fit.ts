// Fits sums of non-negative terms to durations by their relative errors.
//
// A duration's error grows with it, so what is made small is the distance of logarithms. Models of durations are sums,
// such as work plus overhead, and no part of a duration is negative. The squares of a few wild points count linearly only.
//
// Sources: C. Lawson and R. Hanson, "Solving Least Squares Problems" (1974), chapter 23, for non-negative least squares, of
// which every support is tried here, since there are four terms at most; P. Huber, "Robust Estimation of a Location
// Parameter", Annals of Mathematical Statistics 35 (1964), for the wild points; Gauss-Newton steps for the logarithm.

import { median, sum } from 'simple-statistics';

/** A fitted sum. */
export interface RelativeFit {
  /** One for each term, none negative. */
  readonly coefficients: readonly number[];
  /** What the sum gives at each row. */
  readonly fitted: readonly number[];
  /** Logarithm of measured over fitted. */
  readonly deviations: readonly number[];
}

/**
 * Fits `coefficients` so that their sum over each row's terms comes near its target.
 *
 * @param rows - each row's terms, at most four, none negative.
 * @param targets - one above 0 for each row.
 * @returns the fit; undefined where no sum of the terms is above 0 at every row.
 */
export function fitRelative(rows: readonly (readonly number[])[], targets: readonly number[]): RelativeFit | undefined {
  const even = targets.map(() => 1);
  const start = fitNonNegative(
    rows.map((row, i) => row.map((term) => term / targets[i]!)),
    even,
    even,
  );
  const plain = evaluate(rows, targets, start);
  if (plain === undefined) return undefined;
  const fit = improve(rows, targets, plain, Number.POSITIVE_INFINITY);
  const spare = rows.length - start.length;
  // With fewer points to spare than these, what looks wild may be the shape of the curve.
  if (spare < 3) return fit;
  const usual = 1.4826 * median(fit.deviations.map(Math.abs)) * Math.sqrt(rows.length / spare);
  return improve(rows, targets, fit, Math.max(huber * usual, 1e-6));
}

/**
 * Fits the same rows to other targets that are not wild, from coefficients that are near already.
 *
 * @returns the fit; undefined where the start gives no sum above 0 at every row.
 */
export function refitRelative(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  start: readonly number[],
): RelativeFit | undefined {
  const from = evaluate(rows, targets, start);
  return from === undefined ? undefined : improve(rows, targets, from, Number.POSITIVE_INFINITY);
}

/** Huber's constant: 95 % as efficient as least squares when nothing is wild. */
const huber = 1.345;
const stepsMax = 12;

/** Gauss-Newton steps, each as long as it makes the loss smaller. */
function improve(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  start: RelativeFit,
  wildFrom: number,
): RelativeFit {
  const loss = ({ deviations }: RelativeFit): number =>
    sum(deviations.map((e) => (Math.abs(e) <= wildFrom ? e * e : wildFrom * (2 * Math.abs(e) - wildFrom))));
  let best = start;
  for (let step = 0; step < stepsMax; step++) {
    const { fitted, deviations, coefficients } = best;
    const target = fitNonNegative(
      rows.map((row, i) => row.map((term) => term / fitted[i]!)),
      deviations.map((deviation) => 1 + deviation),
      deviations.map((deviation) => Math.min(1, wildFrom / Math.abs(deviation || 1e-300))),
    );
    let next: RelativeFit | undefined;
    for (let length = 1; length > 0.01; length /= 2) {
      const tried = coefficients.map((from, i) => from + length * (target[i]! - from));
      next = evaluate(rows, targets, tried);
      if (next !== undefined && loss(next) < loss(best)) break;
      next = undefined;
    }
    if (next === undefined) break;
    const gain = loss(best) - loss(next);
    best = next;
    if (gain < 1e-6 * (1e-9 + loss(best))) break;
  }
  return best;
}

function evaluate(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  coefficients: readonly number[],
): RelativeFit | undefined {
  const fitted = rows.map((row) => row.reduce((total, term, i) => total + term * coefficients[i]!, 0));
  if (!fitted.every((value) => value > 0 && Number.isFinite(value))) return undefined;
  return { coefficients, fitted, deviations: targets.map((target, i) => Math.log(target / fitted[i]!)) };
}

/** Weighted non-negative least squares: the best of the supports whose own solution has no negative coefficient. */
function fitNonNegative(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  weights: readonly number[],
): number[] {
  const terms = rows[0]?.length ?? 0;
  const products = Array.from({ length: terms }, () => new Array<number>(terms).fill(0));
  const right = new Array<number>(terms).fill(0);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const [weight, target] = [weights[i]!, targets[i]!];
    for (let a = 0; a < terms; a++) {
      right[a]! += weight * row[a]! * target;
      for (let b = 0; b <= a; b++) products[a]![b]! += weight * row[a]! * row[b]!;
    }
  }
  let best = new Array<number>(terms).fill(0);
  let bestGain = 0;
  // All terms first: where their solution has no negative coefficient, no other support is better.
  for (let support = 2 ** terms - 1; support > 0; support--) {
    const chosen = [...right.keys()].filter((term) => (support >> term) & 1);
    const solution = solve(
      chosen.map((a) => chosen.map((b) => products[Math.max(a, b)]![Math.min(a, b)]!)),
      chosen.map((a) => right[a]!),
    );
    if (solution?.every((value) => value >= 0) !== true) continue;
    // At a least squares solution the loss is the targets' squares less this.
    const gain = sum(chosen.map((a, i) => solution[i]! * right[a]!));
    if (gain <= bestGain) continue;
    bestGain = gain;
    best = best.map(() => 0);
    for (const [i, a] of chosen.entries()) best[a] = solution[i]!;
    if (chosen.length === terms) break;
  }
  return best;
}

/** Solves for a symmetric positive definite matrix, by Cholesky; undefined where it is singular, or nearly. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const size = right.length;
  const scale = matrix.map((row, i) => Math.sqrt(row[i]!));
  if (!scale.every((value) => value > 0)) return undefined;
  const lower = matrix.map(() => new Array<number>(size).fill(0));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i]![j]! / scale[i]! / scale[j]!;
      for (let k = 0; k < j; k++) rest -= lower[i]![k]! * lower[j]![k]!;
      if (i !== j) lower[i]![j] = rest / lower[j]![j]!;
      else if (rest > 1e-9) lower[i]![i] = Math.sqrt(rest);
      else return undefined;
    }
  }
  const solution = right.map((value, i) => value / scale[i]!);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) solution[i]! -= lower[i]![k]! * solution[k]!;
    solution[i]! /= lower[i]![i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) solution[i]! -= lower[k]![i]! * solution[k]!;
    solution[i]! /= lower[i]![i]!;
  }
  return solution.map((value, i) => value / scale[i]!);
}
