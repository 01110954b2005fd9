// The order of a sweep's runs: rounds, warm-ups, what is known well enough, and what was made before.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Schedule, type ScheduledRun } from '../../../sdk/experiments/schedule.ts';

const rules = { repeats: 3, warmup: 1, order: 'random', seed: 1, precision: 0 } as const;

/** All runs, each of which takes what `ms` says. */
function runsOf(schedule: Schedule, ms: (run: ScheduledRun) => number | undefined): ScheduledRun[] {
  const runs: ScheduledRun[] = [];
  for (let next = schedule.next(); next !== undefined; next = schedule.next()) {
    assert.ok(runs.length < 1000, 'the schedule does not end');
    runs.push(next);
    schedule.onDone(next, ms(next));
  }
  return runs;
}

const measuredOnly = (runs: readonly ScheduledRun[]): string[] =>
  runs.filter(({ repeat }) => repeat > 0).map(({ point, repeat }) => `${point}/${repeat}`);

describe('Schedule', () => {
  test('measures every point once a round, after it was warmed up', () => {
    const runs = runsOf(new Schedule(4, rules), () => 10);
    assert.deepEqual(
      runs.filter(({ repeat }) => repeat > 0).map(({ repeat }) => repeat),
      [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3],
    );
    for (const point of [0, 1, 2, 3]) {
      const own = runs.filter((run) => run.point === point).map(({ repeat }) => repeat);
      assert.deepEqual(own, [0, 1, 2, 3]);
    }
  });

  test('goes through the rounds in orders that differ, and are the same for the same seed', () => {
    const order = (seed: number): string[] => measuredOnly(runsOf(new Schedule(8, { ...rules, seed }), () => 10));
    assert.deepEqual(order(1), order(1));
    assert.notDeepEqual(order(1), order(2));
    const rounds = [1, 2, 3].map((n) =>
      order(1)
        .filter((run) => run.endsWith(`/${n}`))
        .map((run) => run.split('/')[0]),
    );
    assert.notDeepEqual(rounds[0], rounds[1]);
    assert.deepEqual(measuredOnly(runsOf(new Schedule(3, { ...rules, order: 'grid', repeats: 1 }), () => 10)), [
      '0/1',
      '1/1',
      '2/1',
    ]);
  });

  test('measures no more what is known well enough', () => {
    const steady = (run: ScheduledRun): number => (run.point === 0 ? 100 : 100 + 80 * ((run.repeat * 7) % 5));
    const runs = measuredOnly(runsOf(new Schedule(2, { ...rules, repeats: 8, precision: 0.05 }), steady));
    assert.equal(runs.filter((run) => run.startsWith('0/')).length, 3);
    assert.equal(runs.filter((run) => run.startsWith('1/')).length, 8);
  });

  test('goes on with what was not made before, in the same order', () => {
    const all = measuredOnly(runsOf(new Schedule(3, rules), () => 10));
    const resumed = new Schedule(3, rules);
    for (const run of all.slice(0, 4)) {
      const [point, repeat] = run.split('/').map(Number);
      resumed.onDone({ point: point!, repeat: repeat! }, 10);
    }
    assert.deepEqual(measuredOnly(runsOf(resumed, () => 10)), all.slice(4));
  });

  test('makes a run that failed not again, and the point’s other repeats still', () => {
    const runs = measuredOnly(runsOf(new Schedule(1, rules), ({ repeat }) => (repeat === 1 ? undefined : 10)));
    assert.deepEqual(runs, ['0/1', '0/2', '0/3']);
  });

  test('measures a point that is added later as often as the others, and takes it to last as long as is guessed', () => {
    const schedule = new Schedule(2, { ...rules, warmup: 0 });
    runsOf(schedule, () => 10);
    assert.deepEqual(schedule.remaining(), { runs: 0, ms: 0 });
    assert.equal(schedule.add(40), 2);
    assert.deepEqual(schedule.remaining(), { runs: 3, ms: 120 });
    assert.equal(schedule.expectedMs(2), 40);
    assert.deepEqual(
      runsOf(schedule, () => 10),
      [1, 2, 3].map((repeat) => ({ point: 2, repeat })),
    );
  });

  test('measures a point again beside what is added, with repeats of their own', () => {
    const schedule = new Schedule(2, { ...rules, warmup: 0, order: 'grid' });
    runsOf(schedule, () => 10);
    const due = (): number[] => [1, 2, 3, 4, 5, 6, 7].filter((repeat) => schedule.isDue({ point: 1, repeat }));
    assert.deepEqual(due(), [1, 2, 3]);
    schedule.again(1);
    assert.deepEqual(due(), [4, 5, 6]);
    assert.deepEqual(
      [schedule.isDone({ point: 1, repeat: 3 }), schedule.isDone({ point: 1, repeat: 4 })],
      [true, false],
    );
    schedule.add();
    assert.deepEqual(schedule.remaining(), { runs: 6, ms: 60 });
    assert.deepEqual(measuredOnly(runsOf(schedule, () => 10)), ['1/4', '2/1', '1/5', '2/2', '1/6', '2/3']);
  });

  test('measures a point again until its new runs are known well enough, whatever the former ones were', () => {
    const schedule = new Schedule(1, { ...rules, warmup: 0, repeats: 6, precision: 0.05 });
    assert.equal(runsOf(schedule, () => 100).length, 3);
    schedule.again(0);
    assert.deepEqual(measuredOnly(runsOf(schedule, () => 200)), ['0/7', '0/8', '0/9']);
  });

  test('tells how much is left', () => {
    const schedule = new Schedule(2, { ...rules, warmup: 0, order: 'grid' });
    assert.deepEqual(schedule.remaining(), { runs: 6, ms: undefined });
    schedule.onDone({ point: 0, repeat: 1 }, 10);
    assert.deepEqual(schedule.remaining(), { runs: 5, ms: 50 });
    schedule.onDone({ point: 1, repeat: 1 }, 100);
    assert.deepEqual(schedule.remaining(), { runs: 4, ms: 220 });
  });
});
