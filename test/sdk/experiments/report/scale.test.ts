// Tests of axes: which kind they are, where they end, and which ticks they have.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isLogSpaced, needsLog, placeOn, scaleOf, valueOn } from '../../../../sdk/experiments/report/scale.ts';

describe('isLogSpaced()', () => {
  const cases: [readonly number[], boolean][] = [
    [[1, 10, 100, 1000], true],
    [[1, 100_000], true],
    [[1, 2, 4, 8, 16], true],
    [[1, 2, 3, 4], false],
    [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100], false],
    [[0, 10, 100], false],
    [[1, 2], false],
    [[], false],
  ];
  for (const [values, expected] of cases) {
    test(`${JSON.stringify(values)} is ${expected}`, () => assert.equal(isLogSpaced(values), expected));
  }
});

test('needsLog() is for values above zero that span much', () => {
  assert.equal(needsLog([1, 20]), true);
  assert.equal(needsLog([1, 19]), false);
  assert.equal(needsLog([0, 1000]), false);
});

describe('scaleOf()', () => {
  test('gives powers of ten over many decades, and fewer of them where there is little room', () => {
    assert.deepEqual(
      scaleOf('log', [1, 100_000], { tight: true, ticksMax: 8 }).ticks,
      [1, 10, 100, 1000, 10_000, 100_000],
    );
    assert.deepEqual(scaleOf('log', [1, 100_000], { tight: true, ticksMax: 4 }).ticks, [1, 100, 10_000]);
  });

  test('gives finer ticks over less than a decade', () => {
    assert.deepEqual(scaleOf('log', [2, 9], { tight: true }).ticks, [2, 5]);
    assert.deepEqual(scaleOf('log', [60, 90], { tight: true }).ticks.length >= 1, true);
  });

  test('begins at zero where that is asked for, and ends at round numbers', () => {
    assert.deepEqual(scaleOf('linear', [3, 9.2], { fromZero: true, ticksMax: 6 }), {
      kind: 'linear',
      min: 0,
      max: 10,
      ticks: [0, 2, 4, 6, 8, 10],
    });
  });

  test('has room around a single value', () => {
    for (const value of [0, 5, -3]) {
      const scale = scaleOf('linear', [value]);
      assert.ok(scale.min < value && value < scale.max);
    }
    const scale = scaleOf('log', [5]);
    assert.ok(scale.min < 5 && 5 < scale.max);
  });

  test('stays small at the ends of what numbers hold', () => {
    const extremes = [5e-324, 1e-300, 1e-5, 1, 1 + 2 ** -52, 1e40, 1e300, 1.7e308];
    for (const values of extremes.flatMap((a) => extremes.map((b) => [a, b]))) {
      for (const kind of ['linear', 'log'] as const) {
        for (const tight of [false, true]) {
          const scale = scaleOf(kind, values, { tight, ticksMax: 6 });
          const { min, max, ticks } = scale;
          const label = `${kind} ${values} ${tight}: ${min} ${max}, ${ticks}`;
          assert.ok(ticks.length >= 1 && ticks.length <= 7, label);
          assert.ok([min, max, ...ticks].every(Number.isFinite) && min < max, label);
          const places = values.map((value) => placeOn(scale, value));
          assert.ok(
            places.every((place) => place > -1e-6 && place < 1 + 1e-6),
            `${label}; ${places}`,
          );
        }
      }
    }
  });

  test('has ticks within its ends, no more than there is room for, and values where placeOn() puts them', () => {
    const value = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom('linear', 'log'),
        fc.array(value, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 2, max: 12 }),
        fc.boolean(),
        (kind, values, ticksMax, fromZero) => {
          const scale = scaleOf(kind, values, { ticksMax, fromZero });
          const within = (place: number): boolean => place > -1e-6 && place < 1 + 1e-6;
          assert.ok(scale.ticks.length >= 1 && scale.ticks.length <= ticksMax + 1, String(scale.ticks));
          assert.ok(scale.ticks.every((tick) => within(placeOn(scale, tick))));
          for (const each of values) {
            assert.ok(within(placeOn(scale, each)));
            assert.ok(Math.abs(valueOn(scale, placeOn(scale, each)) - each) <= 1e-6 * (scale.max - scale.min));
          }
        },
      ),
    );
  });
});
