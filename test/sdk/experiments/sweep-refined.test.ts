// Sweeps that go on between the points of their grid, until the choice of a split is certain.

import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import {
  type CostModel,
  connect,
  defineWorkload,
  Experiment,
  InvalidArgumentError,
  openStore,
  type RunRecord,
  type Session,
  type SweepProgress,
  sweep,
} from '../../../sdk/index.ts';
import { storePath } from '../../helpers/kept-experiments.ts';
import { startSweepProcess } from '../../helpers/store-process.ts';

/** Takes what a curve says, so that two sweeps of it are alike; its best is far from the points of a coarse grid. */
function valley(calls: number[] = [], refused: (split: number) => boolean = () => false) {
  return defineWorkload({
    name: 'valley',
    params: z.object({ height: z.number().default(100), pcNum: z.int().positive() }),
    derive(params) {
      if (refused(params.pcNum)) throw new InvalidArgumentError(`no ${params.pcNum}`);
      return params;
    },
    run({ params: { height, pcNum } }) {
      calls.push(pcNum);
      return { tasks: pcNum, work: 1000, durationMs: height * (1 + 0.4 * Math.abs(Math.log(pcNum / 33))) };
    },
  });
}

const quick = { repeats: 3, warmup: 0, precision: 0 } as const;
const tasksOf = ({ points }: Experiment): number[] => points.map(({ tasks }) => tasks);

function costOf({ models }: Experiment): CostModel {
  const model = models.find((one): one is CostModel => one.kind === 'cost');
  assert.ok(model !== undefined);
  return model;
}

describe('sweep() of a range', () => {
  let session: Session;
  before(async () => {
    session = await connect({ workers: 1 });
  });
  after(() => session.close());

  test('measures what lies between its points where the choice of a split lacks that, and is certain then', async () => {
    const grid = { pcNum: '1..1000:log' } as const;
    const coarse = await sweep(session, valley(), grid, { ...quick, refine: false });
    const given = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
    assert.deepEqual(tasksOf(coarse), given);
    assert.ok(costOf(coarse).confidence < 0.9, String(costOf(coarse).confidence));

    const told: SweepProgress[] = [];
    const refined = await sweep(session, valley(), grid, { ...quick, onProgress: (progress) => told.push(progress) });
    const added = tasksOf(refined).filter((tasks) => !given.includes(tasks));
    assert.ok(added.length > 0 && added.length <= given.length, String(added));
    assert.deepEqual(
      tasksOf(refined),
      [...given, ...added].sort((a, b) => a - b),
    );
    // The best so far was measured again beside what was added.
    const runs = refined.points.map(({ records }) => records.length);
    assert.ok(runs.every((count) => count % 3 === 0) && Math.max(...runs) > 3, String(runs));
    const all = refined.records.map(({ params, repeat }) => `${params['pcNum']} ${repeat}`);
    assert.equal(new Set(all).size, all.length);
    const { best, confidence } = costOf(refined);
    assert.ok(confidence >= 0.9, String(confidence));
    assert.ok(1 + 0.4 * Math.abs(Math.log(best / 33)) <= 1.05, String(best));
    assert.deepEqual(
      [...new Set(told.filter(({ current }) => current.isAdded).map(({ current }) => current.params['pcNum']))].sort(),
      [...added].sort(),
    );
    assert.deepEqual([told.at(-1)?.runsDone, told.at(-1)?.runsTotal], [refined.records.length, refined.records.length]);
    assert.match(refined.toMarkdown(), new RegExp(`then ${added.length} more points? for a certain choice`));
    assert.deepEqual(tasksOf(Experiment.fromJSON(JSON.stringify(refined))), tasksOf(refined));
  });

  test('leaves a list as it is, a range with a number of values, and one that is measured less than three times', async () => {
    const given = [1, 10, 100, 1000];
    for (const [pcNum, options] of [
      [given, quick],
      ['1..1000:log:4', quick],
    ] as const) {
      assert.deepEqual(tasksOf(await sweep(session, valley(), { pcNum }, options)), given);
    }
    const twice = await sweep(session, valley(), { pcNum: '1..1000:log' }, { ...quick, repeats: 2 });
    assert.equal(twice.points.length, 10);
  });

  test('goes on between the values of a list where it is asked for, in each group by itself', async () => {
    const grid = { height: [100, 200], pcNum: [1, 10, 100, 1000] };
    const { points } = await sweep(session, valley(), grid, { ...quick, refine: true });
    const splitsOf = (height: number): number[] =>
      points.filter(({ params }) => params['height'] === height).map(({ tasks }) => tasks);
    assert.ok(splitsOf(100).length > 4 && splitsOf(100).length <= 8, String(splitsOf(100)));
    assert.deepEqual(splitsOf(100), splitsOf(200));
  });

  test('keeps the recommendation of the grid when it is ended while a point is added', async () => {
    const grid = { pcNum: '1..1000:log' } as const;
    const abort = new AbortController();
    const onRecord = (_: RunRecord, { records }: Experiment): void => {
      if (records.length === 10 * 3 + 1) abort.abort();
    };
    const ended = await sweep(session, valley(), grid, { ...quick, onRecord, signal: abort.signal });
    const coarse = await sweep(session, valley(), grid, { ...quick, refine: false });
    assert.equal(ended.points.length, 11);
    assert.equal(costOf(ended).sentence, costOf(coarse).sentence);
    assert.ok(ended.table().includes(costOf(coarse).sentence));
  });

  test('adds nothing more where the machine became faster meanwhile, and warns of what was added', async () => {
    const calls: number[] = [];
    const slow = valley(calls);
    const changing = defineWorkload({
      name: 'changing',
      params: z.object({ pcNum: z.int().positive() }),
      async run(context) {
        const prepared = await slow.prepare(context);
        const { durationMs = 0, ...outcome } = await prepared();
        // The grid's own 30 runs come first.
        return { ...outcome, durationMs: calls.length > 30 ? durationMs / 2 : durationMs };
      },
    });
    const changed = await sweep(session, changing, { pcNum: '1..1000:log' }, quick);
    const steady = await sweep(session, valley(), { pcNum: '1..1000:log' }, quick);
    assert.ok(costOf(changed).confidence < 0.9, String(costOf(changed).confidence));
    assert.equal(changed.points.length, 12);
    const warning = /The machine changed while points were added: what was measured again took 0\.50 times as long/;
    assert.match(changed.table(), warning);
    assert.doesNotMatch(steady.table(), /The machine changed/);
  });

  test('adds nothing where the runs scatter too much to tell points apart', async () => {
    let calls = 0;
    const noisy = defineWorkload({
      name: 'noisy',
      params: z.object({ pcNum: z.int().positive() }),
      run: ({ params: { pcNum } }) => ({ tasks: pcNum, work: 1, durationMs: 100 + ((calls++ * 37) % 101) }),
    });
    const { points, models } = await sweep(session, noisy, { pcNum: '1..1000:log' }, quick);
    assert.ok(points.filter(({ durationMs }) => durationMs.isNoisy).length > 5);
    assert.ok(models.some((model) => model.kind === 'cost' && 'confidence' in model && Number(model.confidence) < 0.9));
    assert.equal(points.length, 10);
  });

  test('begins nothing of it that would end after the budget, and leaves out what the workload refuses', async () => {
    const grid = { pcNum: '1..1000:log' } as const;
    const calls: number[] = [];
    await sweep(session, valley(calls), { ...grid, height: 1e9 }, { ...quick, precision: 0.02, budgetMs: 1e6 });
    assert.equal(calls.length, 10, 'no run of a second round');
    const known = new Set([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
    const only = await sweep(
      session,
      valley([], (split) => !known.has(split)),
      grid,
      quick,
    );
    assert.equal(only.points.length, known.size);
  });

  test('refuses to refine where nothing splits the work', async () => {
    const whole = defineWorkload({ name: 'whole', params: z.object({}), run: () => ({ tasks: 1, work: 1 }) });
    await assert.rejects(sweep(session, whole, {}, { refine: true }), {
      name: 'InvalidArgumentError',
      message: /Workload whole has no parameter that splits its work: leave refine out/,
    });
  });
});

test('a sweep that is killed between the points of its grid and started again ends with the records of one that is not', async (t) => {
  const path = storePath(t);
  const whole = startSweepProcess(t, path, 'refined');
  assert.equal(await whole.end(), 0);
  const runs = whole.lines.slice(0, -1);
  assert.ok(runs.length > 10 * 3 + 4, String(runs.length));

  const killedPath = join(dirname(path), 'killed.sqlite');
  // In the middle of what was added first, and of what was added then.
  for (const count of [10 * 3 + 7, 22]) {
    const killed = startSweepProcess(t, killedPath, 'refined');
    await killed.said(count);
    await killed.end('SIGKILL');
  }
  const resumed = startSweepProcess(t, killedPath, 'refined');
  assert.equal(await resumed.end(), 0);
  using store = openStore(killedPath);
  const [experiment, ...others] = store.list().map(({ id }) => store.get(id));
  assert.deepEqual(others, []);
  const kept = experiment?.records.map(({ params, workers, repeat }) => JSON.stringify([params, workers, repeat]));
  assert.deepEqual(kept, runs);
});
