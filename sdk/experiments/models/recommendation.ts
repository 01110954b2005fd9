// The split to choose, from the fitted formula and the measured points together.
//
// The formula knows what lies between the points, such as how few tasks divide among the workers; the points know what the
// formula misses. So the formula is moved onto the points, as far as their distance from it is more than the scatter
// of their runs, and by interpolation on the way from one point to the next, where it may bow (between-points.ts). Nothing
// outside of what was measured is chosen.
//
// Chosen is the split with the least expected regret over draws of how the curve may be in truth, so that in a flat valley
// it is the middle, which is safe, and not the lucky point. Sources: shrinkage, W. James and C. Stein, "Estimation with
// Quadratic Loss", Proceedings of the Fourth Berkeley Symposium 1 (1961); regret, L. Savage, "The Theory of Statistical Decision",
// Journal of the American Statistical Association 46 (1951).

import { sum } from 'simple-statistics';
import type { Point } from '../point.ts';
import { bowsOf, drawBows } from './between-points.ts';
import type { Estimate, PointGroup } from './model.ts';
import type { RelativeFit } from './relative-fit.ts';
import { ErrorDraws, intervalOf, type Misfit, type Scatter } from './scatter.ts';

/** The split to choose. */
export interface Recommendation {
  readonly best: number;
  /** All from the one to the other are within 5 % of the best. */
  readonly range: readonly [low: number, high: number];
  readonly bestMs: Estimate;
  readonly confidence: number;
  /** Splits between which and their neighbours a better one may be hidden; none where the runs leave no room for it. */
  readonly wanting: readonly number[];
  readonly fixedSplit: Estimate | undefined;
}

/** What a recommendation is made from. */
export interface RecommendationInput {
  /** Ordered by the split. */
  readonly group: PointGroup;
  readonly splitBy: string;
  readonly fit: RelativeFit;
  /** Fits as they might have been. */
  readonly fits: readonly RelativeFit[];
  readonly misfit: Misfit;
  readonly scatter: Scatter;
  /** The formula. */
  evaluate(coefficients: readonly number[], tasks: number): number;
}

/** Slower than the best by at most this is as good. */
const tolerance = 0.05;
/** A stretch of splits is as good as another whose regret is less by at most this. */
const hardlyWorse = 0.015;
/** A measured point is chosen when its regret is larger than the least by at most this. */
const measuredBonus = 0.005;
/** The split that the reference system has when nobody says otherwise. */
const fixedTasks = 10;
/** So many splits are looked at between the smallest and the largest. */
const gridSize = 80;

export function recommend(input: RecommendationInput): Recommendation {
  const { group, splitBy, fit, fits, evaluate } = input;
  const { points, workers = 1 } = group;
  const candidates = candidatesOf(points, splitBy, workers);
  const tasks = candidates.map((candidate) => candidate.tasks);
  const between = betweenPoints(points, tasks);
  const { kept, deviation } = correctionOf(input);
  const curveOf = (
    coefficients: readonly number[],
    corrections: readonly number[],
    bows: readonly number[] = [],
  ): number[] =>
    tasks.map((at, i) => evaluate(coefficients, at) * Math.exp(correctionAt(between[i]!, corrections, bows)));
  const centre = curveOf(
    fit.coefficients,
    fit.deviations.map((distance) => kept * distance),
  );
  const errors = new ErrorDraws();
  const bows = bowsOf(points, fit.deviations, input.scatter.medians, fit.coefficients.length);
  const curves = fits.map(({ coefficients, fitted }) =>
    // A formula that is fitted otherwise is corrected by what it then misses.
    curveOf(
      coefficients,
      fit.deviations.map(
        (distance, i) => kept * (distance + Math.log(fit.fitted[i]! / fitted[i]!)) + deviation[i]! * errors.normal(),
      ),
      drawBows(bows, points, errors),
    ),
  );
  if (curves.length === 0) curves.push(centre);
  const least = curves.map((curve) => Math.min(...curve));
  const regrets = candidates.map((_, i) => sum(curves.map((curve, k) => curve[i]! / least[k]! - 1)) / curves.length);
  const { choice, low, high } = choose(candidates, centre, regrets);
  const missing = curves.filter((curve, k) => curve[choice]! > (1 + tolerance) * least[k]!);
  const fixed = candidates.findIndex((candidate) => candidate.tasks === fixedTasks);
  const fixedValue = fixed < 0 ? 0 : centre[fixed]! / centre[choice]!;
  return {
    best: candidates[choice]!.value,
    range: [candidates[low]!.value, candidates[high]!.value],
    bestMs: {
      name: 'time at the best split',
      symbol: 'T(p*)',
      value: centre[choice]!,
      interval: intervalOf(
        curves.map((curve) => curve[choice]!),
        centre[choice]!,
      ),
      unit: 'ms',
    },
    confidence: 1 - missing.length / curves.length,
    wanting: wantingOf(
      missing.map((curve) => candidates[curve.indexOf(Math.min(...curve))]!),
      points,
      curves.length,
    ),
    fixedSplit:
      fixed < 0
        ? undefined
        : {
            name: 'time at 10 tasks over time at the best split',
            symbol: 'T(10) / T(p*)',
            value: fixedValue,
            interval: intervalOf(
              curves.map((curve) => curve[fixed]! / curve[choice]!),
              fixedValue,
            ),
            unit: '',
          },
  };
}

/**
 * The split to choose and the range around it. Where several stretches of splits are good, as multiples of the workers are
 * while tasks are few, the widest is taken of those whose best is hardly worse: there no care is needed to hit it.
 */
function choose(
  candidates: readonly Candidate[],
  centre: readonly number[],
  regrets: readonly number[],
): { choice: number; low: number; high: number } {
  const goodUpTo = (1 + tolerance) * Math.min(...centre);
  const stretches: { choice: number; low: number; high: number }[] = [];
  for (let low = 0; low < centre.length; low++) {
    if (centre[low]! > goodUpTo) continue;
    let high = low;
    while (high + 1 < centre.length && centre[high + 1]! <= goodUpTo) high++;
    const places = Array.from({ length: high - low + 1 }, (_, i) => low + i);
    const penalty = (i: number): number => regrets[i]! + (candidates[i]!.isMeasured ? 0 : measuredBonus);
    stretches.push({ choice: places.reduce((best, i) => (penalty(i) < penalty(best) ? i : best)), low, high });
    low = high;
  }
  const least = Math.min(...stretches.map(({ choice }) => regrets[choice]!));
  const width = ({ low, high }: { low: number; high: number }): number =>
    candidates[high]!.tasks / candidates[low]!.tasks;
  return stretches
    .filter(({ choice }) => regrets[choice]! <= least + hardlyWorse)
    .reduce((widest, stretch) => (width(stretch) > width(widest) ? stretch : widest));
}

/** In what share of the draws the best must be in a stretch between two points, so that another point there is worth its time. */
const wantingFrom = 0.02;
const wantingMax = 2;

/**
 * The middles of the stretches that hide the best most often, as round numbers.
 *
 * @param best - of each draw in which the choice is not within 5 % of it.
 */
function wantingOf(best: readonly Candidate[], points: readonly Point[], draws: number): number[] {
  const hidden = best.filter(({ isMeasured }) => !isMeasured);
  const stretches = Map.groupBy(hidden, ({ tasks }) => points.findIndex((point) => point.tasks > tasks));
  return [...stretches]
    .filter(([right, { length }]) => right > 0 && length >= wantingFrom * draws)
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, wantingMax)
    .map(([right]) => {
      const middle = Math.sqrt(points[right - 1]!.tasks * points[right]!.tasks);
      const [low, high] = [points[right - 1]!.tasks, points[right]!.tasks];
      const rounded = [1, 2].map((digits) => Number(middle.toPrecision(digits)));
      return rounded.find((count) => count > low && count < high) ?? Math.round(middle);
    })
    .sort((a, b) => a - b);
}

interface Candidate {
  /** Of the split parameter. */
  readonly value: number;
  readonly tasks: number;
  readonly isMeasured: boolean;
}

/** The splits to choose among: those measured, and where the parameter is the number of tasks, some between them. */
function candidatesOf(points: readonly Point[], splitBy: string, workers: number): Candidate[] {
  const byTasks = new Map<number, Candidate>();
  const isCount = points.every(({ params, tasks }) => params[splitBy] === tasks);
  if (isCount) {
    const [low, high] = [points[0]!.tasks, points.at(-1)!.tasks];
    const between = Array.from({ length: gridSize }, (_, i) => Math.round(low * (high / low) ** (i / (gridSize - 1))));
    // Tasks that divide evenly leave no worker waiting for the last one.
    const even = between.map((tasks) => Math.ceil(tasks / workers) * workers);
    // One more than that is the worst of its neighbourhood.
    const uneven = even.map((tasks) => tasks + 1);
    for (const tasks of [...between, ...even, ...uneven, fixedTasks]) {
      if (tasks >= low && tasks <= high) byTasks.set(tasks, { value: tasks, tasks, isMeasured: false });
    }
  }
  for (const { params, tasks } of points) {
    const value = params[splitBy];
    byTasks.set(tasks, { value: typeof value === 'number' ? value : tasks, tasks, isMeasured: true });
  }
  return [...byTasks.values()].sort((a, b) => a.tasks - b.tasks);
}

/** Where a candidate lies: in the stretch that ends at a point, so far on the way there by the logarithm of the tasks. */
interface Between {
  readonly right: number;
  readonly share: number;
}

function betweenPoints(points: readonly Point[], tasks: readonly number[]): Between[] {
  const places = points.map((point) => Math.log(point.tasks));
  return tasks.map((count) => {
    const place = Math.log(count);
    const right = Math.max(
      1,
      places.findIndex((other) => other >= place - 1e-12),
    );
    const [from, to] = [places[right - 1]!, places[right]!];
    return { right, share: to > from ? Math.min(1, Math.max(0, (place - from) / (to - from))) : 0 };
  });
}

/** The corrections of the two points, each as far as it is near, and the bow between them. */
function correctionAt({ right, share }: Between, corrections: readonly number[], bows: readonly number[]): number {
  const line = corrections[right - 1]! * (1 - share) + corrections[right]! * share;
  return line + (bows[right - 1] ?? 0) * Math.sin(Math.PI * share);
}

/** How much of a point's distance from the formula is kept, and how unsure what is kept is. */
function correctionOf({ misfit, scatter, fit }: RecommendationInput): { kept: number; deviation: number[] } {
  const squares = sum(fit.deviations.map((distance) => distance ** 2)) / fit.deviations.length;
  // With one run a point nothing tells scatter from distance: half each.
  if (scatter.freedom === 0) return { kept: 0.5, deviation: fit.deviations.map(() => Math.sqrt(squares / 2)) };
  const usual = sum([...scatter.medians]) / scatter.medians.length;
  const kept = misfit.beyond === 0 ? 0 : misfit.beyond / (misfit.beyond + usual);
  return { kept, deviation: scatter.medians.map((variance) => Math.sqrt(kept * variance)) };
}
