// Summaries and comparisons of measurements: known cases, and whether the intervals keep what they promise.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compareSamples, ratioOf, summarise } from '../../../sdk/experiments/statistics.ts';
import { RandomSamples } from './random-samples.ts';

describe('summarise()', () => {
  test('gives median, spread, percentiles, and flags the outlier without dropping it', () => {
    const summary = summarise([10, 11, 60, 12, 10.5, 11.5]);
    assert.equal(summary.count, 6);
    assert.equal(summary.median, 11.25);
    assert.deepEqual(summary.outliers, [2]);
    assert.deepEqual([summary.min, summary.max], [10, 60]);
    assert.ok(Math.abs(summary.mean - 115 / 6) < 1e-12);
    assert.equal(summary.percentiles.p25, 10.625);
    assert.ok(summary.variation > 1);
  });

  test('gives the same interval for the same values, in whatever order', () => {
    const values = [5, 3, 8, 1, 9, 2, 7];
    assert.deepEqual(summarise(values).interval, summarise(values.toSorted()).interval);
  });

  test('flags an outlier among values of which most are equal', () => {
    assert.deepEqual(summarise([5, 5, 5, 5, 5, 5, 9]).outliers, [6]);
    assert.deepEqual(summarise([5, 5, 5]).outliers, []);
  });

  test('says that one value has no interval', () => {
    const { interval, coverage, variation, isNoisy } = summarise([7]);
    assert.deepEqual(
      { interval, coverage, variation, isNoisy },
      { interval: [7, 7], coverage: 0, variation: 0, isNoisy: false },
    );
  });

  test('calls values noisy when their median is not known to 10 %', () => {
    assert.equal(summarise([100, 101, 102]).isNoisy, false);
    assert.equal(summarise([100, 130, 160]).isNoisy, true);
    // One wild value of many leaves the median well known.
    assert.equal(summarise([100, 101, 99, 100, 100, 102, 98, 100, 101, 400]).isNoisy, false);
  });

  test('refuses no values, and values that are no numbers', () => {
    assert.throws(() => summarise([]), {
      name: 'InvalidArgumentError',
      message: /one finite number or more; got none/,
    });
    assert.throws(() => summarise([1, Number.NaN]), { name: 'InvalidArgumentError', message: /got NaN/ });
  });

  test('has finite fields in order for any finite values', () => {
    const values = fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(values, (drawn) => {
        const { median, interval, min, max, percentiles, variation } = summarise(drawn.map((value) => value / 1e10));
        const [low, high] = interval;
        for (const value of [median, low, high, variation, ...Object.values(percentiles)])
          assert.ok(!Number.isNaN(value));
        assert.ok(low <= median && median <= high);
        assert.ok(min <= percentiles.p10 && percentiles.p99 <= max);
      }),
      { seed: 4 },
    );
  });

  const samples = new RandomSamples(20);
  const scatters: [name: string, draw: () => number, median: number][] = [
    ['log-normal', () => samples.around(1, 0.05), 1],
    ['exponential', () => 1 - 0.1 * Math.log(1 - samples.uniform()), 1 + 0.1 * Math.LN2],
    ['heavy-tailed', () => samples.around(1, 0.03 / Math.sqrt((samples.normal() ** 2 + samples.normal() ** 2) / 2)), 1],
  ];
  for (const [name, draw, truth] of scatters) {
    test(`covers the true median as often as it says under ${name} scatter`, () => {
      for (const count of [2, 3, 4, 5, 6, 7, 8, 10, 11, 15, 20, 31]) {
        let covered = 0;
        const experiments = 1500;
        for (let i = 0; i < experiments; i++) {
          const [low, high] = summarise(samples.many(count, draw)).interval;
          if (low <= truth && truth <= high) covered++;
        }
        const share = covered / experiments;
        assert.ok(share > 0.92 && share <= 0.996, `${count} values: ${share}`);
      }
    });
  }
});

describe('ratioOf() and compareSamples()', () => {
  test('the interval covers the true ratio as often as it says, and equal samples seldom differ', () => {
    const samples = new RandomSamples(3);
    for (const [countA, countB] of [
      [3, 3],
      [3, 10],
      [5, 5],
      [10, 10],
      [20, 7],
    ] as const) {
      let covered = 0;
      let falseAlarms = 0;
      const experiments = 1500;
      for (let i = 0; i < experiments; i++) {
        const a = samples.many(countA, () => samples.around(3, 0.05));
        const b = samples.many(countB, () => samples.around(2, 0.1));
        const { ratio } = compareSamples(a, b);
        if (ratio !== undefined && ratio.interval[0] <= 1.5 && 1.5 <= ratio.interval[1]) covered++;
        if (
          compareSamples(
            a.map((value) => value / 1.5),
            b,
          ).isReal
        )
          falseAlarms++;
      }
      const share = covered / experiments;
      assert.ok(share > 0.93 && share <= 0.996, `${countA} and ${countB} values: ${share}`);
      assert.ok(falseAlarms / experiments < 0.07, `${falseAlarms} of ${experiments}`);
    }
  });

  test('a clear difference is real, with three values each', () => {
    const { ratio, isReal } = compareSamples([20, 20.2, 20.4], [10, 10.1, 10.2]);
    assert.ok(ratio !== undefined && isReal);
    assert.ok(Math.abs(ratio.value - 2) < 1e-9 && ratio.interval[0] < 2 && ratio.interval[1] > 2);
  });

  test('two single values may be anything', () => {
    const { ratio, isReal } = compareSamples([1], [2]);
    assert.equal(ratio?.coverage, 0);
    assert.equal(isReal, false);
  });

  test('there is no ratio to a duration of zero', () => {
    assert.equal(ratioOf(summarise([1, 2]), summarise([0, 0])), undefined);
    assert.deepEqual(compareSamples([0], [0]), { ratio: undefined, isReal: false });
  });
});
