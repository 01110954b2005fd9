// Whether there is a limit, and what is said where there is none.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyseLimit, baseline, type LimitAnalysis, randomMatrix } from '../../../../sdk/index.ts';

type Rows = readonly (readonly number[])[];

async function limitOf(matrix: Rows, totalCount: number): Promise<LimitAnalysis> {
  return (await baseline({ matrix, totalCount })).limit;
}

/** A ring where each step goes on by `step` of `n`. */
function ring(n: number, steps: readonly number[]): number[][] {
  return Array.from({ length: n }, (_, i) => {
    const row = new Array<number>(n).fill(0);
    for (const step of steps) row[(i + step) % n]! += 1 / steps.length;
    return row;
  });
}

/** Chains that do not reach each other, side by side. */
function sideBySide(...chains: readonly Rows[]): number[][] {
  const n = chains.reduce((sum, { length }) => sum + length, 0);
  let at = 0;
  return chains.flatMap((chain) => {
    const from = at;
    at += chain.length;
    return chain.map((row) => [...new Array(from).fill(0), ...row, ...new Array(n - from - row.length).fill(0)]);
  });
}

function assertPeriodic(limit: LimitAnalysis, period: number): void {
  assert.equal(limit.verdict, 'periodic');
  assert.equal(limit.verdict === 'periodic' && limit.period, period);
  assert.equal(limit.stationary, null);
  assert.equal(limit.residual, null);
  assert.ok(limit.rowSpread > 0.1);
}

describe('a periodic chain', () => {
  for (const period of [2, 3, 6]) {
    test(`has no limit and period ${period} as a ring`, async () => {
      for (const total of [1, 2, 999, 5000]) assertPeriodic(await limitOf(ring(period, [1]), total), period);
    });
  }

  test('has the common divisor of its rounds as period', async () => {
    assertPeriodic(await limitOf(ring(6, [1, 3]), 1000), 2);
    assertPeriodic(await limitOf(ring(9, [1, 4, 7]), 1000), 3);
    assertPeriodic(await limitOf(ring(12, [1, 7]), 1000), 6);
  });

  test('has a period that none of its rounds has as length', async () => {
    // Rounds of 4 and of 6 steps, from one state.
    const rows = ring(6, [1]);
    rows[3] = [0.5, 0, 0, 0, 0.5, 0];
    assertPeriodic(await limitOf(rows, 1000), 2);
  });

  test('is periodic also when every start is transient', async () => {
    const rows = [
      [0.5, 0.25, 0.25],
      [0, 0, 1],
      [0, 1, 0],
    ];
    assertPeriodic(await limitOf(rows, 1001), 2);
  });

  test('converges when one state may stay', async () => {
    const rows = ring(6, [1]);
    rows[0] = [0.5, 0.5, 0, 0, 0, 0];
    assert.equal((await limitOf(rows, 2000)).verdict, 'converged');
  });
});

describe('a reducible chain', () => {
  test('depends on the start, with its classes listed', async () => {
    const rows = sideBySide(ring(2, [0, 1]), ring(3, [1]), [[1]]);
    const limit = await limitOf(rows, 1000);
    assert.equal(limit.verdict, 'depends-on-start');
    assert.equal(limit.stationary, null);
    assert.deepEqual(limit.verdict === 'depends-on-start' && limit.classes, [
      { states: [0, 1], period: 1 },
      { states: [2, 3, 4], period: 3 },
      { states: [5], period: 1 },
    ]);
  });

  test('lists closed classes only, for a gambler who is ruined or wins', async () => {
    const rows = [
      [1, 0, 0, 0],
      [0.5, 0, 0.5, 0],
      [0, 0.5, 0, 0.5],
      [0, 0, 0, 1],
    ];
    const limit = await limitOf(rows, 1000);
    assert.deepEqual(limit.verdict === 'depends-on-start' && limit.classes, [
      { states: [0], period: 1 },
      { states: [3], period: 1 },
    ]);
  });

  test('converges when it ends up in one class, and transient states get nothing', async () => {
    const rows = [
      [0.5, 0.5, 0, 0],
      [0, 0.5, 0.25, 0.25],
      [0, 0, 0.5, 0.5],
      [0, 0, 0.25, 0.75],
    ];
    const limit = await limitOf(rows, 2000);
    assert.equal(limit.verdict, 'converged');
    assert.ok(limit.stationary !== null);
    assert.deepEqual(limit.stationary.slice(0, 2), [0, 0]);
    assert.ok(Math.abs(limit.stationary[2]! - 1 / 3) < 1e-15);
  });

  test('finds its classes along a path of 2000 states', () => {
    const n = 2000;
    const values = new Float64Array(n * n);
    for (let i = 0; i < n; i++) values[i * n + Math.min(i + 1, n - 1)] = 1;
    const product = new Float64Array(n * n);
    for (let i = 0; i < n; i++) product[i * n + n - 1] = 1;
    const limit = analyseLimit({ n, values }, product, 5000);
    assert.equal(limit.verdict, 'converged');
    assert.equal(limit.stationary?.[n - 1], 1);
  });
});

describe('a chain that has not converged', () => {
  const chains: Record<string, Rows> = {
    'a slow switch': [
      [0.999, 0.001],
      [0.003, 0.997],
    ],
    'a lazy ring': ring(12, [0, 1]),
    'two rooms with a narrow door': [
      [0.5, 0.5, 0, 0],
      [0.5, 0.4999, 0.0001, 0],
      [0, 0.0001, 0.4999, 0.5],
      [0, 0, 0.5, 0.5],
    ],
    'a ring that hardly ever stays': ring(5, [1]).map((row, i) => (i === 0 ? [0.01, 0.99, 0, 0, 0] : row)),
  };
  for (const [name, rows] of Object.entries(chains)) {
    test(`says with which total it would: ${name}`, async () => {
      for (const total of [1, 2, 5, 37]) {
        const limit = await limitOf(rows, total);
        assert.equal(limit.verdict, 'not-yet');
        const needed = limit.verdict === 'not-yet' ? limit.totalCountNeeded : null;
        assert.ok(needed !== null && needed > total);
        assert.ok(limit.rowSpread > 1e-10);
        const then = await limitOf(rows, needed);
        assert.equal(then.verdict, 'converged');
        // What is asked for is not far from the least that would do.
        assert.equal((await limitOf(rows, Math.ceil(needed / 3))).verdict, 'not-yet');
      }
    });
  }

  test('asks for more with one matrix of a random chain, also of a large one', async () => {
    for (const n of [2, 10, 33, 300]) {
      const { limit } = await baseline({ matrixSize: n, totalCount: 1, seed: 3 });
      assert.equal(limit.verdict, 'not-yet');
      const needed = limit.verdict === 'not-yet' ? limit.totalCountNeeded : null;
      assert.ok(needed !== null);
      const then = await baseline({ matrixSize: n, totalCount: needed, seed: 3 });
      assert.equal(then.limit.verdict, 'converged');
    }
  });

  test('gives the distribution over an even start as its estimate', async () => {
    const { values } = randomMatrix(3, 1);
    const limit = analyseLimit({ n: 3, values }, values, 1);
    const mean = [0, 1, 2].map((j) => (values[j]! + values[3 + j]! + values[6 + j]!) / 3);
    assert.ok(limit.stationary?.every((p, j) => Math.abs(p - mean[j]!) < 1e-15));
  });

  test('asks for no total when rounding alone keeps the rows apart', () => {
    const stuck = { n: 2, values: Float64Array.of(0.5, 0.5, 0.5, 0.5) };
    const limit = analyseLimit(stuck, Float64Array.of(0.5 + 1e-9, 0.5 - 1e-9, 0.5, 0.5), 1000);
    assert.equal(limit.verdict, 'not-yet');
    assert.equal(limit.verdict === 'not-yet' && limit.totalCountNeeded, null);
  });
});
