// sweep over real sessions: what is measured, how often, on how many workers, and what ends it early.

import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import {
  connect,
  defineWorkload,
  InvalidArgumentError,
  openStore,
  type RunOutcome,
  type RunRecord,
  type Session,
  type SweepProgress,
  stages,
  sweep,
  workloads,
} from '../../../sdk/index.ts';
import { storePath } from '../../helpers/kept-experiments.ts';

const once = { repeats: 1, warmup: 0 } as const;

/** A workload of the main process alone, which says what it is asked for. */
function counting(calls: string[] = []) {
  return defineWorkload({
    name: 'counting',
    params: z.object({ size: z.number(), failAt: z.number().default(-1) }),
    warmup: (params) => ({ ...params, size: 0 }),
    setup: ({ params }) => {
      if (params.size < 0) throw new InvalidArgumentError('size must be at least 0');
    },
    run({ params: { size, failAt } }) {
      calls.push(`run ${size}`);
      if (size === failAt) throw new Error('as asked');
      return { tasks: 1, work: size };
    },
    baseline({ params: { size } }) {
      calls.push(`baseline ${size}`);
      return { durationMs: 10 + calls.length };
    },
  });
}

describe('sweep()', () => {
  let session: Session;
  before(async () => {
    session = await connect({ workers: 2 });
  });
  after(() => session.close());

  test('measures each point as often as asked, after short runs that are not measured', async () => {
    const calls: string[] = [];
    const { records, data } = await sweep(
      session,
      counting(calls),
      { size: [1, 2] },
      { repeats: 2, warmup: 2, order: 'grid', precision: 0, baseline: false },
    );
    assert.deepEqual(calls, ['run 0', 'run 0', 'run 1', 'run 0', 'run 0', 'run 2', 'run 1', 'run 2']);
    assert.deepEqual(
      records.map(({ params, repeat }) => [params['size'], repeat]),
      [
        [1, 1],
        [2, 1],
        [1, 2],
        [2, 2],
      ],
    );
    assert.notEqual(data.endedAt, null);
  });

  test('runs the plain loop once a round for all splits of the same work', async () => {
    const { points } = await sweep(
      session,
      workloads.pi,
      { totalCount: 10_000, pcNum: [1, 2, 3] },
      { repeats: 2, warmup: 0, precision: 0 },
    );
    const rounds = [0, 1].map((i) => new Set(points.map(({ records }) => records[i]?.baselineMs)));
    assert.deepEqual(
      rounds.map(({ size }) => size),
      [1, 1],
    );
    assert.notDeepEqual(rounds[0], rounds[1]);
    // Two runs of it are two values, however many points they stand beside.
    for (const { baselineMs } of points) assert.equal(baselineMs?.count, 2);
    for (const { records } of points) {
      for (const { speedUp, baselineMs, durationMs } of records) assert.equal(speedUp, baselineMs! / durationMs);
    }
  });

  test('varies the workers on sessions of its own, and leaves the given one open', async () => {
    const { points } = await sweep(session, workloads.noop, { pcNum: 10, workers: [1, 2, 3] }, once);
    assert.deepEqual(
      points.map(({ workers, records }) => [workers, records[0]?.workers]),
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    );
    const one = session.remote(() => 1);
    assert.equal(await one(), 1);
  });

  test('writes down where the time went, and what was used', async () => {
    const { records } = await sweep(session, workloads.spin, { totalMs: 40, pcNum: 4 }, once);
    const [record] = records as [RunRecord];
    assert.equal(record.tasks, 4);
    assert.deepEqual(Object.keys(record.breakdownMs), [...stages]);
    assert.ok(record.breakdownMs.run >= 10, `${record.breakdownMs.run} ms of 10 ran`);
    assert.ok(record.latencyMs.p50 >= 9 && record.latencyMs.p99 >= record.latencyMs.p50);
    assert.ok(record.cpuUtilization > 0);
    assert.ok(record.peakMemoryBytes > 1e7);
    assert.deepEqual(record.nodes, [
      { node: 'embedded', cpu: record.cpuUtilization, memoryBytes: record.peakMemoryBytes },
    ]);
  });

  test('counts the attempts of its own runs alone that failed', async () => {
    const flaky = defineWorkload({
      name: 'flaky',
      params: z.object({ pcNum: z.int().default(1) }),
      async run({ session: own }) {
        const once = own.remote(
          () => {
            const counter = globalThis as { flaky?: number };
            counter.flaky = (counter.flaky ?? 0) + 1;
            if (counter.flaky % 2 === 1) throw new Error('the first time');
            return counter.flaky;
          },
          { retryErrors: true },
        );
        await once();
        return { tasks: 1, work: 1 };
      },
    });
    await using alone = await connect({ workers: 1 });
    const { records } = await sweep(alone, flaky, {}, { repeats: 3, warmup: 0, precision: 0 });
    assert.deepEqual(
      records.map(({ failures, errorRate }) => [failures, errorRate]),
      [
        [1, 0.5],
        [1, 0.5],
        [1, 0.5],
      ],
    );
  });

  test('counts the workers that died while a run was made, and those runs alone', async (t) => {
    const marks = dirname(storePath(t));
    const dying = defineWorkload({
      name: 'dying',
      params: z.object({ deaths: z.int() }),
      async run({ session: own, params: { deaths } }) {
        // Whoever can make a folder is the first to come, and dies of it.
        const die = own.remote(
          async (mark: string) => {
            const { mkdirSync } = await import('node:fs');
            try {
              mkdirSync(mark);
            } catch {
              return;
            }
            process.exit(1);
          },
          { maxRetries: 3 },
        );
        for (let i = 0; i < deaths; i++) await die(join(marks, String(i)));
        return { tasks: deaths, work: 1 };
      },
    });
    await using alone = await connect({ workers: 1 });
    const { records } = await sweep(alone, dying, { deaths: [0, 2] }, { ...once, repeats: 2, order: 'grid' });
    assert.deepEqual(
      records.map(({ params, workers, workersLost, failures }) => [params['deaths'], workers, workersLost, failures]),
      [
        [0, 1, 0, 0],
        [2, 1, 2, 2],
        [0, 1, 0, 0],
        [2, 1, 0, 0],
      ],
    );
  });

  test('notes a run that fails, tells of it, and goes on', async () => {
    const told: string[] = [];
    const { records, data } = await sweep(
      session,
      counting(),
      { size: [1, 2, 3], failAt: 2 },
      { ...once, order: 'grid', onFailure: ({ message, params }) => told.push(`${message} ${params['size']}`) },
    );
    assert.deepEqual(
      records.map(({ params }) => params['size']),
      [1, 3],
    );
    assert.deepEqual(told, ['as asked 2']);
    assert.deepEqual(
      data.failures.map(({ message, repeat, workers }) => [message, repeat, workers]),
      [['as asked', 1, 2]],
    );
  });

  test('rejects when the set-up finds an argument wrong, which no other run would have right, and keeps nothing of it', async (t) => {
    using store = openStore(storePath(t));
    await assert.rejects(sweep(session, counting(), { size: [-1, 1] }, { ...once, order: 'grid', store }), {
      name: 'InvalidArgumentError',
      message: 'size must be at least 0',
    });
    assert.deepEqual(store.list(), []);
  });

  test('keeps nothing where it was aborted before a run was made', async (t) => {
    using store = openStore(storePath(t));
    const { data } = await sweep(session, counting(), { size: 1 }, { ...once, store, signal: AbortSignal.abort() });
    assert.deepEqual([data.endedAt, data.records, store.list()], [null, [], []]);
  });

  test('gives what is done so far when it is aborted, and ends the run', async () => {
    const abort = new AbortController();
    const { records, data } = await sweep(
      session,
      workloads.markov,
      { totalCount: [1000, 1e14], pcNum: 1000 },
      {
        ...once,
        order: 'grid',
        baseline: false,
        signal: abort.signal,
        onProgress: ({ current }) => {
          if (current.params['totalCount'] === 1e14 && current.phase === 'run') abort.abort();
        },
      },
    );
    assert.equal(records.length, 1);
    assert.equal(data.endedAt, null);
  });

  test('keeps what the plain loop took in a round when it is taken up again', async (t) => {
    using store = openStore(storePath(t));
    const calls: string[] = [];
    const abort = new AbortController();
    const sweepOf = (signal?: AbortSignal) =>
      sweep(
        session,
        { ...counting(calls), splitBy: 'size' },
        { size: [1, 2] },
        { repeats: 2, warmup: 0, order: 'grid', precision: 0, store, signal, onRecord: () => abort.abort() },
      );
    await sweepOf(abort.signal);
    const { points } = await sweepOf();
    assert.deepEqual(calls, ['baseline 1', 'run 1', 'run 2', 'baseline 1', 'run 1', 'run 2']);
    for (const { baselineMs } of points) assert.equal(baselineMs?.count, 2);
  });

  test('says what ended it, whatever then becomes of its store', async (t) => {
    const store = openStore(storePath(t));
    const options = { ...once, order: 'grid', store, onRecord: () => store.close() } as const;
    await assert.rejects(sweep(session, counting(), { size: [1, -1] }, options), {
      name: 'InvalidArgumentError',
      message: 'size must be at least 0',
    });
  });

  test('begins no run that is expected to end after the budget', async () => {
    const slow = defineWorkload({
      name: 'slow',
      params: z.object({}),
      run: () => ({ tasks: 1, work: 1, durationMs: 1000 }),
    });
    const { records, data } = await sweep(session, slow, {}, { repeats: 5, warmup: 0, budgetMs: 999 });
    assert.equal(records.length, 1);
    assert.notEqual(data.endedAt, null);
  });

  test('counts the plain loop of a round as part of the budget', async () => {
    const uneven = defineWorkload({
      name: 'uneven',
      params: z.object({}),
      run: () => ({ tasks: 1, work: 1, durationMs: 1 }),
      baseline: () => ({ durationMs: 1e6 }),
    });
    const { records } = await sweep(session, uneven, {}, { repeats: 5, warmup: 0, precision: 0, budgetMs: 900_000 });
    assert.equal(records.length, 1);
  });

  test('tells how far it is, to the end', async () => {
    const told: SweepProgress[] = [];
    await sweep(
      session,
      workloads.noop,
      { pcNum: [10, 20] },
      { repeats: 2, precision: 0, onProgress: (progress) => told.push(progress) },
    );
    assert.equal(told[0]?.current.phase, 'warmup');
    assert.deepEqual(new Set(told.map(({ runsTotal }) => runsTotal)), new Set([4]));
    assert.deepEqual(new Set(told.map(({ current }) => current.label)), new Set(['pc_num 10', 'pc_num 20']));
    const last = told.at(-1);
    assert.deepEqual([last?.runsDone, last?.current.share], [4, 1]);
    for (const [i, { share }] of told.entries()) assert.ok(share >= 0 && share <= 1, `${i}: ${share}`);
  });

  describe('of a workload that says of its runs what cannot be', () => {
    const saying = (outcome: object | undefined, baseline: object = {}) =>
      defineWorkload({
        name: 'saying',
        params: z.object({}),
        run: () => outcome as RunOutcome,
        baseline: () => baseline,
      });
    const right = { tasks: 1, work: 1 };
    const ending: readonly [object | undefined, string][] = [
      [undefined, 'run must give { tasks, work }, got undefined'],
      [{ work: 1 }, 'tasks must be a whole number, 0 or more, got undefined'],
      [{ tasks: 1, work: '1' }, 'work must be a number, 0 or more, got "1"'],
      [{ ...right, finding: 3 }, 'finding must be a text, got 3'],
      [{ ...right, details: { large: 1n } }, 'details must be something that JSON can say'],
    ];
    for (const [outcome, message] of ending) {
      test(`ends: ${message}`, async () => {
        await assert.rejects(sweep(session, saying(outcome), {}, once), {
          name: 'InvalidArgumentError',
          message: `Workload saying: ${message}`,
        });
      });
    }

    const noted: readonly [object, object, string][] = [
      [{ ...right, tasks: 0.5 }, {}, 'tasks must be a whole number, 0 or more, got 0.5'],
      [{ ...right, work: Number.NaN }, {}, 'work must be a number, 0 or more, got NaN'],
      [{ ...right, durationMs: 0 }, {}, 'durationMs must be a number of milliseconds above 0, got 0'],
      [right, { durationMs: -1 }, 'durationMs must be a number of milliseconds above 0, got -1'],
    ];
    for (const [outcome, baseline, message] of noted) {
      test(`notes the run: ${message}`, async () => {
        const { data } = await sweep(session, saying(outcome, baseline), {}, once);
        assert.deepEqual(
          data.failures.map((failure) => failure.message),
          [`Workload saying: ${message}`],
        );
      });
    }
  });

  const refused: readonly [string, object, RegExp][] = [
    ['an option that there is not', { repeat: 1 }, /sweep has no option "repeat"/],
    ['no repeats', { repeats: 0 }, /repeats must be a whole number from 1/],
    ['an order that there is not', { order: 'backwards' }, /order is random or grid, not backwards/],
    ['a precision of all', { precision: 1 }, /precision must be a number from 0 to below 1/],
    ['a budget of nothing', { budgetMs: 0 }, /budgetMs must be a number above 0/],
    [
      'a time for workers to come back that is none',
      { workersTimeoutMs: -1 },
      /workersTimeoutMs must be a number, 0 or/,
    ],
    ['a baseline where there is none', { baseline: true }, /Workload noop has no baseline/],
  ];
  for (const [what, options, message] of refused) {
    test(`refuses ${what}`, async () => {
      await assert.rejects(sweep(session, workloads.noop, { pcNum: 1 }, options), {
        name: 'InvalidArgumentError',
        message,
      });
    });
  }
});
