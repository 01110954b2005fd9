// Two solvers of pi P = pi that take no powers of P and share no code with what they judge.

/**
 * By elimination without subtraction, so that no digit is lost.
 *
 * Source: W. Grassmann, M. Taksar and D. Heyman, Regenerative analysis and steady state distributions for Markov chains,
 * Operations Research 33(5), 1985.
 */
export function byElimination(n: number, values: Float64Array): number[] {
  const a = values.slice();
  for (let k = n - 1; k > 0; k--) {
    let out = 0;
    for (let j = 0; j < k; j++) out += a[k * n + j]!;
    if (out === 0) throw new Error(`State ${k} never goes to a lower one`);
    for (let i = 0; i < k; i++) {
      const factor = a[i * n + k]! / out;
      a[i * n + k] = factor;
      for (let j = 0; j < k; j++) a[i * n + j]! += factor * a[k * n + j]!;
    }
  }
  const pi = [1];
  for (let j = 1; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < j; i++) sum += pi[i]! * a[i * n + j]!;
    pi.push(sum);
  }
  return toSumOne(pi);
}

/** The eigenvector of the transpose for the eigenvalue 1, by inverse iteration with a shift just beside 1. */
export function byInverseIteration(n: number, values: Float64Array): number[] {
  const rows = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n }, (_, j) => values[j * n + i]! - (i === j ? 1 + 1e-9 : 0)),
  );
  // LU in place with row exchanges.
  const order = Array.from({ length: n }, (_, i) => i);
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    [order[k], order[pivot]] = [order[pivot]!, order[k]!];
    for (let i = k + 1; i < n; i++) {
      const row = rows[i]!;
      const factor = row[k]! / rows[k]![k]!;
      row[k] = factor;
      for (let j = k + 1; j < n; j++) row[j]! -= factor * rows[k]![j]!;
    }
  }
  let pi = new Array<number>(n).fill(1 / n);
  for (let round = 0; round < 6; round++) {
    const x = order.map((from) => pi[from]!);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) x[i]! -= rows[i]![j]! * x[j]!;
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) x[i]! -= rows[i]![j]! * x[j]!;
      x[i]! /= rows[i]![i]!;
    }
    pi = toSumOne(x);
  }
  return pi;
}

function toSumOne(x: readonly number[]): number[] {
  const sum = x.reduce((a, b) => a + b, 0);
  return x.map((p) => p / sum);
}

/** The largest difference between two vectors; infinite when their lengths differ or a number is not one. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= most)) most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return most;
}
