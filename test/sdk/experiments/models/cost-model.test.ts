// The cost of splitting, recovered from curves that are known, and the split that is recommended along them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { busiestShare, type CostModel, fitCost } from '../../../../sdk/experiments/models/cost-model.ts';
import type { PointGroup } from '../../../../sdk/experiments/models/model.ts';
import { RandomSamples } from '../random-samples.ts';
import { splitGroup } from '../synthetic-groups.ts';

function costOf(group: PointGroup): CostModel {
  const model = fitCost(group, 'pcNum');
  assert.ok(!('reason' in model), 'there is a model');
  return model;
}

function reasonOf(group: PointGroup): string {
  const model = fitCost(group, 'pcNum');
  assert.ok('reason' in model, 'there is no model');
  return model.reason;
}

const dense = [1, 2, 3, 5, 8, 10, 16, 30, 60, 100, 300, 1000, 3000, 10_000, 30_000, 100_000];
const halves = [1, 3, 10, 32, 100, 316, 1000, 3162, 10_000];
const decades = [1, 10, 100, 1000, 10_000, 100_000];
const few = [1, 100, 10_000];

describe('fitCost()', () => {
  test('recovers work, overhead and start from exact durations', () => {
    const samples = new RandomSamples(1);
    const curve = (tasks: number): number => 1000 * busiestShare(tasks, 4) + 0.02 * tasks + 20;
    const model = costOf(splitGroup(dense, 4, curve, { samples, repeats: 3, deviation: 0 }));
    const values = model.estimates.slice(0, 3).map(({ value }) => value);
    for (const [i, truth] of [1000, 0.02, 20].entries())
      assert.ok(Math.abs(values[i]! / truth - 1) < 1e-6, `${values}`);
    for (const tasks of [1, 7, 12_345]) assert.ok(Math.abs(model.predictMs(tasks) / curve(tasks) - 1) < 1e-6);
    assert.ok(Math.abs(model.predictMs(64, 8) / (1000 / 8 + 0.02 * 64 + 20) - 1) < 1e-6);
    assert.ok(model.fixedSplit !== undefined);
    assert.ok(Math.abs(model.fixedSplit.value - curve(10) / curve(model.best)) < 1e-6);
    assert.match(
      model.sentence,
      /^Choose pc_num 60, .* 1\.00 s of work is shared by 4 workers; each task adds 20\.0 µs, and 20\.0 ms once\./,
    );
    assert.equal(model.warning, undefined);
  });

  test('its intervals cover the truth as often as they say, with several runs a point and with one', () => {
    const samples = new RandomSamples(11);
    for (const [repeats, deviation, splits] of [
      [3, 0.03, [1, 2, 3, 4, 10, 100, 1000, 10_000, 100_000]],
      [1, 0.03, [1, 2, 3, 4, 10, 100, 1000, 10_000, 100_000]],
      [5, 0.1, [1, 4, 100, 3000, 30_000]],
    ] as const) {
      const covered = [0, 0, 0];
      const experiments = 50;
      const curve = (tasks: number): number => 1000 * busiestShare(tasks, 4) + 0.02 * tasks + 20;
      for (let i = 0; i < experiments; i++) {
        const { estimates } = costOf(splitGroup(splits, 4, curve, { samples, repeats, deviation }));
        for (const [k, truth] of [1000, 0.02, 20].entries()) {
          const [low, high] = estimates[k]!.interval;
          if (low <= truth && truth <= high) covered[k]!++;
        }
      }
      // 95 %, and about four deviations of chance below it.
      for (const count of covered) assert.ok(count / experiments > 0.83, `${repeats} repeats: ${covered}`);
      assert.ok(
        covered.some((count) => count < experiments),
        'intervals are no wider than they need be',
      );
    }
  });

  const known: Record<string, (tasks: number, workers: number) => number> = {
    formula: (p, w) => 1000 * busiestShare(p, w) + 0.01 * p + 5,
    'cheap tasks': (p, w) => 1000 * busiestShare(p, w) + 0.001 * p,
    'costly tasks': (p, w) => 50 * busiestShare(p, w) + 0.2 * p + 1,
    'overhead beside the work': (p, w) => 3 + Math.max(1000 * busiestShare(p, w) + (0.005 * p) / w, 0.02 * p),
    flat: () => 100,
    rising: (p) => 10 + p * 0.5,
    falling: (p, w) => 1000 * busiestShare(p, w),
    'overhead that grows': (p, w) => 500 * busiestShare(p, w) + 1e-5 * p * p,
  };
  for (const [name, curve] of Object.entries(known)) {
    test(`recommends a split within 5 % of the best: ${name}`, () => {
      const samples = new RandomSamples(5);
      for (const splits of [dense, halves, decades, few]) {
        for (const workers of [1, 2, 4, 16]) {
          const group = splitGroup(splits, workers, (p) => curve(p, workers), { samples, repeats: 3, deviation: 0.02 });
          const { best, recommended, predictMs } = costOf(group);
          const [low, high] = recommended;
          const all = Array.from({ length: 500 }, (_, i) => Math.round(splits.at(-1)! ** (i / 499)));
          const least = Math.min(...all.map((p) => curve(p, workers)));
          const label = `${splits.length} splits on ${workers} workers: ${best}`;
          assert.ok(curve(best, workers) <= 1.05 * least, `${label} takes ${curve(best, workers)}, not ${least}`);
          assert.ok(low <= best && best <= high && Number.isFinite(predictMs(best)), label);
        }
      }
    });
  }

  const unknown: Record<string, (tasks: number, workers: number) => number> = {
    'overhead by the root': (p, w) => 1000 * busiestShare(p, w) + 2 * Math.sqrt(p),
    'overhead by the logarithm': (p, w) => 1000 * busiestShare(p, w) + 20 * Math.log2(p),
    'short tasks fit a cache': (p, w) => 1000 * busiestShare(p, w) * (1 + 0.5 / (1 + p / 50)) + 0.01 * p,
    'long tasks need too much memory': (p, w) => 1000 * busiestShare(p, w) * (p < 300 ? 3 : 1) + 0.1 * p,
    'uneven tasks': (p, w) => (1000 / w) * (1 + 2 / Math.sqrt(p)) * Math.max(1, w / p) + 0.02 * p,
  };
  for (const [name, curve] of Object.entries(unknown)) {
    test(`recommends a split within 5 % of the best that was measured where the formula is wrong: ${name}`, () => {
      const samples = new RandomSamples(6);
      for (const workers of [1, 2, 4, 16]) {
        const group = splitGroup(dense, workers, (p) => curve(p, workers), { samples, repeats: 3, deviation: 0.02 });
        const { best } = costOf(group);
        const least = Math.min(...dense.map((p) => curve(p, workers)));
        assert.ok(curve(best, workers) <= 1.05 * least, `${workers}: ${best}`);
      }
    });
  }

  test('prefers a wide valley to a lucky point, and says what lies within 5 %', () => {
    const samples = new RandomSamples(7);
    const curve = (p: number): number => 1000 * busiestShare(p, 2) + 0.01 * p;
    const { best, recommended } = costOf(splitGroup(dense, 2, curve, { samples, repeats: 5, deviation: 0.005 }));
    const [low, high] = recommended;
    assert.ok(low >= 15 && low <= 60 && high > 1000 && high < 4000, `${recommended}`);
    assert.ok(best >= low && best <= high);
  });

  test('recommends a measured value only where the parameter is not the number of tasks', () => {
    const samples = new RandomSamples(8);
    const group = splitGroup([1, 10, 100, 1000], 2, (p) => 500 * busiestShare(p, 2) + p, {
      samples,
      repeats: 3,
      deviation: 0,
    });
    const sizes = group.points.map((point) => ({ ...point, params: { blockSize: 1000 / point.tasks } }));
    const model = fitCost({ ...group, points: sizes }, 'blockSize');
    assert.ok(!('reason' in model));
    assert.equal(model.best, 100);
  });

  test('warns of a formula that does not hold, of noise, and of an end that was not reached', () => {
    const samples = new RandomSamples(9);
    const wild = (p: number): number => (p === 100 ? 3000 : 100 + p / 100);
    const quiet = { samples, repeats: 3, deviation: 0.005 };
    assert.match(costOf(splitGroup(dense, 2, wild, quiet)).warning ?? '', /formula misses the measured durations/);
    const noisy = costOf(
      splitGroup(decades, 2, (p) => 100 + p / 100, {
        ...quiet,
        deviation: 0.5,
      }),
    );
    assert.match(noisy.warning ?? '', /too noisy to conclude from/);
    assert.doesNotMatch(noisy.warning ?? '', /would show what is between them/);
    const falling = costOf(splitGroup([1, 2, 4, 8], 8, (p) => 1000 / p, quiet));
    assert.equal(falling.best, 8);
    assert.match(falling.warning ?? '', /8 is the largest that was measured/);
  });

  test('gives a reason instead of a model for one point, two points, and durations of zero', () => {
    const drawn = { samples: new RandomSamples(10), repeats: 3, deviation: 0.01 };
    assert.match(reasonOf(splitGroup([10], 2, () => 5, drawn)), /three values of pcNum at least/);
    assert.match(reasonOf(splitGroup([1, 10], 2, () => 5, drawn)), /three values of pcNum at least/);
    assert.match(reasonOf(splitGroup(few, 2, () => 0, drawn)), /Durations of zero/);
    assert.match(reasonOf(splitGroup(few, 2, (p) => 100 + p, { ...drawn, repeats: 1 })), /more than one run a point/);
  });
});
