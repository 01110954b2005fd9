// The limit against solvers of another make, over random and over real chains.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { baseline, checkMatrix, randomMatrix, type TransitionMatrix } from '../../../../sdk/index.ts';
import { boardGame, clubWalk, landOfOz, surfer } from '../../../fixtures/markov/chains.ts';
import { byElimination, byInverseIteration, distance } from './independent-solvers.ts';

async function convergedLimit(matrix: TransitionMatrix, totalCount: number): Promise<number[]> {
  const { limit, multiplications } = await baseline({ matrix, totalCount });
  assert.equal(multiplications, totalCount - 1);
  assert.equal(limit.verdict, 'converged');
  assert.ok(limit.rowSpread <= 1e-10, `rows differ by ${limit.rowSpread}`);
  assert.ok(limit.residual !== null && limit.residual <= 1e-14, `residual ${limit.residual}`);
  assert.ok(limit.stationary !== null);
  assert.equal(limit.stationary.length, matrix.n);
  return limit.stationary;
}

async function assertAgreement(matrix: TransitionMatrix, totalCount: number): Promise<number[]> {
  const limit = await convergedLimit(matrix, totalCount);
  const { n, values } = matrix;
  assert.ok(distance(limit, byElimination(n, values)) <= 1e-10, 'differs from elimination');
  assert.ok(distance(limit, byInverseIteration(n, values)) <= 1e-10, 'differs from the eigenvector');
  return limit;
}

describe('the limit of a random chain', () => {
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 17, 23, 31, 32, 33, 50, 63, 64, 65, 101, 129, 200]) {
    test(`agrees with two independent solvers to 1e-10 at n = ${n}`, async () => {
      for (let seed = n; seed < n + (n <= 33 ? 8 : 2); seed++) {
        await assertAgreement(randomMatrix(n, seed), n <= 10 ? 20_000 : 200);
      }
    });
  }

  test('agrees when most entries are 0 and some are small', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const n = 5 + seed;
      const rows = Array.from({ length: n }, (_, i) => {
        const row = new Array<number>(n).fill(0);
        const { values } = randomMatrix(4, seed * 100 + i);
        row[i] = values[0]!;
        row[(i + 1) % n] = values[1]!;
        row[(i * 3 + seed) % n]! += 1e-4 * values[2]!;
        const sum = row.reduce((a, b) => a + b, 0);
        return row.map((p) => p / sum);
      });
      await assertAgreement(checkMatrix(rows), 20_000);
    }
  });
});

describe('the limit of a real chain', () => {
  test('is 2/5, 1/5, 2/5 for the weather of the Land of Oz', async () => {
    const limit = await assertAgreement(checkMatrix(landOfOz), 100);
    assert.ok(distance(limit, [0.4, 0.2, 0.4]) <= 1e-15);
  });

  test('gives the published mean length of a game of Snakes and Ladders', async () => {
    const limit = await assertAgreement(checkMatrix(boardGame()), 4000);
    // The chain returns to square 100 after one game and the step back to the start.
    assert.equal((1 / limit[100]! - 1).toFixed(1), '39.2');
    for (const neverStoodOn of [1, 16, 98]) assert.equal(limit[neverStoodOn], 0);
  });

  test('is each member share of ties for a walk in the karate club', async () => {
    const { rows, limit: known } = clubWalk();
    const limit = await assertAgreement(checkMatrix(rows), 2000);
    assert.ok(distance(limit, known) <= 1e-14);
    assert.equal(Math.round(limit[33]! * 156), 17);
  });

  test('agrees for the links of a small web with damping', async () => {
    await assertAgreement(checkMatrix(surfer()), 500);
    const ranks = await assertAgreement(checkMatrix(surfer(0.5)), 500);
    assert.ok(ranks.every((rank) => rank >= 0.5 / 8));
  });
});

describe('many multiplications', () => {
  test('30,000,000 of them neither drift nor overflow', async () => {
    for (const n of [2, 3]) {
      const matrix = randomMatrix(n, 7);
      const limit = await convergedLimit(matrix, 30_000_000);
      assert.ok(distance(limit, byElimination(n, matrix.values)) <= 1e-14);
    }
    const slow = checkMatrix([
      [0.99999, 0.00001],
      [0.00002, 0.99998],
    ]);
    assert.ok(distance(await convergedLimit(slow, 30_000_000), [2 / 3, 1 / 3]) <= 1e-10);
  });
});
