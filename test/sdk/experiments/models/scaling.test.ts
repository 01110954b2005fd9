// The laws of scaling, recovered from curves that are known.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fitAmdahl, fitUsl, speedUpsOf } from '../../../../sdk/experiments/models/scaling.ts';
import { RandomSamples } from '../random-samples.ts';
import { type Scattered, workerGroup } from '../synthetic-groups.ts';

const amdahl = (workers: number): number => 100 * (0.1 + 0.9 / workers);
const usl = (workers: number): number => (100 * (1 + 0.05 * (workers - 1) + 0.01 * workers * (workers - 1))) / workers;

describe('fitAmdahl() and fitUsl()', () => {
  test('recover their parameters from exact durations', () => {
    const exact: Scattered = { samples: new RandomSamples(1), repeats: 3, deviation: 0 };
    const a = fitAmdahl(workerGroup([1, 2, 4, 8], amdahl, exact));
    assert.ok(!('reason' in a));
    assert.ok(Math.abs(a.serialFraction.value - 0.1) < 1e-6);
    assert.ok(Math.abs(a.predictMs(16) / amdahl(16) - 1) < 1e-6);
    assert.match(
      a.sentence,
      /^10 % of the time does not get shorter with more workers: .* at most 10 times as fast as one\.$/,
    );
    const u = fitUsl(workerGroup([1, 2, 4, 8, 16], usl, exact));
    assert.ok(!('reason' in u));
    assert.ok(Math.abs(u.contention.value - 0.05) < 1e-6 && Math.abs(u.coherency.value - 0.01) < 1e-6);
    assert.ok(u.peakWorkers !== undefined && Math.abs(u.peakWorkers.value - Math.sqrt(95)) < 1e-3);
    assert.match(u.sentence, /it is fastest with about 10 workers\.$/);
  });

  test("Amdahl's law says so where more workers make it slower, or no faster", () => {
    const drawn = { samples: new RandomSamples(6), repeats: 2, deviation: 0.01 };
    for (const curve of [(w: number) => 100 * w, () => 100]) {
      const a = fitAmdahl(workerGroup([1, 2, 4, 8], curve, drawn));
      assert.ok(!('reason' in a));
      assert.match(a.sentence, /^\S+ % of the time does not get shorter .*: more workers do not make it faster\.$/);
    }
  });

  test('their intervals cover the truth as often as they say', () => {
    const samples = new RandomSamples(2);
    for (const [repeats, deviation, counts] of [
      [3, 0.02, [1, 2, 3, 4, 6, 8]],
      [5, 0.05, [1, 2, 4, 8]],
      [1, 0.02, [1, 2, 4, 8, 16]],
    ] as const) {
      const covered = [0, 0, 0];
      const experiments = 50;
      for (let i = 0; i < experiments; i++) {
        const a = fitAmdahl(workerGroup(counts, amdahl, { samples, repeats, deviation }));
        const u = fitUsl(workerGroup(counts, usl, { samples, repeats, deviation }));
        assert.ok(!('reason' in a) && !('reason' in u));
        for (const [k, [{ interval }, truth]] of (
          [
            [a.serialFraction, 0.1],
            [u.contention, 0.05],
            [u.coherency, 0.01],
          ] as const
        ).entries()) {
          if (interval[0] <= truth && truth <= interval[1]) covered[k]!++;
        }
      }
      for (const count of covered) assert.ok(count / experiments > 0.83, `${counts}: ${covered}`);
      assert.ok(
        covered.some((count) => count < experiments),
        'intervals are no wider than they need be',
      );
    }
  });

  test('say what few numbers of workers cannot show', () => {
    const drawn: Scattered = { samples: new RandomSamples(3), repeats: 3, deviation: 0.01 };
    const two = fitAmdahl(workerGroup([1, 2], amdahl, drawn));
    assert.ok(!('reason' in two));
    assert.match(two.warning ?? '', /2 numbers of workers fit this formula whatever they are/);
    const none = fitUsl(workerGroup([1, 2], usl, drawn));
    assert.ok('reason' in none);
    assert.match(none.reason, /needs 3 numbers of workers at least/);
  });

  test('find no peak where there is none', () => {
    const drawn: Scattered = { samples: new RandomSamples(4), repeats: 3, deviation: 0.02 };
    const u = fitUsl(workerGroup([1, 2, 4, 8], (workers) => 100 / workers, drawn));
    assert.ok(!('reason' in u));
    assert.equal(u.peakWorkers, undefined);
    assert.match(u.sentence, /no number of workers shows/);
  });

  test('give a reason for durations of zero, and for workers that only slow it down', () => {
    const drawn: Scattered = { samples: new RandomSamples(5), repeats: 3, deviation: 0 };
    for (const model of [
      fitAmdahl(workerGroup([1, 2], () => 0, drawn)),
      fitUsl(workerGroup([1, 2, 4], () => 0, drawn)),
    ]) {
      assert.ok('reason' in model);
      assert.match(model.reason, /Durations of zero/);
    }
  });
});

describe('speedUpsOf()', () => {
  test('are against the serial baseline, with intervals', () => {
    const drawn: Scattered = { samples: new RandomSamples(6), repeats: 5, deviation: 0.01, serialMs: 90 };
    const { speedUps, against } = speedUpsOf(workerGroup([1, 2, 4], (workers) => 100 / workers, drawn));
    assert.equal(against, 'baseline');
    for (const { workers, speedUp, efficiency } of speedUps) {
      assert.ok(speedUp.interval[0] < 0.9 * workers && 0.9 * workers < speedUp.interval[1]);
      assert.ok(Math.abs(efficiency.value - speedUp.value / workers) < 1e-12);
    }
  });

  test('are against one worker without a baseline, and against nothing without both', () => {
    const drawn: Scattered = { samples: new RandomSamples(7), repeats: 3, deviation: 0 };
    assert.equal(speedUpsOf(workerGroup([1, 2], amdahl, drawn)).against, 'one worker');
    assert.deepEqual(speedUpsOf(workerGroup([2, 4], amdahl, drawn)), { speedUps: [], against: undefined });
  });
});
