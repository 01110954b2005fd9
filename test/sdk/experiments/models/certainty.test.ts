// Whether the certainty that a recommendation states holds as often as it says, over curves that the formula does not know.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { pointsOf } from '../../../../sdk/experiments/experiment.ts';
import { busiestShare, type CostModel, fitCost } from '../../../../sdk/experiments/models/cost-model.ts';
import { costsOf } from '../../../../sdk/experiments/models/models-of.ts';
import { pointsLacking } from '../../../../sdk/experiments/refinement.ts';
import { defineWorkload, type RunRecord } from '../../../../sdk/index.ts';
import { someDefinition } from '../../../helpers/kept-experiments.ts';
import { RandomSamples } from '../random-samples.ts';
import { splitGroup } from '../synthetic-groups.ts';
import { pointOf } from '../synthetic-points.ts';

type Curve = (tasks: number) => number;

const samples = new RandomSamples(21);
const between = (low: number, high: number): number => low + (high - low) * samples.uniform();

/** Curves of every form, each drawn anew. */
const forms: Readonly<Record<string, (workers: number) => Curve>> = {
  formula: (w) => {
    const [cost, start] = [10 ** between(-3, -1), between(0, 20)];
    return (p) => 1000 * busiestShare(p, w) + cost * p + start;
  },
  'overhead by the root': (w) => {
    const cost = between(0.5, 4.5);
    return (p) => 1000 * busiestShare(p, w) + cost * Math.sqrt(p);
  },
  'overhead by the logarithm': (w) => {
    const cost = between(5, 45);
    return (p) => 1000 * busiestShare(p, w) + cost * Math.log2(p);
  },
  'overhead that grows': (w) => {
    const cost = 10 ** between(-6, -3);
    return (p) => 500 * busiestShare(p, w) + cost * p * p;
  },
  'short tasks fit a cache': (w) => {
    const [gain, from] = [between(0, 1), 10 ** between(1, 3)];
    return (p) => 1000 * busiestShare(p, w) * (1 + gain / (1 + p / from)) + 0.01 * p;
  },
  'long tasks need too much memory': (w) => {
    const [until, times] = [10 ** between(1, 3.5), between(1, 3)];
    return (p) => 1000 * busiestShare(p, w) * (p < until ? times : 1) + 0.05 * p;
  },
  'many tasks need too much memory': (w) => {
    const [from, times] = [10 ** between(1, 4), between(1.1, 3.1)];
    return (p) => (1000 * busiestShare(p, w) + 0.01 * p) * (p > from ? times : 1);
  },
  'uneven tasks': (w) => {
    const unevenness = between(0, 3);
    return (p) => (1000 / w) * (1 + unevenness / Math.sqrt(p)) * Math.max(1, w / p) + 0.02 * p;
  },
  'a sharp valley': () => {
    const [at, slope] = [10 ** between(0.5, 3.5), between(0.1, 1.1)];
    return (p) => 100 * (1 + slope * Math.abs(Math.log(p / at)));
  },
  waves: (w) => {
    const [height, length, phase] = [between(0.05, 0.3), between(2, 7), between(0, 6)];
    return (p) =>
      (1000 * busiestShare(p, w) + 0.02 * p) *
      Math.exp(height * Math.sin((2 * Math.PI * Math.log(p)) / length + phase));
  },
};

const layouts: readonly (readonly number[])[] = [
  [1, 100, 10_000],
  [1, 10, 1000, 100_000],
  [1, 10, 100, 1000, 10_000, 100_000],
  [1, 3, 10, 32, 100, 316, 1000, 3162, 10_000],
];

const refinedLayouts: readonly (readonly number[])[] = [
  [1, 10, 100, 1000, 10_000, 100_000],
  [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
];

function costOf(splits: readonly number[], workers: number, curve: Curve): CostModel {
  const model = fitCost(splitGroup(splits, workers, curve, { samples, repeats: 3, deviation: 0.02 }), 'pcNum');
  assert.ok(!('reason' in model));
  return model;
}

/** What a sweep of these splits comes to, before and after points were added. */
async function refinedCost(
  splits: readonly number[],
  workers: number,
  curve: Curve,
): Promise<{ before: CostModel; after: CostModel }> {
  const workload = defineWorkload({
    name: 'curve',
    params: z.object({ pcNum: z.int() }),
    run: () => ({ tasks: 1, work: 1 }),
  });
  const definition = someDefinition({ axes: { pcNum: [...splits], workers: [workers] }, refine: true });
  const { repeats } = definition;
  const measure = (tasks: number, pass: number): RunRecord[] =>
    pointOf({
      params: { pcNum: tasks },
      workers,
      tasks,
      durationsMs: samples.many(repeats, () => samples.around(curve(tasks), 0.02)),
    }).records.map((record) => ({ ...record, repeat: record.repeat + pass * repeats }));
  const grid = splits.map((pcNum) => ({ given: { pcNum }, params: { pcNum }, workers }));
  const added: typeof grid = [];
  const records = splits.flatMap((tasks) => measure(tasks, 0));
  const passes = new Map<string, number>();
  const costOfAll = (): CostModel => {
    const [cost] = costsOf(pointsOf({ definition, records }), 'pcNum');
    assert.ok(cost !== undefined);
    return cost;
  };
  const before = costOfAll();
  for (;;) {
    const { points, again } = await pointsLacking({ workload, definition, grid, added, records });
    if (points.length === 0) return { before, after: costOfAll() };
    for (const { point } of points) {
      const pcNum = Number(point.params['pcNum']);
      added.push({ given: { pcNum }, params: { pcNum }, workers });
      records.push(...measure(pcNum, 0));
    }
    for (const { params } of again) {
      const pass = (passes.get(String(params['pcNum'])) ?? 0) + 1;
      passes.set(String(params['pcNum']), pass);
      records.push(...measure(Number(params['pcNum']), pass));
    }
  }
}

/** Whether a split is within 5 % of the best between the ends. */
function isGood(split: number, curve: Curve, largest: number): boolean {
  const all = Array.from({ length: 600 }, (_, i) => Math.round(largest ** (i / 599)));
  return curve(split) <= 1.05 * Math.min(...all.map(curve));
}

describe('the certainty of a recommendation', () => {
  test('is no more than how often it holds, whatever the layout and the form of the curve', () => {
    const stated: { confidence: number; isRight: boolean; points: number }[] = [];
    for (const splits of layouts) {
      for (const form of Object.values(forms)) {
        for (const workers of [1, 2, 2, 4, 4, 8, 16, 16]) {
          const curve = form(workers);
          const { best, confidence } = costOf(splits, workers, curve);
          stated.push({ confidence, isRight: isGood(best, curve, splits.at(-1)!), points: splits.length });
        }
      }
    }
    const groups = [
      ...Map.groupBy(stated, ({ points }) => `${points} points`),
      ...Map.groupBy(stated, ({ confidence }) => `certainty from ${Math.min(9, Math.floor(confidence * 10))}0 %`),
    ];
    for (const [name, group] of groups) {
      const meanOf = (of: (one: (typeof group)[number]) => number): number =>
        group.reduce((sum, one) => sum + of(one), 0) / group.length;
      const [claimed, held] = [meanOf(({ confidence }) => confidence), meanOf(({ isRight }) => Number(isRight))];
      // Two deviations of chance.
      const room = 2 * Math.sqrt(0.25 / group.length);
      assert.ok(claimed <= held + room, `${name}, ${group.length}: claims ${claimed}, holds ${held}`);
    }
    const ofAll = stated.reduce((sum, { confidence }) => sum + confidence, 0) / stated.length;
    assert.ok(ofAll > 0.55, `it claims ${ofAll} of all`);
  });

  test('is no more than how often it holds where points were added for it, and is higher then', async () => {
    const stated: { before: number; confidence: number; isRight: boolean }[] = [];
    for (const splits of refinedLayouts) {
      for (const form of Object.values(forms)) {
        for (const workers of [2, 16]) {
          const curve = form(workers);
          const { before, after } = await refinedCost(splits, workers, curve);
          const isRight = isGood(after.best, curve, splits.at(-1)!);
          stated.push({ before: before.confidence, confidence: after.confidence, isRight });
        }
      }
    }
    const meanOf = (of: (one: (typeof stated)[number]) => number): number =>
      stated.reduce((sum, one) => sum + of(one), 0) / stated.length;
    const [before, claimed] = [meanOf((one) => one.before), meanOf(({ confidence }) => confidence)];
    const held = meanOf(({ isRight }) => Number(isRight));
    // Two deviations of chance.
    assert.ok(claimed <= held + 2 * Math.sqrt(0.25 / stated.length), `claims ${claimed}, holds ${held}`);
    assert.ok(claimed > before + 0.1, `claims ${claimed}, before it ${before}`);
  });

  test('is high where the points are dense and follow the formula, and low where there are three', () => {
    const curve: Curve = (p) => 1000 * busiestShare(p, 2) + 0.02 * p;
    const dense = [1, 2, 3, 5, 8, 10, 16, 30, 60, 100, 300, 1000, 3000, 10_000];
    const [sure, unsure] = [costOf(dense, 2, curve), costOf([1, 100, 10_000], 2, curve)];
    assert.ok(sure.confidence > 0.95, String(sure.confidence));
    assert.equal(sure.warning, undefined);
    assert.ok(unsure.confidence < 0.8, String(unsure.confidence));
    assert.match(
      unsure.warning ?? '',
      /with \d+(\.\d)? % certainty only: the points are far apart, and pc_num 10 and 1,000 would show what is between them/,
    );
  });
});
