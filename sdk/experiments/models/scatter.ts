// How far the medians of runs, and what is fitted to them, may be off; and fits to measurements as they might have been.
//
// The runs of a point scatter around its median; relative to it, the points of one experiment scatter alike, so that three
// repeats at each of ten points tell the scatter well, which three repeats alone do not. Where a model misses the medians by
// more than that, the misses are the scatter: the intervals are then as wide as the model is wrong.
//
// Source: the parametric bootstrap, B. Efron and R. Tibshirani, "An Introduction to the Bootstrap" (1993), 6.5: the model is
// fitted again to durations drawn around the fit. Each draw has a scatter of its own, as unsure as it was estimated, so
// that few points give wide intervals, like Student's.

import { quantileSorted, sum } from 'simple-statistics';
import { randomNumbers } from '../../workloads/random-numbers.ts';
import type { Point } from '../point.ts';
import { type RelativeFit, refitRelative } from './relative-fit.ts';

/** A relative variance and how well it is known. */
interface Variance {
  readonly value: number;
  readonly freedom: number;
}

/** The relative scatter of points. */
export interface Scatter {
  /** Of the logarithm of each point's median, from its own runs' scatter. */
  readonly medians: readonly number[];
  /** Degrees of freedom of that; 0 where each point has one run. */
  readonly freedom: number;
}

/** The scatter of the points' medians. */
export function scatterOf(points: readonly Point[]): Scatter {
  let squares = 0;
  let freedom = 0;
  for (const { records } of points) {
    const logs = records.map(({ durationMs }) => Math.log(durationMs)).filter(Number.isFinite);
    if (logs.length < 2) continue;
    const average = sum(logs) / logs.length;
    squares += sum(logs.map((log) => (log - average) ** 2));
    freedom += logs.length - 1;
  }
  const variance = freedom === 0 ? 0 : squares / freedom;
  return { medians: points.map(({ records }) => medianVariance(variance, records.length)), freedom };
}

/**
 * The variance of a median: of one value its own, of many pi/2 times that of the mean. Between them within 3 % for odd
 * counts, above the truth for even ones. Source: A. Hojo, "Distribution of the Median, Quartiles and Interquartile
 * Distance in Samples from a Normal Population", Biometrika 23 (1931), has the exact ones.
 */
function medianVariance(variance: number, count: number): number {
  return (variance * Math.PI) / 2 / (count + Math.PI / 2 - 1);
}

/** What a fit leaves over. */
export interface Misfit {
  /** The variance of the logarithms around the fit. */
  readonly scatter: Variance;
  /** The variance around the fit beyond that of the medians; 0 where the runs' scatter explains all. */
  readonly beyond: number;
  /** Whether the fit misses the medians by clearly more than their runs scatter. */
  readonly isLarge: boolean;
  /** How far the fit is from the medians, as a relative error in the square mean. */
  readonly error: number;
}

/** So many times the runs' variance is clearly more than chance, from about two degrees of freedom on. */
const largeFrom = 4;

/**
 * Judges a fit by the runs' scatter.
 *
 * @returns undefined where neither runs nor points are enough to tell any scatter.
 */
export function misfitOf({ deviations, coefficients }: RelativeFit, { medians, freedom }: Scatter): Misfit | undefined {
  const used = coefficients.filter((value) => value > 0).length;
  const left = Math.max(0, deviations.length - used);
  const squares = sum(deviations.map((deviation) => deviation ** 2));
  const runs: Variance = { value: sum([...medians]) / medians.length, freedom };
  if (left === 0 && freedom === 0) return undefined;
  const points: Variance = { value: left === 0 ? 0 : squares / left, freedom: left };
  const isLarge = left > 0 && freedom > 0 && points.value > largeFrom * runs.value && points.value > 1e-12;
  const total = points.freedom + runs.freedom;
  const pooled = (points.value * points.freedom + runs.value * runs.freedom) / total;
  return {
    scatter: isLarge ? points : { value: pooled, freedom: total },
    beyond: left === 0 ? 0 : Math.max(0, points.value - runs.value),
    isLarge,
    error: Math.sqrt(squares / deviations.length),
  };
}

/** How many times a model is fitted again. */
const draws = 300;

/** Draws of relative errors, the same each time. */
export class ErrorDraws {
  readonly #random = randomNumbers(1);

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }

  /** How many times larger than estimated a deviation may be in truth, when its variance has so many degrees of freedom. */
  deviationFactor(freedom: number): number {
    if (freedom > 200) return 1;
    let squares = 0;
    for (let i = 0; i < freedom; i++) squares += this.normal() ** 2;
    return Math.sqrt(freedom / Math.max(squares, 1e-12));
  }
}

/** Fits to durations as they might have been measured, were the fit the truth. */
export function fitsOfDraws(
  rows: readonly (readonly number[])[],
  fit: RelativeFit,
  { scatter }: Misfit,
): RelativeFit[] {
  const errors = new ErrorDraws();
  const fits: RelativeFit[] = [];
  for (let i = 0; i < draws; i++) {
    const deviation = Math.sqrt(scatter.value) * errors.deviationFactor(scatter.freedom);
    // More than that is beyond all measure, and beyond what numbers hold.
    const drawn = fit.fitted.map((value) => value * Math.exp(Math.max(-20, Math.min(20, deviation * errors.normal()))));
    const again = refitRelative(rows, drawn, fit.coefficients);
    if (again !== undefined) fits.push(again);
  }
  return fits;
}

/** The 95 % interval of what draws came to, the estimate included. */
export function intervalOf(values: readonly number[], estimate: number): [low: number, high: number] {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return [estimate, estimate];
  return [Math.min(estimate, quantileSorted(sorted, 0.025)), Math.max(estimate, quantileSorted(sorted, 0.975))];
}
