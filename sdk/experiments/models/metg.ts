// METG(50%), the minimum effective task granularity: the shortest task at which efficiency stays above half.
//
// Efficiency is the serial baseline over workers times duration, so that all that splitting costs counts, and a task's
// length is its share of the baseline: what it would take without the system around it. Points with fewer tasks than workers
// are left out: there it is workers without a task that cost efficiency, not short tasks.
//
// Source: E. Slaughter et al., "Task Bench: A Parameterized Benchmark for Evaluating Parallel Runtime Performance", SC 2020.

import type { Point } from '../point.ts';
import { formatDuration } from '../report/quantities.ts';
import type { Estimate, Model, PointGroup } from './model.ts';
import { ErrorDraws, intervalOf, type Scatter, scatterOf } from './scatter.ts';
import { joinWarnings, percent, type Unsupported } from './words.ts';

/** The shortest task at which efficiency stays above half. */
export interface MetgModel extends Model {
  readonly kind: 'metg';
  /** The shortest task that keeps half the efficiency, in milliseconds. */
  readonly metg: Estimate;
  /** Whether efficiency never fell to half: then `metg` is the shortest task that was measured, and the true one is shorter. */
  readonly isUpperBound: boolean;
  /** The efficiency at each point that counts, by the length of its tasks, the longest first. */
  readonly efficiencies: readonly TaskEfficiency[];
}

/** How well workers are used with tasks of a length. */
export interface TaskEfficiency {
  /** Into how many the work was split. */
  readonly tasks: number;
  /** The serial time of a task, in milliseconds. */
  readonly taskMs: number;
  /** The serial baseline over workers times duration. */
  readonly efficiency: number;
}

const half = 0.5;
const draws = 400;

/** Finds METG(50%) among points that differ in their split only. */
export function fitMetg(group: PointGroup): MetgModel | Unsupported {
  const { workers = 1 } = group;
  const points = group.points.filter(({ tasks }) => tasks >= workers);
  const baseline = points[0]?.baselineMs;
  if (group.points.length === 0 || group.points[0]!.baselineMs === undefined) {
    return { reason: 'METG needs the serial baseline beside the runs: efficiency is measured against it' };
  }
  if (new Set(points.map(({ tasks }) => tasks)).size < 2 || baseline === undefined) {
    return { reason: `METG needs two splits at least into ${workers} tasks or more, one for each worker` };
  }
  if (!(baseline.median > 0) || !points.every(({ durationMs }) => durationMs.median > 0)) {
    return { reason: 'Durations of zero have no efficiency' };
  }
  const efficiencies = points
    .map(({ tasks, durationMs }) => ({
      tasks,
      taskMs: baseline.median / tasks,
      efficiency: baseline.median / (workers * durationMs.median),
    }))
    .sort((a, b) => a.tasks - b.tasks);
  const best = Math.max(...efficiencies.map(({ efficiency }) => efficiency));
  if (!(efficiencies[0]!.efficiency > half)) {
    return {
      reason:
        best > half
          ? 'METG needs longer tasks: efficiency is below half already at the longest that were measured'
          : `Efficiency is nowhere above half, ${percent(best)} at most: METG is longer than the longest task, ${formatDuration(efficiencies[0]!.taskMs)}`,
    };
  }
  const value = crossing(efficiencies);
  const shortest = efficiencies.at(-1)!.taskMs;
  const metgMs = value ?? shortest;
  const scatter = scatterOf(points);
  const { freedom } = scatter;
  const drawn = drawnCrossings(points, efficiencies, scatter);
  const [low, high] = intervalOf(
    drawn.map((at) => at ?? 0),
    metgMs,
  );
  const metg: Estimate = {
    name: 'shortest task with half the efficiency',
    symbol: 'METG(50%)',
    value: metgMs,
    interval: [value === undefined ? 0 : low, high],
    unit: 'ms',
  };
  return {
    kind: 'metg',
    title: 'Shortest effective task',
    group,
    formula: 'METG(50%) = the shortest B / p with B / (w T(p)) > 1/2',
    source:
      'Slaughter et al., Task Bench: A Parameterized Benchmark for Evaluating Parallel Runtime Performance, SC 2020',
    estimates: [metg],
    sentence:
      value === undefined
        ? `Workers are used to more than half with all tasks that were measured, the shortest of ${formatDuration(shortest)}.`
        : `Tasks of ${formatDuration(metgMs)} and longer use the workers to more than half; shorter ones cost more than they do.`,
    warning: joinWarnings([
      value === undefined && 'efficiency never fell to half: the true value is shorter; a finer split would show it',
      value !== undefined && low === 0 && 'the runs scatter so much that efficiency may not have fallen to half at all',
      freedom === 0
        ? 'each point was run once, which does not say how far this may be off'
        : baseline.coverage === 0 && 'the serial baseline was run once only',
      points.some(({ durationMs }) => durationMs.isNoisy) && 'some points are too noisy to conclude from',
    ]),
    metg,
    isUpperBound: value === undefined,
    efficiencies,
  };
}

/** The length of task at which efficiency first falls to half, from long tasks on; undefined where it never does. */
function crossing(efficiencies: readonly TaskEfficiency[]): number | undefined {
  const below = efficiencies.findIndex(({ efficiency }) => efficiency <= half);
  if (below < 0) return undefined;
  const { taskMs, efficiency } = efficiencies[below]!;
  const before = efficiencies[below - 1];
  if (before === undefined) return taskMs;
  const share = (before.efficiency - half) / (before.efficiency - efficiency);
  return before.taskMs * (taskMs / before.taskMs) ** share;
}

/** The crossing in measurements as they might have been. */
function drawnCrossings(
  points: readonly Point[],
  efficiencies: readonly TaskEfficiency[],
  { medians, freedom }: Scatter,
): (number | undefined)[] {
  const ordered = [...points.keys()].sort((a, b) => points[a]!.tasks - points[b]!.tasks).map((i) => medians[i]!);
  const baseline = points[0]!.baselineMs!;
  const [low, high] = baseline.interval;
  // An interval of 95 % reaches about two deviations to each side.
  const baselineDeviation = low > 0 ? Math.log(high / low) / 4 : 0;
  const errors = new ErrorDraws();
  return Array.from({ length: draws }, () => {
    const factor = freedom === 0 ? 1 : errors.deviationFactor(freedom);
    const serial = Math.exp(Math.max(-20, Math.min(20, baselineDeviation * errors.normal())));
    return crossing(
      efficiencies.map(({ tasks, taskMs, efficiency }, i) => ({
        tasks,
        taskMs: taskMs * serial,
        efficiency: efficiency * serial * Math.exp(Math.sqrt(ordered[i]!) * factor * errors.normal()),
      })),
    );
  });
}
