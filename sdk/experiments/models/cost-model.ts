// What splitting costs: time as work over workers, plus overhead a task, plus what starts it; and the split to choose.
//
// W ceil(p / w) / p is the time of the worker that has most of p equal tasks: the imbalance of few tasks is in it, and so
// are the workers that have none. c is what one more task adds to the whole: its call, its answer, its share of a merge that goes through
// all partial results. What of that runs beside the work on other threads adds nothing, so c is what is left to see; how
// it divides into call, answer and merge does not show in durations, since all of them grow with p. f shows only against
// a p that is not spread evenly over the workers; where there is none, or one worker only, f is left out, and is in W.
//
// Sources: the makespan of equal tasks, R. Graham, "Bounds on Multiprocessing Timing Anomalies", SIAM J. Applied
// Mathematics 17 (1969); a cost for each unit of parallelism against balance, P. Kruskal and A. Weiss, "Allocating
// Independent Subtasks on Parallel Processors", IEEE Transactions on Software Engineering 11 (1985).

import { parameterName } from '../report/parameter-names.ts';
import { formatCount, formatDuration } from '../report/quantities.ts';
import type { Estimate, Model, PointGroup } from './model.ts';
import { type Recommendation, recommend } from './recommendation.ts';
import { fitRelative } from './relative-fit.ts';
import { fitsOfDraws, intervalOf, type Misfit, misfitOf, scatterOf } from './scatter.ts';
import { factor, joinWarnings, percent, type Unsupported } from './words.ts';

/** Time as work over workers, plus overhead a task, plus a start. */
export interface CostModel extends Model {
  readonly kind: 'cost';
  /** The values of the split parameter within 5 % of the best: the smallest and the largest, and all between them. */
  readonly recommended: readonly [low: number, high: number];
  /** The value of the split parameter to choose. */
  readonly best: number;
  /** How long a run takes there, in milliseconds. */
  readonly bestMs: Estimate;
  /**
   * How likely `best` is within 5 % of the best of all splits between those that were measured, from 0 to 1: from how the runs
   * scatter, and how far the curve may be from the formula where nothing was measured.
   */
  readonly confidence: number;
  /**
   * Splits that were not measured and may hide a better one, so that to measure them would make the choice more certain;
   * none where no stretch between two points is likely to.
   */
  readonly wanting: readonly number[];
  /**
   * What 10 tasks take over what `best` takes: 10 is what the reference system, a program on Ray, splits into when nobody
   * says otherwise. Undefined where 10 is not between the splits that were measured.
   */
  readonly fixedSplit: Estimate | undefined;
  /**
   * How long a run takes by the formula, in milliseconds.
   *
   * @param tasks - into how many it is split.
   * @param workers - how many there are; as in the group where it is not given.
   * @returns milliseconds.
   */
  predictMs(tasks: number, workers?: number): number;
}

/** The share of the work that the busiest of the workers has. */
export function busiestShare(tasks: number, workers: number): number {
  return Math.ceil(tasks / workers) / tasks;
}

/** A choice that is less certain is warned of, and a sweep of a range goes on for it. */
export const certainEnough = 0.9;

/** The shares of the points must differ by so much, so that a start can be told from work. */
const distinctShares = 1.1;

/**
 * Fits the cost of splitting to points that differ in their split only.
 *
 * @param group - with `workers`; ordered by the split.
 * @param splitBy - the name of the split parameter.
 */
export function fitCost(group: PointGroup, splitBy: string): CostModel | Unsupported {
  const { points, workers = 1 } = group;
  const medians = points.map(({ durationMs }) => durationMs.median);
  if (new Set(points.map(({ tasks }) => tasks)).size < 3) {
    return { reason: `The cost of splitting needs three values of ${splitBy} at least` };
  }
  if (!medians.every((median) => median > 0))
    return { reason: 'Durations of zero say nothing of what splitting costs' };
  const shares = points.map(({ tasks }) => busiestShare(tasks, workers));
  const hasStart = Math.max(...shares) > distinctShares * Math.min(...shares) && workers > 1;
  const rowOf = (tasks: number, on: number): number[] => [busiestShare(tasks, on), tasks, ...(hasStart ? [1] : [])];
  const rows = points.map(({ tasks }) => rowOf(tasks, workers));
  const fit = fitRelative(rows, medians);
  const scatter = scatterOf(points);
  const misfit = fit === undefined ? undefined : misfitOf(fit, scatter);
  if (fit === undefined || misfit === undefined) {
    return { reason: `The cost of splitting needs more than one run a point, or a fourth value of ${splitBy}` };
  }
  const fits = fitsOfDraws(rows, fit, misfit);
  const evaluate = (coefficients: readonly number[], tasks: number, on = workers): number =>
    rowOf(tasks, on).reduce((sum, term, i) => sum + term * coefficients[i]!, 0);
  const recommendation = recommend({ group, splitBy, fit, fits, misfit, scatter, evaluate });
  const coefficient = (i: number): Pick<Estimate, 'value' | 'interval'> => {
    const value = fit.coefficients[i]!;
    return {
      value,
      interval: intervalOf(
        fits.map(({ coefficients }) => coefficients[i]!),
        value,
      ),
    };
  };
  const work: Estimate = { name: hasStart ? 'work' : 'work and start', symbol: 'W', unit: 'ms', ...coefficient(0) };
  const overhead: Estimate = { name: 'overhead a task', symbol: 'c', unit: 'ms', ...coefficient(1) };
  const start: Estimate[] = hasStart ? [{ name: 'start', symbol: 'f', unit: 'ms', ...coefficient(2) }] : [];
  return {
    kind: 'cost',
    title: 'Cost of splitting',
    group,
    formula: `T(p) = W ceil(p / w) / p + c p${hasStart ? ' + f' : ''}`,
    source:
      'Graham, Bounds on Multiprocessing Timing Anomalies, SIAM J. Applied Mathematics 17 (1969); ' +
      'Kruskal and Weiss, Allocating Independent Subtasks on Parallel Processors, IEEE Trans. Software Engineering 11 (1985)',
    estimates: [work, overhead, ...start, recommendation.bestMs, ...optional(recommendation.fixedSplit)],
    sentence: sentenceOf(splitBy, workers, [work, overhead, ...start], recommendation),
    warning: warningOf(group, splitBy, { overhead, misfit, hasStart, recommendation }),
    recommended: recommendation.range,
    best: recommendation.best,
    bestMs: recommendation.bestMs,
    confidence: recommendation.confidence,
    wanting: recommendation.wanting,
    fixedSplit: recommendation.fixedSplit,
    predictMs: (tasks, on) => evaluate(fit.coefficients, tasks, on),
  };
}

function optional(estimate: Estimate | undefined): Estimate[] {
  return estimate === undefined ? [] : [estimate];
}

function sentenceOf(
  splitBy: string,
  workers: number,
  [work, overhead, start]: readonly Estimate[],
  { best, range: [low, high], bestMs, confidence, fixedSplit }: Recommendation,
): string {
  const range = low === high ? 'none next to it' : `all from ${formatCount(low)} to ${formatCount(high)}`;
  const began = start === undefined || start.value === 0 ? '' : `, and ${formatDuration(start.value)} once`;
  const cost =
    overhead!.value === 0
      ? 'tasks cost nothing that shows'
      : `each task adds ${formatDuration(overhead!.value)}${began}`;
  const isSame = fixedSplit !== undefined && Math.abs(fixedSplit.value - 1) < 0.01;
  const fixed =
    fixedSplit === undefined || best === 10
      ? ''
      : ` A fixed split into 10, as the reference system has it, takes ${isSame ? 'as long' : `${factor(fixedSplit.value)} times as long`}.`;
  const certainty = confidence < certainEnough ? `, with ${percent(confidence)} certainty` : '';
  const share = `${formatDuration(work!.value)} of work is shared by ${workers === 1 ? '1 worker' : `${formatCount(workers)} workers`}`;
  return (
    `Choose ${parameterName(splitBy)} ${formatCount(best)}, which takes ${formatDuration(bestMs.value)}${certainty}; ` +
    `${range} ${low === high ? 'is' : 'are'} within 5 % of the best. ` +
    `${work!.value === 0 ? cost.replace(/^./, (letter) => letter.toUpperCase()) : `${share}; ${cost}`}.${fixed}`
  );
}

function wantingText(splitBy: string, wanting: readonly number[]): string {
  if (wanting.length === 0) return '';
  return `: the points are far apart, and ${parameterName(splitBy)} ${wanting.map(formatCount).join(' and ')} would show what is between them`;
}

function warningOf(
  { points }: PointGroup,
  splitBy: string,
  {
    overhead,
    misfit,
    hasStart,
    recommendation: { best, confidence, wanting },
  }: { overhead: Estimate; misfit: Misfit; hasStart: boolean; recommendation: Recommendation },
): string | undefined {
  const noisy = points.filter(({ durationMs }) => durationMs.isNoisy).length;
  // More points of such noise would show as little.
  const isNoisy = noisy > points.length / 2;
  const ends = points.map(({ params }) => params[splitBy]);
  const smallest = ends.some((value) => typeof value === 'number' && value < best);
  const largest = ends.some((value) => typeof value === 'number' && value > best);
  const unknowns = hasStart ? 3 : 2;
  return joinWarnings([
    points.length === unknowns &&
      `${unknowns} points fit the formula whatever they are: nothing tells whether it holds between them`,
    misfit.isLarge &&
      `the formula misses the measured durations by ${percent(misfit.error)}, more than the runs scatter; the choice follows the measured points`,
    confidence < certainEnough &&
      `the choice is within 5 % of the best with ${percent(confidence)} certainty only${isNoisy ? '' : wantingText(splitBy, wanting)}`,
    noisy > 0 && `${noisy} of ${points.length} points are too noisy to conclude from`,
    overhead.interval[0] === 0 &&
      `what a task adds is too little to tell from 0: larger values of ${parameterName(splitBy)} would show it`,
    !largest && `${formatCount(best)} is the largest that was measured: larger ones may be better`,
    !smallest && best > 1 && `${formatCount(best)} is the smallest that was measured: smaller ones may be better`,
  ]);
}
