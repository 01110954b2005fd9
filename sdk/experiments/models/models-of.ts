// All that the points of an experiment say in models.

import type { JsonValue } from '../../workloads/workload.ts';
import type { ExperimentDefinition } from '../experiment.ts';
import type { Point } from '../point.ts';
import { type CostModel, fitCost } from './cost-model.ts';
import { fitMetg, type MetgModel } from './metg.ts';
import type { Model, PointGroup } from './model.ts';
import { type AmdahlModel, fitAmdahl, fitUsl, type UslModel } from './scaling.ts';
import type { Unsupported } from './words.ts';

/** Any of the models. */
export type AnyModel = CostModel | MetgModel | AmdahlModel | UslModel;

/** A model that a person may look for, and why it is not there. */
export interface MissingModel {
  /** Which model. */
  readonly kind: Model['kind'];
  /** The points that do not support it; undefined where it is the whole experiment. */
  readonly group: PointGroup | undefined;
  /** What it needs. */
  readonly reason: string;
}

/** The models that the data supports, and those that it does not. */
export interface Models {
  /** Ordered for reading: the cost of splitting, then the shortest task, then what more workers bring. */
  readonly models: readonly AnyModel[];
  readonly missing: readonly MissingModel[];
}

/**
 * Fits all models to the points of an experiment.
 *
 * @param points - of the experiment.
 * @param definition - which parameter splits the work.
 */
export function modelsOf(points: readonly Point[], { splitBy }: Pick<ExperimentDefinition, 'splitBy'>): Models {
  const bySplit = splitBy === null ? [] : splitGroups(points, splitBy);
  const byWorkers = workerGroups(points);
  const models: AnyModel[] = [];
  const missing: MissingModel[] = [];
  const fitAll = (
    kind: Model['kind'],
    groups: readonly PointGroup[],
    fit: (group: PointGroup) => AnyModel | Unsupported,
  ) => {
    for (const group of groups) {
      const fitted = fit(group);
      if ('reason' in fitted) missing.push({ kind, group, reason: fitted.reason });
      else models.push(fitted);
    }
  };
  fitAll('cost', bySplit, (group) => fitCost(group, splitBy ?? ''));
  fitAll('metg', bySplit, fitMetg);
  fitAll('amdahl', byWorkers, fitAmdahl);
  fitAll('usl', byWorkers, fitUsl);
  const nothing = (kind: Model['kind'], reason: string): void => void missing.push({ kind, group: undefined, reason });
  if (points.length > 0 && bySplit.length === 0) {
    nothing(
      'cost',
      splitBy === null
        ? 'The workload has no parameter that splits its work, so what splitting costs cannot be told'
        : `What splitting costs shows when ${splitBy} has three values at least`,
    );
  }
  if (points.length > 0 && byWorkers.length === 0) {
    nothing('amdahl', 'What more workers bring shows when there are two numbers of workers at least, better four');
  }
  return { models, missing };
}

/** What splitting costs, for each group of points that supports it; fitted when it is asked for. */
export function* costsOf(points: readonly Point[], splitBy: string): Generator<CostModel, void, undefined> {
  for (const group of splitGroups(points, splitBy)) {
    const cost = fitCost(group, splitBy);
    if (!('reason' in cost)) yield cost;
  }
}

/** Groups whose points differ in the split only, two points at least. */
function splitGroups(points: readonly Point[], splitBy: string): PointGroup[] {
  return groupsOf(points, ({ params, workers }) => [{ ...params, [splitBy]: null }, workers]).map((members) => {
    const { [splitBy]: _, ...params } = members[0]!.params;
    return { params, workers: members[0]!.workers, points: members.toSorted((a, b) => a.tasks - b.tasks) };
  });
}

/** Groups whose points differ in their workers only, two points at least. */
function workerGroups(points: readonly Point[]): PointGroup[] {
  return groupsOf(points, ({ params }) => [params]).map((members) => ({
    params: members[0]!.params,
    workers: undefined,
    points: members.toSorted((a, b) => a.workers - b.workers),
  }));
}

function groupsOf(points: readonly Point[], keyOf: (point: Point) => JsonValue): Point[][] {
  const groups = Map.groupBy(points, (point) => JSON.stringify(keyOf(point)));
  return [...groups.values()].filter((members) => members.length > 1);
}
