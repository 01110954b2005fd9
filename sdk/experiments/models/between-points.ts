// How far a curve may be from what is believed of it between the points that were measured.
//
// Nothing was seen there: a cache, a limit of memory or a queue may bend the curve anywhere. So each stretch from one point to
// the next is drawn with a bow of its own, up or down, the longer the stretch the higher. How high curves bow is known
// beforehand about as well as one curve tells it, and is corrected by how far the points are off the formula, from each
// point to the next.
//
// Source of the form: the spread of a Brownian bridge grows with the square root of its length. Source of the correction: the
// posterior of a variance, A. Gelman and others, "Bayesian Data Analysis" (2013), 2.6. What is known beforehand was chosen so that
// the certainty that is stated holds over curves of many forms; a test draws them.

import { sum } from 'simple-statistics';
import type { Point } from '../point.ts';
import type { ErrorDraws } from './scatter.ts';

/** The square of how high a stretch bows over which the tasks grow e times, as a logarithm, before anything is seen. */
const usualVariance = 0.03 ** 2;
/** That is worth so many points more than the formula has unknowns. */
const usualFreedom = 2;

/** What is known of the curve between points. */
export interface Bows {
  /** The square of how high a stretch bows over which the tasks grow e times. */
  readonly variance: number;
  readonly freedom: number;
}

/**
 * Judges by the points how far the curve bows between them.
 *
 * @param points - ordered by their tasks.
 * @param deviations - logarithms of measured over fitted, a point each.
 * @param variances - how far each median may be off, squared.
 * @param unknowns - how many the formula has.
 */
export function bowsOf(
  points: readonly Point[],
  deviations: readonly number[],
  variances: readonly number[],
  unknowns: number,
): Bows {
  const left = Math.max(0, points.length - unknowns);
  const squares = points.slice(1).map(({ tasks }, i) => {
    const seen = (deviations[i + 1]! - deviations[i]!) ** 2 - variances[i]! - variances[i + 1]!;
    const length = Math.log(tasks / points[i]!.tasks);
    // In the middle of a bridge the variance is a quarter of what it is at the end of a way that nothing holds.
    return length > 0 ? Math.max(0, seen) / length / 4 : 0;
  });
  const freedom = usualFreedom + left;
  const seen = left === 0 ? 0 : sum(squares);
  return { variance: (usualFreedom * usualVariance + seen) / freedom, freedom };
}

/** One draw: how high each stretch from a point to the next bows, as a logarithm. */
export function drawBows({ variance, freedom }: Bows, points: readonly Point[], errors: ErrorDraws): number[] {
  const deviation = Math.sqrt(variance) * errors.deviationFactor(freedom);
  return points.slice(1).map(({ tasks }, i) => {
    const length = Math.max(0, Math.log(tasks / points[i]!.tasks));
    // More than that is beyond all measure.
    return Math.max(-5, Math.min(5, deviation * Math.sqrt(length) * errors.normal()));
  });
}
