// Models that know the law of synthetic experiments, for tests of how models are shown.

import type { Model } from '../../../../sdk/experiments/models/model.ts';
import type { Point } from '../../../../sdk/experiments/point.ts';
import type { Reported } from '../../../../sdk/experiments/report/plotted.ts';
import { lawMs, overheadMs, type SyntheticOptions, syntheticExperiment } from './synthetic-experiment.ts';

/** A cost model as reports see it. */
export interface SyntheticModel extends Model {
  readonly recommended: readonly [low: number, high: number];
  predictMs(tasks: number): number;
}

function modelOf(points: readonly Point[], warning: string | undefined): SyntheticModel {
  const [first] = points;
  const { pcNum: _, ...params } = first!.params;
  return {
    kind: 'cost',
    title: 'Cost of splitting',
    group: { params, workers: first!.workers, points },
    formula: 'T(p) = W / min(p, w) + c p / w + f',
    source: 'The law of the test',
    estimates: [{ name: 'overhead a task', symbol: 'c', value: overheadMs, interval: [0.019, 0.021], unit: 'ms' }],
    sentence: 'Choose pc_num 100.',
    warning,
    recommended: [10, 1000],
    predictMs: (tasks) => lawMs(first!.work, tasks, first!.workers),
  };
}

/** A synthetic experiment with a cost model for each of its groups. */
export function syntheticReported(options: SyntheticOptions = {}, warning?: string): Reported {
  const { data, points } = syntheticExperiment(options);
  const groups = Map.groupBy(points, ({ work, workers }) => `${work} ${workers}`);
  return { data, points, models: [...groups.values()].map((group) => modelOf(group, warning)) };
}
