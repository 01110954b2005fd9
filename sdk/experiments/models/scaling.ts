// What more workers bring: speed-up and efficiency, Amdahl's serial fraction, and the Universal Scalability Law.
//
// Both laws are fitted to durations, not to speed-ups, so that what one worker takes is estimated too and its scatter does not
// shift all others. Both are sums of terms that cannot be negative: T(w) = A + B / w has the serial fraction A / (A + B), and
// w T(w) = T1 (1 + sigma (w - 1) + kappa w (w - 1)).
//
// Sources: G. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities", AFIPS
// 1967; N. Gunther, "Guerrilla Capacity Planning" (2007), chapters 4 to 6.

import { formatCount } from '../report/quantities.ts';
import { type Ratio, ratioOf } from '../statistics.ts';
import type { Estimate, Model, PointGroup } from './model.ts';
import { fitRelative, type RelativeFit } from './relative-fit.ts';
import { fitsOfDraws, intervalOf, type Misfit, misfitOf, scatterOf } from './scatter.ts';
import { factor, joinWarnings, percent, type Unsupported } from './words.ts';

/** What a number of workers brings. */
export interface SpeedUp {
  /** How many. */
  readonly workers: number;
  /** Serial time over duration. */
  readonly speedUp: Ratio;
  /** Speed-up over workers. */
  readonly efficiency: Ratio;
}

/** A law of how duration falls with the workers. */
export interface ScalingModel extends Model {
  /** Ordered by the workers; empty where there is neither a serial baseline nor a point with one worker. */
  readonly speedUps: readonly SpeedUp[];
  /** What the speed-ups are against. */
  readonly against: 'baseline' | 'one worker' | undefined;
  /** How long a run takes with so many workers by the formula, in milliseconds. */
  predictMs(workers: number): number;
}

/** Amdahl's law: a part of the work runs on one worker whatever there are. */
export interface AmdahlModel extends ScalingModel {
  readonly kind: 'amdahl';
  /** The part that runs on one worker, from 0 to 1. */
  readonly serialFraction: Estimate;
}

/** The Universal Scalability Law: workers wait for each other, and must agree with each other. */
export interface UslModel extends ScalingModel {
  readonly kind: 'usl';
  /** sigma: what waits for what is shared. */
  readonly contention: Estimate;
  /** kappa: what each pair of workers must agree on. */
  readonly coherency: Estimate;
  /** With so many workers it is fastest; undefined where the points do not show that there is such a number. */
  readonly peakWorkers: Estimate | undefined;
}

/** Speed-up and efficiency at each point, against the serial baseline, or without one against one worker. */
export function speedUpsOf({ points }: PointGroup): Pick<ScalingModel, 'speedUps' | 'against'> {
  const baseline = points[0]?.baselineMs;
  const serial = baseline ?? points.find(({ workers }) => workers === 1)?.durationMs;
  if (serial === undefined) return { speedUps: [], against: undefined };
  const speedUps = points.flatMap(({ workers, durationMs }) => {
    const speedUp = ratioOf(serial, durationMs);
    if (speedUp === undefined) return [];
    const { value, interval, coverage } = speedUp;
    const efficiency: Ratio = {
      value: value / workers,
      interval: [interval[0] / workers, interval[1] / workers],
      coverage,
    };
    return [{ workers, speedUp, efficiency }];
  });
  return { speedUps, against: baseline === undefined ? 'one worker' : 'baseline' };
}

interface Fitted {
  readonly fit: RelativeFit;
  readonly fits: readonly RelativeFit[];
  readonly misfit: Misfit;
}

function fitTerms(
  { points }: PointGroup,
  rowOf: (workers: number) => number[],
  name: string,
  countsLeast: number,
): Fitted | Unsupported {
  const counts = new Set(points.map(({ workers }) => workers)).size;
  if (counts < countsLeast) return { reason: `${name} needs ${countsLeast} numbers of workers at least` };
  const medians = points.map(({ durationMs }) => durationMs.median);
  if (!medians.every((median) => median > 0)) return { reason: `Durations of zero say nothing of ${name}` };
  const rows = points.map(({ workers }) => rowOf(workers));
  const fit = fitRelative(rows, medians);
  const misfit = fit === undefined ? undefined : misfitOf(fit, scatterOf(points));
  if (fit === undefined || misfit === undefined) {
    return { reason: `${name} needs more than one run a point, or one more number of workers` };
  }
  return { fit, fits: fitsOfDraws(rows, fit, misfit), misfit };
}

function estimate({ fit, fits }: Fitted, of: (c: readonly number[]) => number): Pick<Estimate, 'value' | 'interval'> {
  const value = of(fit.coefficients);
  return {
    value,
    interval: intervalOf(fits.map(({ coefficients }) => of(coefficients)).filter(Number.isFinite), value),
  };
}

/** With a larger serial fraction no number of workers brings one per cent. */
const serialFrom = 0.99;

/** Fits Amdahl's law to points that differ in their workers only. */
export function fitAmdahl(group: PointGroup): AmdahlModel | Unsupported {
  const rowOf = (workers: number): number[] => [1, 1 / workers];
  const fitted = fitTerms(group, rowOf, "Amdahl's law", 2);
  if ('reason' in fitted) return fitted;
  const fraction = ([serial, parallel]: readonly number[]): number => serial! / (serial! + parallel!);
  const serialFraction: Estimate = { name: 'serial fraction', symbol: 's', unit: '', ...estimate(fitted, fraction) };
  const total = ([serial, parallel]: readonly number[]): number => serial! + parallel!;
  const single: Estimate = { name: 'time on one worker', symbol: 'T1', unit: 'ms', ...estimate(fitted, total) };
  const { value, interval } = serialFraction;
  const limit =
    value > serialFrom
      ? 'more workers do not make it faster'
      : interval[0] > 0
        ? `more workers make it at most ${factor(1 / value)} times as fast as one`
        : 'it may be that nothing limits what more workers bring';
  return {
    kind: 'amdahl',
    title: "Amdahl's law",
    group,
    formula: 'T(w) = T1 (s + (1 - s) / w)',
    source:
      'Amdahl, Validity of the single processor approach to achieving large scale computing capabilities, AFIPS 1967',
    estimates: [serialFraction, single],
    sentence: `${percent(value)} of the time does not get shorter with more workers: ${limit}.`,
    warning: warningOf(group, fitted, 2),
    ...speedUpsOf(group),
    serialFraction,
    predictMs: (workers) => predict(fitted, rowOf(workers)),
  };
}

/** Fits the Universal Scalability Law to points that differ in their workers only. */
export function fitUsl(group: PointGroup): UslModel | Unsupported {
  // Of durations, so each term of w T(w) is over w.
  const rowOf = (workers: number): number[] => [1 / workers, (workers - 1) / workers, workers - 1];
  const fitted = fitTerms(group, rowOf, 'The Universal Scalability Law', 3);
  if ('reason' in fitted) return fitted;
  if (fitted.fit.coefficients[0] === 0) {
    return { reason: 'The Universal Scalability Law does not fit: more workers never make it faster' };
  }
  const contentionOf = ([single, sigma]: readonly number[]): number => sigma! / single!;
  const coherencyOf = ([single, , kappa]: readonly number[]): number => kappa! / single!;
  const contention: Estimate = { name: 'contention', symbol: 'sigma', unit: '', ...estimate(fitted, contentionOf) };
  const coherency: Estimate = { name: 'coherency', symbol: 'kappa', unit: '', ...estimate(fitted, coherencyOf) };
  const peakOf = (c: readonly number[]): number =>
    Math.max(1, Math.sqrt(Math.max(0, 1 - contentionOf(c)) / coherencyOf(c)));
  const peaks = fitted.fits.map(({ coefficients }) => peakOf(coefficients));
  const endless = peaks.filter((peak) => !Number.isFinite(peak)).length;
  const value = peakOf(fitted.fit.coefficients);
  const peakWorkers: Estimate | undefined =
    Number.isFinite(value) && endless < 0.025 * peaks.length
      ? {
          name: 'workers at the peak',
          symbol: 'w*',
          unit: '',
          value,
          interval: intervalOf(
            peaks.map((peak) => Math.min(peak, Number.MAX_VALUE)),
            value,
          ),
        }
      : undefined;
  const peak =
    peakWorkers === undefined
      ? 'no number of workers shows from which on more of them make it slower'
      : `it is fastest with about ${formatCount(Math.round(value))} ${Math.round(value) === 1 ? 'worker' : 'workers'}`;
  return {
    kind: 'usl',
    title: 'Universal Scalability Law',
    group,
    formula: 'T(w) = T1 (1 + sigma (w - 1) + kappa w (w - 1)) / w',
    source: 'Gunther, Guerrilla Capacity Planning, 2007, chapters 4 to 6',
    estimates: [contention, coherency, ...(peakWorkers === undefined ? [] : [peakWorkers])],
    sentence:
      `Each further worker costs ${percent(contention.value)} of the work by waiting for what is shared, and ` +
      `${percent(coherency.value)} for each other one that it must agree with: ${peak}.`,
    warning: warningOf(group, fitted, 3),
    ...speedUpsOf(group),
    contention,
    coherency,
    peakWorkers,
    predictMs: (workers) => predict(fitted, rowOf(workers)),
  };
}

function predict({ fit }: Fitted, row: readonly number[]): number {
  return row.reduce((total, term, i) => total + term * fit.coefficients[i]!, 0);
}

function warningOf({ points }: PointGroup, { misfit }: Fitted, terms: number): string | undefined {
  const counts = new Set(points.map(({ workers }) => workers)).size;
  const noisy = points.filter(({ durationMs }) => durationMs.isNoisy).length;
  return joinWarnings([
    counts === terms &&
      `${terms} numbers of workers fit this formula whatever they are: that it holds, and what more workers would bring, cannot be concluded`,
    misfit.isLarge &&
      `the formula misses the measured durations by ${percent(misfit.error)}, more than the runs scatter`,
    noisy > 0 && `${noisy} of ${points.length} points are too noisy to conclude from`,
  ]);
}
