// Matrices: made from a seed, given by the user, read from files; and how a count is split.

import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { checkMatrix, InvalidArgumentError, partition, randomMatrix, readMatrixFile } from '../../../../sdk/index.ts';
import { LoopKernel } from '../../../../sdk/workloads/markov/kernels/loop-kernel.ts';
import { ProductMerge } from '../../../../sdk/workloads/markov/merge.ts';
import { landOfOz } from '../../../fixtures/markov/chains.ts';
import { temporaryFolder } from './temporary-folder.ts';

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../fixtures/markov/${name}`, import.meta.url));
}

function refusal(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof InvalidArgumentError, `not an InvalidArgumentError: ${String(error)}`);
    assert.match(error.message, pattern);
    return true;
  };
}

describe('randomMatrix()', () => {
  test('has positive entries and rows that sum to 1', () => {
    for (const n of [1, 2, 3, 10, 100]) {
      const { values } = randomMatrix(n, 9);
      assert.ok(values.every((p) => p > 0 && p <= 1));
      for (let i = 0; i < n; i++) {
        const sum = values.subarray(i * n, i * n + n).reduce((a, b) => a + b, 0);
        assert.ok(Math.abs(sum - 1) <= 1e-15 * n);
      }
    }
  });

  test('is the same for the same seed everywhere, and another for another', () => {
    assert.deepEqual(randomMatrix(10, 42), randomMatrix(10, 42));
    assert.notDeepEqual(randomMatrix(10, 42), randomMatrix(10, 43));
    // Written down once, so that a run can be repeated with a later version.
    assert.deepEqual(
      [...randomMatrix(2, 1).values].map((p) => p.toFixed(12)),
      expectedOfSeed1,
    );
  });

  test('refuses what is not a size or a seed', () => {
    for (const n of [0, -1, 1.5, 2049, Number.NaN]) assert.throws(() => randomMatrix(n, 1), refusal(/matrixSize/));
    for (const seed of [-1, 0.5, 2 ** 32, Number.NaN]) assert.throws(() => randomMatrix(2, seed), refusal(/seed/));
  });
});

const expectedOfSeed1 = ['0.995656272900', '0.004343727100', '0.349650471791', '0.650349528209'];

describe('checkMatrix()', () => {
  test('takes rows or a TransitionMatrix, copies it, and brings rows to sum 1', () => {
    const rows = [
      [0.333333333, 0.666666667],
      [1, 0],
    ];
    const { n, values } = checkMatrix(rows);
    assert.equal(n, 2);
    assert.equal(values[0]! + values[1]!, 1);
    const own = { n: 2, values: Float64Array.of(0, 1, 1, 0) };
    const copy = checkMatrix(own);
    own.values.fill(9);
    assert.deepEqual([...copy.values], [0, 1, 1, 0]);
    assert.deepEqual([...checkMatrix([[1]]).values], [1]);
  });

  const bad: [string, Parameters<typeof checkMatrix>[0], RegExp][] = [
    ['no rows', [], /number of rows/],
    [
      'a row that is too long',
      [
        [1, 0],
        [0.5, 0.25, 0.25],
      ],
      /row 2 has 3 entries: a matrix of 2 rows must have 2/,
    ],
    ['a matrix that is wide', [[0.5, 0.5]], /row 1 has 2 entries/],
    [
      'a negative entry',
      [
        [1, 0],
        [1.5, -0.5],
      ],
      /row 2, column 2 is -0.5/,
    ],
    [
      'an entry that is not a number',
      [
        [Number.NaN, 1],
        [0, 1],
      ],
      /row 1, column 1 is NaN/,
    ],
    [
      'an infinite entry',
      [
        [0, 1],
        [Number.POSITIVE_INFINITY, 0],
      ],
      /row 2, column 1 is Infinity/,
    ],
    [
      'a row that sums to less',
      [
        [1, 0],
        [0.5, 0.25],
      ],
      /row 2 sums to 0.75: every row must sum to 1/,
    ],
    [
      'a row that sums to more',
      [
        [0.5, 0.6],
        [1, 0],
      ],
      /row 1 sums to 1.1/,
    ],
    [
      'a row of zeros',
      [
        [0, 0],
        [1, 0],
      ],
      /row 1 sums to 0/,
    ],
    [
      'a row just off',
      [
        [1, 1e-7],
        [1, 0],
      ],
      /row 1 sums to 1.0000001/,
    ],
    ['values of the wrong length', { n: 2, values: new Float64Array(3) }, /2 numbers|4 numbers, it holds 3/],
    ['an n that is none', { n: 1.5, values: new Float64Array(2) }, /matrix.n/],
  ];
  for (const [what, matrix, message] of bad) {
    test(`refuses ${what}`, () => {
      assert.throws(() => checkMatrix(matrix), refusal(message));
    });
  }

  test('refuses what is no matrix at all', () => {
    for (const value of ['null', '5', '"rows"', '{}', '[5]', '[null]', '[["1"]]', '[[null]]']) {
      assert.throws(() => checkMatrix(JSON.parse(value)), refusal(/matrix/), value);
    }
  });
});

describe('readMatrixFile()', () => {
  test('reads rows from .csv and .json', async () => {
    for (const name of ['weather.csv', 'weather.json']) {
      const { n, values } = await readMatrixFile(fixture(name));
      assert.equal(n, 3);
      assert.deepEqual([...values], landOfOz.flat());
    }
  });

  const bad: [string, RegExp][] = [
    ['bad-row-sum.csv', /bad-row-sum.csv: matrix row 2 sums to 0.75/],
    ['negative.csv', /row 2, column 2 is -0.25/],
    ['words.csv', /row 2, column 2 is not a number: "half"/],
    ['empty-cell.csv', /row 2, column 2 is not a number: ""/],
    ['not-finite.csv', /row 2, column 1 is Infinity/],
    ['not-square.json', /row 2 has 3 entries/],
    ['not-a-number.json', /row 2, column 2 is not a number: null/],
    ['not-rows.json', /an array of rows/],
    ['empty.csv', /number of rows/],
    ['empty.json', /number of rows/],
    ['missing.csv', /Cannot read a matrix from .*missing.csv: ENOENT/],
    ['chains.ts', /must be named .csv or .json/],
  ];
  for (const [name, message] of bad) {
    test(`refuses ${name}`, async () => {
      await assert.rejects(readMatrixFile(fixture(name)), refusal(message));
    });
  }

  test('refuses a file that is cut short', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'cut-short.json');
    await writeFile(path, '[[0.5, 0.5], [0.5,');
    await assert.rejects(readMatrixFile(path), refusal(/cut-short.json: .*JSON/));
  });

  test('refuses a folder and a device', async () => {
    await using folder = await temporaryFolder();
    const device = join(folder.path, 'device.csv');
    await symlink(devNull, device);
    await assert.rejects(readMatrixFile(device), refusal(/not a regular file/));
    await symlink(tmpdir(), join(folder.path, 'folder.json'));
    await assert.rejects(readMatrixFile(join(folder.path, 'folder.json')), refusal(/not a regular file/));
  });
});

describe('partition()', () => {
  test('covers the total, and no two tasks differ by more than one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 2000 }), (totalCount, most) => {
        const pcNum = Math.min(most, totalCount);
        const sizes = [...partition(totalCount, pcNum)];
        assert.equal(sizes.length, pcNum);
        assert.equal(
          sizes.reduce((a, b) => a + b, 0),
          totalCount,
        );
        assert.ok(Math.min(...sizes) >= 1 && Math.max(...sizes) - Math.min(...sizes) <= 1);
        assert.deepEqual(
          sizes,
          sizes.toSorted((a, b) => b - a),
        );
      }),
    );
  });
});

describe('ProductMerge', () => {
  test('multiplies all partials in their order, as a tree', () => {
    // Each product writes down how deep it is, and where it begins and ends.
    const depths: number[] = [];
    const kernel = new LoopKernel('noting', 2, (left, right, out) => {
      assert.ok(left !== out && right !== out, 'no operand is overwritten');
      assert.equal(left[1]! + 1, right[0], 'neighbours are multiplied, the earlier one first');
      const depth = Math.max(left[2]!, right[2]!) + 1;
      depths.push(depth);
      out.set([left[0]!, right[1]!, depth, 0]);
    });
    for (const count of [1, 2, 3, 4, 5, 7, 8, 9, 100, 1000, 1024, 1025]) {
      depths.length = 0;
      const merge = new ProductMerge(kernel);
      for (let i = 0; i < count; i++) merge.push(Float64Array.of(i, i, 0, 0));
      assert.deepEqual([...(merge.finish() ?? [])].slice(0, 2), [0, count - 1]);
      assert.equal(merge.multiplications, count - 1);
      assert.ok(Math.max(0, ...depths) <= Math.ceil(Math.log2(count)), `depth for ${count} partials`);
    }
    assert.equal(new ProductMerge(kernel).finish(), undefined);
  });
});
