// Grids: ranges, lists, combinations, and what is refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { type Axis, axisValues, layOut, rangeValues } from '../../../sdk/experiments/grid.ts';
import { defineWorkload, InvalidArgumentError, workloads } from '../../../sdk/index.ts';

describe('rangeValues()', () => {
  const cases: readonly [string, readonly number[]][] = [
    ['1..4', [1, 2, 3, 4]],
    ['10..50:10', [10, 20, 30, 40, 50]],
    ['10..55:10', [10, 20, 30, 40, 50]],
    ['0.1..0.5:0.1', [0.1, 0.2, 0.3, 0.4, 0.5]],
    ['1..1e3:log', [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]],
    ['3..30:log', [3, 5, 10, 20, 30]],
    ['1..1000:log:4', [1, 10, 100, 1000]],
    ['0.5..2:log:3', [0.5, 1, 2]],
    ['1..3:log:5', [1, 2, 3]],
    ['7..7', [7]],
    ['1_000..3_000:1e3', [1000, 2000, 3000]],
  ];
  for (const [text, values] of cases) test(text, () => assert.deepEqual(rangeValues(text), values));

  const refused: readonly [string, RegExp][] = [
    ['10..1', /ends before it begins: write 1\.\.10/],
    ['0..10:log', /must begin above 0/],
    ['1..10:0', /is no range such as/],
    ['1..10:fast', /is no range such as/],
    ['1..10:log:1', /is no range such as/],
    ['1..10:log:x', /is no range such as/],
    ['1..1e6', /more than 1000 values: .* 1\.\.1e6:log/],
  ];
  for (const [text, message] of refused) {
    test(`refuses ${text}`, () => assert.throws(() => rangeValues(text), { name: 'InvalidArgumentError', message }));
  }
});

describe('axisValues()', () => {
  test('takes a value, a list, ranges in lists, and each value once', () => {
    assert.deepEqual(axisValues('pcNum', 10), [10]);
    assert.deepEqual(axisValues('pcNum', [1, '1..3', 3, 10]), [1, 2, 3, 10]);
    assert.deepEqual(axisValues('kernel', 'wasm'), ['wasm']);
    assert.deepEqual(axisValues('matrix', [[[1]]]), [[[1]]]);
  });
  test('refuses an empty list', () => assert.throws(() => axisValues('pcNum', []), InvalidArgumentError));
});

describe('layOut()', () => {
  test('says whether the split is a range that leaves its values open', async () => {
    const isOpen = async (pcNum: Axis<number>): Promise<boolean> => (await layOut(workloads.pi, { pcNum }, 2)).isOpen;
    for (const open of ['1..100:log', [1, '2..9:log']] as Axis<number>[]) assert.equal(await isOpen(open), true);
    for (const said of [[1, 10, 100], '1..100:log:3', '1..8', '1..9:2'] as Axis<number>[]) {
      assert.equal(await isOpen(said), false, String(said));
    }
    assert.equal((await layOut(workloads.pi, { totalCount: '1..100:log', pcNum: 1 }, 2)).isOpen, false);
  });

  test('gives all combinations with the defaults filled in, and the values of every parameter', async () => {
    const { axes, points } = await layOut(workloads.pi, { totalCount: 100, pcNum: [1, 2], workers: [1, 2] }, 8);
    assert.deepEqual(
      points.map(({ params, workers }) => [params['pcNum'], workers]),
      [
        [1, 1],
        [1, 2],
        [2, 1],
        [2, 2],
      ],
    );
    assert.deepEqual(points[0]?.params, { totalCount: 100, pcNum: 1, seed: 1 });
    assert.deepEqual(axes, { totalCount: [100], pcNum: [1, 2], workers: [1, 2], seed: [1] });
  });

  test('takes the workers of the session where none are given', async () => {
    const { points, axes } = await layOut(workloads.noop, {}, 3);
    assert.deepEqual([points[0]?.workers, axes['workers']], [3, [3]]);
  });

  const own = defineWorkload({
    name: 'own',
    params: z.object({ size: z.int().positive() }),
    run: () => ({ tasks: 1, work: 1 }),
  });
  const refused: readonly [string, () => Promise<unknown>, RegExp][] = [
    [
      'a parameter that there is not',
      () => layOut<object>(own, Object.fromEntries([['sise', 1]]), 1),
      /no parameter "sise"; it has size/,
    ],
    [
      'a value that is not of its form',
      () => layOut(own, { size: -1 }, 1),
      /Workload own: size must be above 0; got -1/,
    ],
    ['a parameter that is missing', () => layOut(own, {}, 1), /Workload own: size must be given/],
    ['workers that are none', () => layOut(own, { size: 1, workers: [0] }, 1), /workers must be whole numbers above 0/],
    [
      'more tasks than work',
      () => layOut(workloads.pi, { totalCount: 5, pcNum: 6 }, 1),
      /pcNum must be at most totalCount \(5\)/,
    ],
    [
      'too many combinations',
      () => layOut(workloads.pi, { totalCount: '1..1000', pcNum: '1..1000' }, 1),
      /1000000 combinations, of which 10000/,
    ],
  ];
  test('defineWorkload() refuses parameters that are no object of zod', () => {
    for (const params of [{ size: 'number' }, undefined, z.string()]) {
      assert.throws(
        () => defineWorkload({ name: 'own', params: params as never, run: () => ({ tasks: 1, work: 1 }) }),
        {
          name: 'InvalidArgumentError',
          message: /^Workload own: params must be an object of zod 4, such as z\.object/,
        },
      );
    }
  });

  for (const [what, call, message] of refused) {
    test(`refuses ${what}`, () => assert.rejects(call, { name: 'InvalidArgumentError', message }));
  }
});
