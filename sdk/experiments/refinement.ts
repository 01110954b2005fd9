// Which points a sweep measures beyond its grid: those without which its recommendation is not certain.
//
// A grid such as 1, 2, 5, 10 … is laid out before anything is known, so between the points where the best lies a better split may
// be hidden. When the grid is measured, the cost models say where (recommendation.ts); points are set there, and the models are
// asked again, until the choice is certain enough or as many points were set as the grid has.
//
// What is added is measured later than the grid, when the machine may have become faster or slower. So the split that is best
// so far is measured again among it, and where that takes another time than before, nothing more is added (machine-change.ts). Nor is
// it where the runs scatter too much: more points would show as little as those that there are.
//
// What is set is a function of the definition and of the records of the points that there are, so that a sweep that is
// taken up again sets the same points. Callers: sweep-runs.ts.

import { setImmediate } from 'node:timers/promises';
import { InvalidArgumentError } from '../errors.ts';
import type { Workload } from '../workloads/workload.ts';
import { type ExperimentDefinition, pointsOf } from './experiment.ts';
import type { GridPoint } from './grid.ts';
import { machineChangeOf } from './machine-change.ts';
import { type CostModel, certainEnough } from './models/cost-model.ts';
import type { PointGroup } from './models/model.ts';
import { costsOf } from './models/models-of.ts';
import type { Point } from './point.ts';
import type { RunRecord } from './run-record.ts';

/** So many runs of each point at least before a split is recommended, and so before a point can be missed. */
export const refinedFrom = 3;

/** What a sweep has so far. */
export interface Refinable {
  readonly workload: Workload<never>;
  readonly definition: ExperimentDefinition;
  /** Of the grid. */
  readonly grid: readonly GridPoint[];
  /** Added to it so far. */
  readonly added: readonly GridPoint[];
  /** Of these points, and no others. */
  readonly records: readonly RunRecord[];
}

/** What is to be measured next. */
export interface Lacking {
  /** Points that there are not yet, and about how long a run takes there, in milliseconds. */
  readonly points: readonly { readonly point: GridPoint; readonly expectedMs: number }[];
  /** Points that are measured once more beside them. */
  readonly again: readonly Pick<GridPoint, 'params' | 'workers'>[];
}

/** What to measure next; no points when every choice is certain, or when more points would not make it so. */
export async function pointsLacking({ workload, definition, grid, added, records }: Refinable): Promise<Lacking> {
  const { splitBy, repeats } = definition;
  const points: { point: GridPoint; expectedMs: number }[] = [];
  const again: Point[] = [];
  if (splitBy === null) return { points, again };
  for (const cost of costsOf(pointsOf({ definition, records }), splitBy)) {
    // To fit takes a tenth of a second, and a session that stood still for many of them would lose its workers.
    await setImmediate();
    const { group, confidence, wanting } = cost;
    if (confidence >= certainEnough || !isComparable(group, repeats)) continue;
    const isOfGroup = (point: GridPoint): boolean => keyOf(point, splitBy) === keyOf(group.points[0]!, splitBy);
    const own = grid.filter(isOfGroup);
    const others = added.filter(isOfGroup);
    const taken = new Set([...own, ...others].map(({ params }) => params[splitBy]));
    let isAdded = false;
    for (const split of wanting.slice(0, own.length - others.length)) {
      const point = taken.has(split) ? undefined : await pointAt(workload, own[0]!, splitBy, split);
      if (point === undefined) continue;
      points.push({ point, expectedMs: expectedMs(group, split) });
      isAdded = true;
    }
    if (isAdded) again.push(bestMeasured(cost));
  }
  return { points, again };
}

/** Whether what is added can be compared with what there is. */
function isComparable({ points }: PointGroup, repeats: number): boolean {
  const noisy = points.filter(({ durationMs }) => durationMs.isNoisy).length;
  return noisy <= points.length / 2 && points.every((point) => machineChangeOf(point, repeats) === undefined);
}

/** What all points of a group have. */
function keyOf({ params, workers }: Pick<GridPoint, 'params' | 'workers'>, splitBy: string): string {
  return JSON.stringify([{ ...params, [splitBy]: null }, workers]);
}

/** A point like another one, but for its split; undefined where the workload cannot be split so. */
async function pointAt(
  workload: Workload<never>,
  { given, workers }: GridPoint,
  splitBy: string,
  split: number,
): Promise<GridPoint | undefined> {
  const own = { ...given, [splitBy]: split };
  try {
    return { given: own, params: await workload.check(own as never), workers };
  } catch (error) {
    if (error instanceof InvalidArgumentError) return undefined;
    throw error;
  }
}

/** As long as the longer of its neighbours. */
function expectedMs({ points }: PointGroup, split: number): number {
  const right = points.findIndex(({ tasks }) => tasks > split);
  return Math.max(...points.slice(Math.max(0, right - 1), right + 1).map(({ durationMs }) => durationMs.median));
}

/** The point whose split is the one to choose, or the nearest to it. */
function bestMeasured({ group: { points }, best }: CostModel): Point {
  const distance = ({ tasks }: Point): number => Math.abs(Math.log(tasks / best));
  return points.reduce((nearest, point) => (distance(point) < distance(nearest) ? point : nearest));
}
