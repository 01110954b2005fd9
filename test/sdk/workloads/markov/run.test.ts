// The workload through a session: what is multiplied, and how a run is watched, repeated and ended.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { EmbeddedCluster } from '../../../../sdk/cluster/embedded.ts';
import { coreOf } from '../../../../sdk/core-of.ts';
import {
  baseline,
  CancelledError,
  connect,
  InvalidArgumentError,
  type MarkovProgress,
  markov,
} from '../../../../sdk/index.ts';
import { Session } from '../../../../sdk/session.ts';
import { clubWalk, landOfOz } from '../../../fixtures/markov/chains.ts';
import { distance } from './independent-solvers.ts';

/** So slow that its estimate tells how many matrices were multiplied. */
const slowSwitch = [
  [0.999, 0.001],
  [0.0005, 0.9995],
];

describe('markov()', () => {
  let session: Session;
  before(async () => {
    session = await connect({ workers: 2 });
  });
  after(() => session.close());

  test('does totalCount - 1 multiplications, and is what the plain loop gives, however it is split', async () => {
    const cases = fc.record({
      totalCount: fc.integer({ min: 1, max: 3000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      combine: fc.boolean(),
      kernel: fc.constantFrom('auto', 'js'),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ totalCount, share, combine, kernel }) => {
        const pcNum = 1 + Math.floor(share * (totalCount - 1));
        const progress: MarkovProgress[] = [];
        const result = await markov(session, {
          matrix: slowSwitch,
          totalCount,
          pcNum,
          combine,
          kernel,
          onProgress: (now) => progress.push(now),
        });
        assert.equal(result.multiplications, totalCount - 1);
        assert.equal(result.tasks, pcNum);
        const plain = await baseline({ matrix: slowSwitch, totalCount });
        assert.equal(result.limit.verdict, plain.limit.verdict);
        assert.ok(Math.abs(result.limit.rowSpread - plain.limit.rowSpread) <= 1e-12);
        assert.ok(distance(result.limit.stationary ?? [], plain.limit.stationary ?? []) <= 1e-12);
        assertProgress(progress, totalCount, pcNum);
      }),
      { numRuns: 60 },
    );
  });

  function assertProgress(progress: readonly MarkovProgress[], totalCount: number, pcNum: number): void {
    let before = { tasksDone: 0, multiplicationsDone: 0 };
    for (const now of progress) {
      assert.ok(now.tasksDone >= before.tasksDone && now.multiplicationsDone >= before.multiplicationsDone);
      before = now;
    }
    assert.deepEqual(progress.at(-1), {
      tasksDone: pcNum,
      tasksTotal: pcNum,
      multiplicationsDone: totalCount - 1,
      multiplicationsTotal: totalCount - 1,
    });
  }

  test('splits a run into as many tasks as there are matrices', async () => {
    const result = await markov(session, { matrix: landOfOz, totalCount: 20_000, pcNum: 20_000 });
    assert.equal(result.multiplications, 19_999);
    assert.ok(distance(result.limit.stationary ?? [], [0.4, 0.2, 0.4]) <= 1e-14);
  });

  test('gives the same limit for every split, combined or not, with every kernel', async () => {
    const { rows, limit } = clubWalk();
    for (const kernel of ['js', 'wasm', 'auto']) {
      for (const pcNum of [1, 2, 3, 7, 64, 1000]) {
        for (const combine of [false, true]) {
          const result = await markov(session, { matrix: rows, totalCount: 4001, pcNum, combine, kernel });
          assert.equal(result.multiplications, 4000);
          assert.ok(distance(result.limit.stationary ?? [], limit) <= 1e-13);
        }
      }
    }
  });

  test('gives one and the same result for a seed, and another for another', async () => {
    const run = (seed?: number) => markov(session, { matrixSize: 10, totalCount: 1000, pcNum: 1, seed });
    const [first, again, other, standard] = [await run(7), await run(7), await run(8), await run()];
    assert.deepEqual(first.limit, again.limit);
    assert.notDeepEqual(first.limit, other.limit);
    assert.deepEqual([first.seed, other.seed, standard.seed], [7, 8, 1]);
    assert.deepEqual(first.limit, (await baseline({ matrixSize: 10, totalCount: 1000, seed: 7 })).limit);
    assert.equal((await markov(session, { matrix: landOfOz, totalCount: 2, pcNum: 1 })).seed, null);
  });

  test('says so when there is no limit', async () => {
    const turn = [
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ];
    const { limit } = await markov(session, { matrix: turn, totalCount: 1000, pcNum: 9 });
    assert.equal(limit.verdict === 'periodic' && limit.period, 3);
  });

  test('is cancelled by its signal, and leaves the session as it was', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    let told = 0;
    const run = markov(session, {
      matrixSize: 10,
      totalCount: 1e14,
      pcNum: 1e10,
      signal,
      onProgress: () => {
        if (++told === 3) controller.abort(new CancelledError('enough'));
      },
    });
    await assert.rejects(run, (error) => error instanceof CancelledError && error.cause === signal.reason);
    assert.equal(told, 3);
    await assert.rejects(
      markov(session, { matrixSize: 10, totalCount: 100, pcNum: 10, signal }),
      (error) => error instanceof CancelledError && error.cause === signal.reason,
    );
    assert.equal((await markov(session, { matrixSize: 10, totalCount: 100, pcNum: 10 })).multiplications, 99);
  });

  test('is cancelled also in the middle of a task that would take for ever', async () => {
    await using own = await connect({ workers: 1 });
    const controller = new AbortController();
    const run = markov(own, { matrixSize: 10, totalCount: 1e15, pcNum: 1, signal: controller.signal });
    const leased = Promise.withResolvers<void>();
    void (async () => {
      for await (const { type } of own.events()) if (type === 'worker.leased') leased.resolve();
    })();
    await leased.promise;
    controller.abort();
    await assert.rejects(run, (error) => error instanceof CancelledError && error.cause === controller.signal.reason);
  });

  test('counts its own failures only, whatever else goes on under its name', async () => {
    await using own = await connect({ workers: 1 });
    const options = { matrixSize: 3, totalCount: 2000, pcNum: 500 };
    let attempts = 0;
    const others = own.remote(
      () => {
        throw new Error('again');
      },
      { name: 'markov', maxRetries: 50, retryErrors: () => ++attempts > 0 },
    )();
    const results = await Promise.all([markov(own, options), markov(own, options)]);
    await assert.rejects(async () => others, /again/);
    assert.equal(attempts, 50);
    assert.deepEqual(
      results.map(({ failures, errorRate }) => [failures, errorRate]),
      [
        [0, 0],
        [0, 0],
      ],
    );
  });

  test('counts the attempts that its lost workers cost it', async () => {
    const cluster = new EmbeddedCluster({ workers: 1 });
    const request = cluster.request.bind(cluster);
    let kill: (() => void) | undefined;
    cluster.request = (terms) =>
      request({
        ...terms,
        onGranted: (lease) => {
          kill ??= () => lease.kill();
          terms.onGranted(lease);
        },
      });
    await using own = new Session(cluster);
    let retried = 0;
    coreOf(own).events.on(({ type }) => {
      if (type === 'task.retried') retried++;
    });
    let told = 0;
    const onProgress = (): void => {
      if (++told === 1) kill?.();
    };
    const { failures, tasks, errorRate } = await markov(own, {
      matrixSize: 10,
      totalCount: 4_000_000,
      pcNum: 4000,
      onProgress,
    });
    assert.ok(failures > 0);
    assert.equal(failures, retried);
    assert.equal(errorRate, failures / (tasks + failures));
  });

  test('fails with what onProgress throws', async () => {
    const error = new Error('no more');
    const run = markov(session, {
      matrixSize: 2,
      totalCount: 100,
      pcNum: 10,
      onProgress: () => {
        throw error;
      },
    });
    await assert.rejects(run, error);
  });

  test('baseline() tells how far it is, and refuses what is no parameter of it', async () => {
    const done: number[] = [];
    const onProgress = (progress: { multiplicationsDone: number }): void => {
      done.push(progress.multiplicationsDone);
    };
    const { multiplications } = await baseline({ matrixSize: 200, totalCount: 150, kernel: 'wasm', onProgress });
    assert.ok(done.length > 1);
    assert.deepEqual(
      done,
      [...new Set(done)].sort((a, b) => a - b),
    );
    assert.equal(done.at(-1), multiplications);
    const misspelt: object = { pcNum: 3 };
    await assert.rejects(baseline({ matrixSize: 2, totalCount: 5, ...misspelt }), /baseline has no option "pcNum"/);
  });

  test('markov() refuses what is no session, and what is no parameter of it', async () => {
    const options = { matrixSize: 2, totalCount: 10, pcNum: 1 };
    const noSession: unknown = {};
    await assert.rejects(markov(noSession as Session, options), /^InvalidArgumentError: A session is needed/);
    const misspelt: object = { kernal: 'js' };
    await assert.rejects(
      markov(session, { ...options, ...misspelt }),
      /markov has no option "kernal"; it has matrixSize/,
    );
  });

  const matrixSize = 3;
  const refused: [string, Parameters<typeof markov>[1], RegExp][] = [
    ['a size of 0', { matrixSize: 0, totalCount: 10, pcNum: 1 }, /matrixSize/],
    ['half a size', { matrixSize: 2.5, totalCount: 10, pcNum: 1 }, /matrixSize/],
    ['a size that is too large', { matrixSize: 5000, totalCount: 10, pcNum: 1 }, /matrixSize/],
    ['a negative total', { matrixSize, totalCount: -5, pcNum: 1 }, /totalCount/],
    ['a total of 0', { matrixSize, totalCount: 0, pcNum: 1 }, /totalCount/],
    ['a total that is not a number', { matrixSize, totalCount: Number.NaN, pcNum: 1 }, /totalCount/],
    ['a pcNum of 0', { matrixSize, totalCount: 10, pcNum: 0 }, /pcNum/],
    ['half a pcNum', { matrixSize, totalCount: 10, pcNum: 1.5 }, /pcNum/],
    ['an endless pcNum', { matrixSize, totalCount: 10, pcNum: Number.POSITIVE_INFINITY }, /pcNum/],
    ['more tasks than matrices', { matrixSize, totalCount: 10, pcNum: 11 }, /pcNum must be at most totalCount \(10\)/],
    ['no size and no matrix', { totalCount: 10, pcNum: 1 }, /matrixSize, or a matrix/],
    ['a size that is not the matrix', { matrixSize, matrix: [[1]], totalCount: 10, pcNum: 1 }, /the matrix has 1 rows/],
    ['a matrix whose row is off', { matrix: [[0.5]], totalCount: 10, pcNum: 1 }, /row 1 sums to 0.5/],
    ['a negative seed', { matrixSize, totalCount: 10, pcNum: 1, seed: -1 }, /seed/],
    ['an unknown kernel', { matrixSize, totalCount: 10, pcNum: 1, kernel: 'fast' }, /kernel must be one of/],
  ];
  for (const [what, options, message] of refused) {
    test(`refuses ${what}`, async () => {
      await assert.rejects(markov(session, options), (error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});
