// Two experiments beside each other: what differs in how they were made, and which differences in time are real.

import { InvalidArgumentError } from '../errors.ts';
import type { JsonValue, Params } from '../workloads/workload.ts';
import type { Experiment } from './experiment.ts';
import type { Point } from './point.ts';
import { comparisonTable } from './report/comparison-table.ts';
import type { TableOptions } from './report/experiment-table.ts';
import { compareSamples, type Ratio, type Summary } from './statistics.ts';

/** What tells an experiment from others. */
export interface ComparedExperiment {
  /** Sets it apart from all others. */
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  /** As ISO 8601. */
  readonly startedAt: string;
}

/** Something in which two experiments differ besides what was measured. */
export interface ComparedDifference {
  /** Such as `repeats`, `axes.pcNum`, `machine.node` or `details.kernel`. */
  readonly what: string;
  /** What it is in the first; null where it has none. */
  readonly a: JsonValue;
  /** What it is in the second; null where it has none. */
  readonly b: JsonValue;
}

/** A combination of parameters and workers that both experiments have. */
export interface ComparedPoint {
  /** All parameters. */
  readonly params: Params;
  /** How many workers its runs had. */
  readonly workers: number;
  /** What its runs took in the first, in milliseconds. */
  readonly a: Summary;
  /** What its runs took in the second, in milliseconds. */
  readonly b: Summary;
  /** The median time of the second over that of the first, with its interval; undefined where one is not above 0. */
  readonly ratio: Ratio | undefined;
  /** Whether the times differ for certain: the ratio's interval leaves 1 out. */
  readonly isReal: boolean;
  /** What the second is against the first: `undecided` unless the difference is real. A single run decides nothing. */
  readonly verdict: 'faster' | 'slower' | 'undecided';
}

/** Two experiments beside each other. Made by `compareExperiments`. */
export interface ExperimentComparison {
  /** The first. */
  readonly a: ComparedExperiment;
  /** The second. */
  readonly b: ComparedExperiment;
  /** In what they differ besides what was measured: definition, machine, where the workers were, what was found. */
  readonly differences: readonly ComparedDifference[];
  /** The points that both have, in the order of the first. */
  readonly points: readonly ComparedPoint[];
  /** How many points the first alone has. */
  readonly onlyInA: number;
  /** How many points the second alone has. */
  readonly onlyInB: number;
  /** What it comes to, in plain words. */
  readonly sentence: string;
  /**
   * Lays it out for a terminal: what differs first, a line a point, the sentence below.
   *
   * @param options - how wide it may be, and whether headings are set off.
   * @returns lines without a final line break.
   * @throws InvalidArgumentError when the width is not a number of characters.
   */
  table(options?: TableOptions): string;
}

/**
 * Compares what two experiments measured, point by point.
 *
 * @param a - what is compared against, such as the older one.
 * @param b - what is compared with it.
 * @returns in what they differ, and at each common point the ratio of their times with its 95 % interval.
 * @throws InvalidArgumentError when they measured different workloads, or have no point in common.
 * @example
 * ```ts
 * import { compareExperiments, connect, sweep, workloads } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * const grid = { pcNum: [10, 100] };
 * const before = await sweep(session, workloads.noop, grid, { repeats: 3 });
 * const after = await sweep(session, workloads.noop, grid, { repeats: 3 });
 * const { points } = compareExperiments(before, after);
 * for (const { params, ratio, isReal } of points) console.error(params.pcNum, ratio?.value, ratio?.interval, isReal);
 * console.log(points.length); // prints: 2
 * ```
 */
export function compareExperiments(a: Experiment, b: Experiment): ExperimentComparison {
  if (a.definition.workload !== b.definition.workload) {
    throw new InvalidArgumentError(
      `Cannot compare experiments of different workloads: ${a.data.id} measured ${a.definition.workload}, and ` +
        `${b.data.id} measured ${b.definition.workload}`,
    );
  }
  const others = new Map(b.points.map((point) => [keyOf(point), point]));
  const points = a.points.flatMap((point) => {
    const other = others.get(keyOf(point));
    return other === undefined ? [] : [compared(point, other)];
  });
  if (points.length === 0) {
    throw new InvalidArgumentError(
      `Cannot compare ${a.data.id} and ${b.data.id}: no combination of parameters and workers was measured in both`,
    );
  }
  const comparison = {
    a: headOf(a),
    b: headOf(b),
    differences: differencesOf(a, b),
    points,
    onlyInA: a.points.length - points.length,
    onlyInB: b.points.length - points.length,
    sentence: sentenceOf(points),
  };
  return { ...comparison, table: (options) => comparisonTable(comparison, options) };
}

function headOf({ data: { id, name, startedAt } }: Experiment): ComparedExperiment {
  return { id, name, startedAt };
}

/** What a point has the same in both experiments, however its parameters were ordered. */
function keyOf({ params, workers }: Point): string {
  return JSON.stringify([Object.entries(params).sort(([x], [y]) => (x < y ? -1 : 1)), workers]);
}

function compared(a: Point, b: Point): ComparedPoint {
  const timesOf = ({ records }: Point): number[] => records.map(({ durationMs }) => durationMs);
  const { ratio, isReal } = compareSamples(timesOf(b), timesOf(a));
  return {
    params: a.params,
    workers: a.workers,
    a: a.durationMs,
    b: b.durationMs,
    ratio,
    isReal,
    verdict: !isReal || ratio === undefined ? 'undecided' : ratio.value < 1 ? 'faster' : 'slower',
  };
}

function differencesOf(a: Experiment, b: Experiment): ComparedDifference[] {
  const [ofA, ofB] = [settingsOf(a), settingsOf(b)];
  return [...new Set([...ofA.keys(), ...ofB.keys()])].flatMap((what) => {
    const [one, other] = [ofA.get(what) ?? null, ofB.get(what) ?? null];
    return JSON.stringify(one) === JSON.stringify(other) ? [] : [{ what, a: one, b: other }];
  });
}

/** How an experiment was made. */
function settingsOf({ definition, records, data: { machine } }: Experiment): Map<string, JsonValue> {
  const { axes, ...others } = definition;
  const settings = new Map<string, JsonValue>(Object.entries(others));
  for (const [name, values] of Object.entries(axes)) settings.set(`axes.${name}`, values);
  for (const [name, value] of Object.entries(machine)) settings.set(`machine.${name}`, value);
  settings.set('cluster', [...new Set(records.map(({ cluster }) => cluster))].sort().join(', '));
  // What all runs found alike, such as which kernel was chosen, says how they were made.
  for (const name of new Set(records.flatMap(({ details }) => Object.keys(details)))) {
    const [value, ...more] = new Set(records.map(({ details }) => details[name] ?? null));
    if (typeof value === 'string' && more.length === 0) settings.set(`details.${name}`, value);
  }
  return settings;
}

/** From so many points on, it is said how many would differ by chance. */
const chancePointsLeast = 10;

function sentenceOf(points: readonly ComparedPoint[]): string {
  const ratiosOf = (verdict: ComparedPoint['verdict']): number[] =>
    points.flatMap((point) => (point.verdict === verdict ? [point.ratio?.value ?? 1] : []));
  const [faster, slower] = [ratiosOf('faster').map((ratio) => 1 / ratio), ratiosOf('slower')];
  const undecided = ratiosOf('undecided').length;
  const single = points.filter(({ ratio }) => ratio?.coverage === 0).length;
  const parts = [
    ...(faster.length > 0 ? [`faster at ${faster.length} (${timesText(faster)})`] : []),
    ...(slower.length > 0 ? [`slower at ${slower.length} (${timesText(slower)})`] : []),
    ...(undecided > 0 ? [`not certainly different at ${undecided}`] : []),
  ];
  const common = points.length === 1 ? 'the one common point' : `${points.length} common points`;
  const byChance = Math.round(points.length * 0.05 * 10) / 10;
  const chance =
    points.length >= chancePointsLeast && faster.length + slower.length > 0
      ? ` Of so many points about ${byChance} would seem to differ by chance alone.`
      : '';
  const lack = single > 0 ? ` At ${single} there is a single run, which says nothing for certain: repeat it.` : '';
  return `Of ${common}, B is ${parts.join(', ')}.${lack}${chance}`;
}

/** `1.20 times`, `1.20 to 1.90 times`. */
function timesText(ratios: readonly number[]): string {
  const [low, high] = [Math.min(...ratios).toFixed(2), Math.max(...ratios).toFixed(2)];
  return low === high ? `${low} times` : `${low} to ${high} times`;
}
