// Peers side by side on one session: who is measured, how often, and what is said of those that fail.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type CompareOptions,
  compareWith,
  connect,
  InvalidArgumentError,
  type Session,
} from '../../../../sdk/index.ts';
import { pretendPython } from './pretend-python.ts';

const small = { matrixSize: 4, totalCount: 50, pcNum: [1, 5] };

describe('compareWith()', () => {
  let session: Session;
  before(async () => {
    session = await connect({ workers: 2 });
  });
  after(() => session.close());

  const compare = (options: CompareOptions) => compareWith(session, small, { repeats: 2, ...options });
  const withPython = async (mode: string, options: CompareOptions = {}) => {
    using python = pretendPython(mode);
    return await compare({ peers: ['baseline', 'numpy'], python: python.path, ...options });
  };

  test('measures every peer at every point as often as asked, gridbook first, and a plain loop once for all splits', async () => {
    const { data, rows } = await compareWith(
      session,
      { matrixSize: [4, 5], totalCount: [50, 60], pcNum: [1, 5] },
      { peers: ['baseline', 'piscina', 'baseline-js', 'baseline'], repeats: 3 },
    );
    assert.deepEqual(data.failures, []);
    assert.deepEqual(data.missing, []);
    const names = ['gridbook', 'baseline', 'baseline-js', 'piscina-tasks', 'piscina-batches'];
    assert.deepEqual(
      data.peers.map(({ name }) => name),
      names,
    );
    const counts = Map.groupBy(data.runs, ({ peer, matrixSize, totalCount, pcNum }) =>
      [peer, matrixSize, totalCount, pcNum].join(' '),
    );
    assert.equal(counts.size, 3 * 8 + 2 * 4);
    for (const [place, runs] of counts) {
      assert.deepEqual(
        runs.map(({ repeat }) => repeat),
        [1, 2, 3],
        place,
      );
    }
    assert.ok(data.runs.every(({ peer, pcNum }) => (pcNum === null) === peer.startsWith('baseline')));
    assert.ok(data.runs.every(({ durationMs, throughputPerSecond }) => durationMs > 0 && throughputPerSecond > 0));
    assert.equal(rows.length, 5 * 8);
    assert.ok(data.endedAt !== null);
  });

  test('takes the user’s own matrix, also one that has no limit', async () => {
    const matrix = [
      [0, 1],
      [1, 0],
    ];
    const { data } = await compareWith(
      session,
      { matrix, totalCount: 7, pcNum: 3 },
      { peers: ['baseline', 'piscina-batches'], repeats: 1 },
    );
    assert.deepEqual(data.failures, []);
    assert.equal(data.runs.length, 3);
    assert.deepEqual([data.seed, data.matrixSizes], [null, [2]]);
  });

  test('a peer measures each point once at least, and repeats it within its budget', async () => {
    // It says of each run that it took 3 s, in a moment.
    const { data } = await withPython('right', { repeats: 5, pointBudgetMs: 10_000 });
    const count = (peer: string): number => data.runs.filter((run) => run.peer === peer).length;
    assert.equal(count('numpy'), 3);
    assert.equal(count('gridbook'), 2 * 5);
    assert.equal((await withPython('right', { pointBudgetMs: 0 })).data.runs.length, 4);
  });

  test('interleaves the peers', async () => {
    const { data } = await compare({ peers: ['baseline'], repeats: 20 });
    const changes = data.runs.filter(({ peer }, i) => i > 0 && peer !== data.runs[i - 1]?.peer).length;
    assert.ok(changes > 10, `${changes} changes`);
  });

  const failing: readonly [mode: string, message: RegExp][] = [
    ['one multiplication less', /^It computes something else: its limit is off by \d.*, and may be by 1e-9$/],
    ['another shape', /^Its answer is not a time and a limit with one number a state$/],
    ['garbage later', /^It answered what is not JSON: Traceback: none$/],
  ];
  for (const [mode, message] of failing) {
    test(`a peer that fails the proof is not timed, and the rest is: ${mode}`, async () => {
      const { data, absences } = await withPython(mode);
      assert.deepEqual(
        data.failures.map(({ peer, totalCount, pcNum }) => ({ peer, totalCount, pcNum })),
        [{ peer: 'numpy', totalCount: null, pcNum: null }],
      );
      assert.match(data.failures[0]?.message ?? '', message);
      assert.match(absences.join(), /^numpy failed: It/);
      assert.equal(data.runs.filter(({ peer }) => peer === 'numpy').length, 0);
      assert.equal(data.runs.length, 6);
    });
  }

  test('a peer that dies in the middle keeps the runs that it made, and the rest is measured', async () => {
    const { data, absences } = await withPython('dies in the middle', { pointBudgetMs: 60_000 });
    assert.equal(data.runs.filter(({ peer }) => peer === 'numpy').length, 1);
    assert.equal(data.runs.length, 7);
    assert.match(absences.join(), /^numpy failed: .*python ended with 7: Killed by nobody \(total 50\)$/);
  });

  test('an error that a peer answers is said, and it is asked on', async () => {
    const { absences } = await withPython('raises');
    assert.deepEqual(absences, ['numpy failed: MemoryError: no room (total 50)']);
  });

  const absent: readonly [mode: string, why: RegExp][] = [
    ['garbage at the start', /python did not say that it is ready, but: Welcome to Python!$/],
    ['an endless line', /^Its answer is longer than 1048576 characters$/],
    ['ends at once', /python ended with 139: Segmentation fault$/],
  ];
  for (const [mode, why] of absent) {
    test(`a Python that cannot be asked is named, and the rest is measured: ${mode}`, async () => {
      const { data } = await withPython(mode);
      assert.deepEqual(
        data.missing.map(({ peer }) => peer),
        ['numpy'],
      );
      assert.match(data.missing[0]?.why ?? '', why);
      assert.equal(data.runs.length, 6);
    });
  }

  test('a Python that is not there is named, and the rest is measured', async () => {
    const { data } = await compare({ peers: ['numpy', 'ray', 'baseline'], python: '/nonexistent/python' });
    assert.deepEqual(
      data.missing.map(({ peer }) => peer),
      ['numpy', 'ray-tasks', 'ray-actor', 'ray-actors'],
    );
    assert.ok(data.missing.every(({ why }) => why === 'there is no /nonexistent/python'));
    assert.match(data.missing[0]?.install ?? '', /--python/);
    assert.equal(data.runs.length, 6);
  });

  test('a program that does not end when it should is ended', async () => {
    const { data } = await withPython('hangs when asked to end', { repeats: 1 });
    assert.equal(data.runs.filter(({ peer }) => peer === 'numpy').length, 1);
  });

  test('an abort ends it with what was measured', async () => {
    const abort = new AbortController();
    const endless = { matrixSize: 10, totalCount: [50, 1e14], pcNum: 1 };
    const { data } = await compareWith(session, endless, {
      peers: ['piscina-tasks'],
      repeats: 1,
      signal: abort.signal,
      onProgress: (_, what) => {
        if (!what.startsWith('piscina-tasks: n = 10, total 100,000,000,000,000')) return;
        setImmediate(() => abort.abort(new Error('enough')));
      },
    });
    assert.equal(data.endedAt, null);
    assert.deepEqual(data.failures, []);
  });

  test('tells how far it is, up to 1', async () => {
    const shares: number[] = [];
    await compare({ onProgress: (share) => shares.push(share) });
    assert.ok(shares.every((share, i) => share >= 0 && share <= 1 && share >= (shares[i - 1] ?? 0)));
    assert.equal(shares.at(-1), 1);
  });

  const wrong: readonly [string, () => Promise<unknown>, RegExp][] = [
    [
      'an unknown peer',
      () => compare({ peers: ['dask'] }),
      /^There is no peer "dask": there are ray, piscina, gridbook,/,
    ],
    ['a peer called like a member of all objects', () => compare({ peers: ['toString'] }), /no peer "toString"/],
    ['no repeats', () => compare({ repeats: 0 }), /^repeats must be/],
    ['a budget below 0', () => compare({ pointBudgetMs: -1 }), /^pointBudgetMs must be a number/],
    ['an empty python', () => compare({ python: ' ' }), /^python must be the name or the path/],
    ['no matrix', () => compareWith(session, { totalCount: 5, pcNum: 1 }), /needs a matrixSize, or a matrix/],
    [
      'more parts than matrices',
      () => compareWith(session, { matrixSize: 3, totalCount: [5, 50], pcNum: [1, 6] }),
      /pcNum must be at most totalCount \(5\)/,
    ],
    [
      'a size that is not that of the matrix',
      () => compareWith(session, { matrix: [[1]], matrixSize: 2, totalCount: 5, pcNum: 1 }),
      /matrixSize is not that of the matrix, which has 1 rows/,
    ],
    [
      'no totals',
      () => compareWith(session, { matrixSize: 3, totalCount: [], pcNum: 1 }),
      /from 1 to 10000 combinations/,
    ],
  ];
  for (const [what, call, message] of wrong) {
    test(`refuses ${what}`, async () => {
      await assert.rejects(call, (error) => error instanceof InvalidArgumentError && message.test(error.message));
    });
  }
});
