// METG(50%) of curves that are known.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fitMetg, type MetgModel } from '../../../../sdk/experiments/models/metg.ts';
import type { PointGroup } from '../../../../sdk/experiments/models/model.ts';
import { RandomSamples } from '../random-samples.ts';
import { splitGroup } from '../synthetic-groups.ts';

const splits = [1, 4, 10, 32, 100, 316, 1000, 3162, 10_000, 31_623, 100_000];
// Half the efficiency is 500 ms on 4 workers, which 12,500 tasks of 0.08 ms take.
const curve = (tasks: number): number => 1000 / Math.min(4, tasks) + 0.02 * tasks;

function metgOf(group: PointGroup): MetgModel {
  const model = fitMetg(group);
  assert.ok(!('reason' in model), 'there is a model');
  return model;
}

describe('fitMetg()', () => {
  test('finds the length of task at which efficiency falls to half, whatever too few tasks cost', () => {
    const samples = new RandomSamples(1);
    const model = metgOf(splitGroup(splits, 4, curve, { samples, repeats: 3, deviation: 0, serialMs: 1000 }));
    assert.ok(Math.abs(model.metg.value / 0.08 - 1) < 0.05, `${model.metg.value}`);
    assert.equal(model.isUpperBound, false);
    assert.equal(model.efficiencies.length, splits.length - 1);
    assert.match(model.sentence, /^Tasks of [78]\d\.\d µs and longer use the workers to more than half/);
    assert.equal(model.warning, undefined);
  });

  test('its interval covers the truth as often as it says', () => {
    const samples = new RandomSamples(2);
    for (const [repeats, deviation] of [
      [3, 0.03],
      [5, 0.08],
      [10, 0.03],
    ] as const) {
      let covered = 0;
      const experiments = 200;
      for (let i = 0; i < experiments; i++) {
        const { metg } = metgOf(splitGroup(splits, 4, curve, { samples, repeats, deviation, serialMs: 1000 }));
        if (metg.interval[0] <= 0.08 && 0.08 <= metg.interval[1]) covered++;
      }
      assert.ok(covered / experiments > 0.9 && covered < experiments, `${repeats} repeats: ${covered}`);
    }
  });

  test('warns where each point was run once, or the plain loop was', () => {
    const drawn = { samples: new RandomSamples(5), repeats: 1, deviation: 0.01, serialMs: 1000 };
    assert.match(metgOf(splitGroup(splits, 4, curve, drawn)).warning ?? '', /each point was run once/);
    const { points, ...group } = splitGroup(splits, 4, curve, { ...drawn, repeats: 3 });
    const { baselineMs } = splitGroup([4], 4, curve, drawn).points[0]!;
    const { warning } = metgOf({ ...group, points: points.map((point) => ({ ...point, baselineMs })) });
    assert.equal(warning, 'the serial baseline was run once only');
  });

  test('gives the shortest task as a bound when efficiency never falls to half', () => {
    const samples = new RandomSamples(3);
    const model = metgOf(splitGroup([4, 100], 4, () => 260, { samples, repeats: 3, deviation: 0.01, serialMs: 1000 }));
    assert.equal(model.isUpperBound, true);
    assert.ok(Math.abs(model.metg.value / 10 - 1) < 0.05);
    assert.equal(model.metg.interval[0], 0);
    assert.match(model.warning ?? '', /never fell to half/);
  });

  test('gives a reason without a baseline, without enough tasks, and where efficiency is low throughout', () => {
    const drawn = { samples: new RandomSamples(4), repeats: 3, deviation: 0.01 };
    const reason = (group: PointGroup): string => {
      const model = fitMetg(group);
      assert.ok('reason' in model);
      return model.reason;
    };
    assert.match(reason(splitGroup([4, 100], 4, () => 260, drawn)), /needs the serial baseline/);
    assert.match(
      reason(splitGroup([1, 2], 4, () => 260, { ...drawn, serialMs: 1000 })),
      /two splits at least into 4 tasks/,
    );
    assert.match(reason(splitGroup([4, 100], 4, () => 900, { ...drawn, serialMs: 1000 })), /nowhere above half/);
    assert.match(reason(splitGroup([4, 100], 4, () => 0, { ...drawn, serialMs: 1000 })), /zero have no efficiency/);
  });
});
