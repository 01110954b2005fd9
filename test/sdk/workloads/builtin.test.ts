// The workloads that come with Gridbook: each splits as asked, finds the same however it is split, and has its baseline.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, type Params, type RunOutcome, type Session, type Workload, workloads } from '../../../sdk/index.ts';
import { blockGrid } from '../../../sdk/workloads/matmul.ts';

const signal = new AbortController().signal;
const onProgress = (): void => {};

describe('workloads', () => {
  let session: Session;
  before(async () => {
    session = await connect({ workers: 2 });
  });
  after(() => session.close());

  async function run<I>(
    workload: Workload<I>,
    input: I,
    told: number[] = [],
  ): Promise<RunOutcome & { params: Params }> {
    const params = await workload.check(input);
    const prepared = await workload.prepare({ session, params, signal, onProgress: (share) => told.push(share) });
    return { ...(await prepared()), params };
  }

  test('pi finds the same number of points however they are split, and about pi', async () => {
    const found = await Promise.all(
      [1, 2, 7, 100].map((pcNum) => run(workloads.pi, { totalCount: 100_003, pcNum, seed: 3 })),
    );
    const hits = new Set(found.map(({ details }) => details?.['hits']));
    assert.equal(hits.size, 1);
    assert.ok(Math.abs(Number(found[0]?.details?.['estimate']) - Math.PI) < 0.02);
    assert.deepEqual(
      found.map(({ tasks }) => tasks),
      [1, 2, 7, 100],
    );
    assert.deepEqual(new Set(found.map(({ work }) => work)), new Set([100_003]));
  });

  test('matmul finds the same product however it is cut, as a plain one does', async () => {
    const cut = await Promise.all(
      [1, 2, 4, 6, 7, 30].map((pcNum) => run(workloads.matmul, { matrixSize: 61, pcNum, seed: 9 })),
    );
    const sums = cut.map(({ details }) => Number(details?.['checksum']));
    for (const sum of sums) assert.ok(Math.abs(sum - sums[0]!) < 1e-9, `${sum} is not ${sums[0]}`);
    assert.notEqual(sums[0], 0);
    assert.equal(cut[0]?.work, 61 ** 3);
  });

  test('blocks are laid out as squarely as their number allows', () => {
    assert.deepEqual(blockGrid(12), { down: 3, across: 4 });
    assert.deepEqual(blockGrid(16), { down: 4, across: 4 });
    assert.deepEqual(blockGrid(7), { down: 1, across: 7 });
  });

  test('spin keeps workers busy for the whole time', async () => {
    await run(workloads.spin, { totalMs: 1, pcNum: 2 });
    const start = performance.now();
    await run(workloads.spin, { totalMs: 200, pcNum: 10 });
    // Two workers cannot be busy for 200 ms together in less than 100.
    assert.ok(performance.now() - start >= 100);
  });

  test('markov as a workload finds what markov finds', async () => {
    const matrix = [
      [0.9, 0.1],
      [0.5, 0.5],
    ];
    const { finding, note, work, params } = await run(workloads.markov, { matrix, totalCount: 1000, pcNum: 4 });
    assert.equal(finding, 'converged');
    assert.equal(work, 999);
    assert.equal(params['matrixSize'], 2);
    assert.equal(params['seed'], null);
    assert.equal(note, 'limit, n = 2: 0.8333 0.1667');
  });

  test('markov refuses a matrix with a size or a seed that does not go with it', async () => {
    const matrix = [[1]];
    await assert.rejects(
      workloads.markov.check({ matrix, matrixSize: 3, totalCount: 1, pcNum: 1 }),
      /which has 1 rows: leave it out/,
    );
    await assert.rejects(workloads.markov.check({ matrix, seed: 3, totalCount: 1, pcNum: 1 }), /leave one of them out/);
  });

  test('each tells how far it is, and ends at all of it', async () => {
    for (const workload of [workloads.noop, workloads.pi]) {
      const told: number[] = [];
      await run<{ pcNum: number }>(workload, { pcNum: 50 }, told);
      assert.equal(told.at(-1), 1);
    }
  });

  test('baselines take about as long as what they stand for says', async () => {
    const spun = await workloads.spin.baseline?.({ params: { totalMs: 120, pcNum: 10 }, signal, onProgress });
    assert.ok(Number(spun?.durationMs) >= 120, `${spun?.durationMs} ms of 120`);
    for (const workload of [workloads.pi, workloads.matmul, workloads.markov]) {
      const params = workload.warmup(await workload.check({}));
      const outcome = await workload.baseline?.({ params, signal, onProgress });
      assert.ok(Number(outcome?.durationMs) > 0);
    }
    assert.equal(workloads.noop.baseline, undefined);
  });

  test('warm-ups are small, and of the workload’s form', async () => {
    for (const workload of Object.values(workloads)) {
      const params = await workload.check({});
      assert.deepEqual(await workload.check(workload.warmup(params)), workload.warmup(params));
    }
  });

  test('parameters say what they are, of what kind, and their defaults', () => {
    const { params } = workloads.markov;
    const kinds = Object.fromEntries(params.map(({ name, kind }) => [name, kind]));
    assert.deepEqual(kinds, {
      matrixSize: 'number',
      totalCount: 'number',
      pcNum: 'number',
      seed: 'number',
      kernel: 'text',
      combine: 'boolean',
      matrix: 'text',
    });
    assert.equal(params.find(({ name }) => name === 'totalCount')?.default, 10_000_000);
    for (const workload of Object.values(workloads)) {
      for (const { name, description } of workload.params) assert.notEqual(description, '', `${workload.name} ${name}`);
    }
  });
});
