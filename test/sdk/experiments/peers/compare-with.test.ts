// Peers side by side on one session: who is measured, how often, and what is said of those that fail.

import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type CompareOptions,
  compareWith,
  connect,
  InvalidArgumentError,
  type PeerComparison,
  type PeerRun,
  type Session,
} from '../../../../sdk/index.ts';
import { temporaryHome } from '../../../helpers/daemon-home.ts';
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

  test('a peer repeats each point within its budget, but measures it twice at least', async () => {
    // It says of each run that it took 3 s, in a moment.
    const { data } = await withPython('right', { repeats: 5, pointBudgetMs: 10_000 });
    const count = (runs: typeof data.runs, peer: string): number => runs.filter((run) => run.peer === peer).length;
    assert.equal(count(data.runs, 'numpy'), 3);
    assert.equal(count(data.runs, 'gridbook'), 2 * 5);
    const hurried = (await withPython('right', { repeats: 5, pointBudgetMs: 0 })).data.runs;
    assert.deepEqual([count(hurried, 'numpy'), count(hurried, 'gridbook')], [2, 2 * 2]);
    const once = (await withPython('right', { repeats: 1, pointBudgetMs: 0 })).data.runs;
    assert.deepEqual([count(once, 'numpy'), count(once, 'gridbook')], [1, 2]);
  });

  test('measures the peers of a point one after the other, in an order of its own each time', async () => {
    const { data } = await compare({ peers: ['baseline-js', 'piscina-tasks', 'piscina-batches'], repeats: 20 });
    const split = data.runs.filter(({ pcNum }) => pcNum !== null);
    const turns = Array.from({ length: 40 }, (_, i) => split.slice(3 * i, 3 * (i + 1)));
    for (const turn of turns) {
      assert.equal(new Set(turn.map(({ peer }) => peer)).size, 3);
      assert.equal(new Set(turn.map(({ pcNum, repeat }) => `${pcNum} ${repeat}`)).size, 1);
    }
    assert.ok(new Set(turns.map((turn) => turn.map(({ peer }) => peer).join())).size > 1);
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

  test('an abort ends whatever peer runs, and gives what was measured', async () => {
    const endless = { matrixSize: 10, totalCount: [50, 1e14], pcNum: 1 };
    const aborted = new Set<string>();
    // Which peer comes first is random.
    while (aborted.size < 2) {
      const abort = new AbortController();
      const { data } = await compareWith(session, endless, {
        peers: ['piscina-tasks'],
        repeats: 1,
        signal: abort.signal,
        onProgress: (_, what) => {
          if (!what.includes('total 100,000,000,000,000') || abort.signal.aborted) return;
          aborted.add(what);
          setImmediate(() => abort.abort(new Error('enough')));
        },
      });
      assert.equal(data.endedAt, null);
      assert.deepEqual(data.failures, []);
    }
  });

  describe('that is kept', () => {
    const repeatsOf = ({ data }: PeerComparison) =>
      [...Map.groupBy(data.runs, ({ peer, pcNum }) => `${peer} ${pcNum}`)].map(([place, runs]) => [
        place,
        runs.map(({ repeat }) => repeat),
      ]);
    const whole = [
      ['baseline null', [1, 2]],
      ['gridbook 1', [1, 2]],
      ['gridbook 5', [1, 2]],
    ];

    /** Ends it when so many runs have begun, those to warm up included. */
    async function interrupted(begun: number): Promise<readonly PeerRun[]> {
      const abort = new AbortController();
      let count = 0;
      const onProgress = (_: number, __: string, leftMs: number | undefined): void => {
        if (leftMs !== undefined && ++count === begun) abort.abort();
      };
      const { data } = await compare({ keep: true, signal: abort.signal, onProgress });
      assert.equal(data.endedAt, null);
      return data.runs;
    }

    /** The same once more; with what it was told of earlier runs. */
    async function again(options: CompareOptions = {}) {
      const told: (readonly PeerRun[])[] = [];
      const comparison = await compare({ keep: true, onResume: (runs) => told.push(runs), ...options });
      assert.deepEqual(repeatsOf(comparison).sort(), whole);
      return { told, runs: comparison.data.runs };
    }

    test('goes on where it was interrupted, and leaves nothing when it has ended', async (t) => {
      const folder = join(temporaryHome(t), 'comparisons');
      const before = await interrupted(5);
      assert.ok(before.length > 0 && before.length < 6, String(before.length));
      assert.equal((await compareWith(session, { ...small, seed: 2 }, { keep: true })).data.runs.length, 15);
      const { told, runs } = await again();
      assert.deepEqual(told, [before]);
      assert.deepEqual(runs.slice(0, before.length), before);
      assert.deepEqual(readdirSync(folder), []);
    });

    test('is refused before anything is started where the home directory is open to others', async (t) => {
      chmodSync(temporaryHome(t), 0o755);
      const told: string[] = [];
      await assert.rejects(compare({ keep: true, onProgress: (_, what) => told.push(what) }), {
        name: 'AuthenticationError',
      });
      assert.deepEqual(told, []);
    });

    test('is begun anew where that is asked for', async (t) => {
      temporaryHome(t);
      await interrupted(5);
      assert.deepEqual((await again({ resume: false })).told, []);
      assert.deepEqual((await again()).told, []);
    });

    test('leaves nothing where it was interrupted before a run was made', async (t) => {
      const folder = join(temporaryHome(t), 'comparisons');
      assert.deepEqual(await interrupted(1), []);
      assert.deepEqual(readdirSync(folder), []);
    });

    test('does without a line that was cut off, and without a file that is damaged or that another process adds to', async (t) => {
      const folder = join(temporaryHome(t), 'comparisons');
      const edit = (change: (text: string) => string): void => {
        const [name] = readdirSync(folder);
        const path = join(folder, name ?? '');
        writeFileSync(path, change(readFileSync(path, 'utf8')));
      };
      const before = await interrupted(6);
      edit((text) => text.trimEnd().slice(0, -10));
      assert.deepEqual((await again()).told, before.length > 1 ? [before.slice(0, -1)] : []);
      await interrupted(6);
      edit((text) => text.slice(10));
      assert.deepEqual((await again()).told, []);
      await interrupted(6);
      edit((text) => text.replace(`"pid":${process.pid}`, `"pid":${process.ppid}`));
      assert.deepEqual((await again()).told, []);
      assert.equal(readdirSync(folder).length, 1);
    });
  });

  test('tells how far it is by the time that it takes, up to 1', async () => {
    const told: { share: number; what: string; leftMs: number | undefined }[] = [];
    const onProgress = (share: number, what: string, leftMs: number | undefined): void => {
      told.push({ share, what, leftMs });
    };
    // What it says to take 3 s is over in a moment, so that nothing of the time is gone at the second of its two runs.
    await withPython('right', { peers: ['numpy'], onProgress });
    const shares = told.map(({ share }) => share);
    assert.ok(shares.every((share, i) => share >= 0 && share <= 1 && share >= (shares[i - 1] ?? 0)));
    assert.equal(shares.at(-1), 1);
    const known = told.filter(({ leftMs }) => leftMs !== undefined);
    assert.ok(told.indexOf(known[0]!) > 0, 'nothing is known before all were tried');
    const ofNumpy = known.filter(({ what }) => what.startsWith('numpy'));
    assert.equal(ofNumpy.length, 2);
    for (const { share } of ofNumpy) assert.ok(share < 0.5, `${share} of 6 s`);
    for (const [i, { leftMs }] of ofNumpy.entries()) assert.ok(leftMs! >= (2 - i) * 3000 - 1, `${leftMs} ms`);
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
    [
      'an option that there is not',
      () => compare({ ...{ repeat: 1 }, repeats: 1 }),
      /^compareWith has no option "repeat"; it has/,
    ],
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
