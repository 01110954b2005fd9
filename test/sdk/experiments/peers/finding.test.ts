// What peers must find is found by another way than theirs, and what differs from it is seen.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { differenceMax, differenceOf, expectedFinding, findingOf } from '../../../../sdk/experiments/peers/finding.ts';
import { baseline, randomMatrix } from '../../../../sdk/index.ts';

/** The power by nothing but its definition. */
function powerOf(n: number, matrix: Float64Array, count: number): Float64Array {
  let product = matrix.slice();
  for (let k = 1; k < count; k++) {
    const next = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        for (let m = 0; m < n; m++) next[i * n + j]! += product[i * n + m]! * matrix[m * n + j]!;
      }
    }
    product = next;
  }
  return product;
}

describe('expectedFinding()', () => {
  for (const count of [1, 2, 3, 5, 6, 7, 13, 100]) {
    test(`is that of the power ${count}, taken one multiplication after the other`, async () => {
      const matrix = randomMatrix(7, 3);
      const plain = findingOf(7, powerOf(7, matrix.values, count));
      assert.ok(differenceOf(plain, await expectedFinding(matrix, count)) < 1e-14);
    });
  }

  test('leaves the matrix as it is', async () => {
    const matrix = randomMatrix(5, 1);
    const before = matrix.values.slice();
    await expectedFinding(matrix, 6);
    assert.deepEqual(matrix.values, before);
  });

  test('agrees with the plain loop after ten million multiplications', async () => {
    const { limit } = await baseline({ matrixSize: 4, totalCount: 1e7 });
    const expected = await expectedFinding(randomMatrix(4, 1), 1e7);
    assert.ok(differenceOf({ limit: limit.stationary, rowSpread: limit.rowSpread }, expected) < 1e-12);
  });
});

describe('differenceOf()', () => {
  test('sees one multiplication too few while the limit is not reached', async () => {
    const matrix = randomMatrix(10, 1);
    const [four, five] = [await expectedFinding(matrix, 4), await expectedFinding(matrix, 5)];
    assert.ok(differenceOf(four, five) > 1000 * differenceMax);
  });

  test('takes a limit of another length, and one that is no number, for different', () => {
    const found = { limit: [0.5, 0.5], rowSpread: 0 };
    assert.ok(!(differenceOf({ limit: [0.25, 0.25, 0.5], rowSpread: 0 }, found) <= differenceMax));
    assert.ok(!(differenceOf({ limit: [Number.NaN, 0.5], rowSpread: 0 }, found) <= differenceMax));
    assert.ok(!(differenceOf({ limit: [0.5, 0.5], rowSpread: Number.NaN }, found) <= differenceMax));
    assert.ok(!(differenceOf({ limit: [0.5], rowSpread: 0 }, found) <= differenceMax));
  });

  test('compares how far the rows differ where a peer says that there is no limit', () => {
    const swaps = { limit: [0.5, 0.5], rowSpread: 1 };
    assert.equal(differenceOf({ limit: null, rowSpread: 1 }, swaps), 0);
    assert.equal(differenceOf({ limit: null, rowSpread: 0.5 }, swaps), 0.5);
  });
});
