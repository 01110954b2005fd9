// Resources, timings and the end of a session. A part of the suite that every way of connecting runs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CancelledError, ClosedError, InvalidArgumentError, ResourceError } from '../../sdk/index.ts';
import { sessionWithWorkers } from '../../sdk/session-with-workers.ts';
import { until } from '../helpers/cluster-process.ts';
import { type Given, numbers } from './given.ts';

export function lifeSuite(given: Given): void {
  describe('resources', () => {
    test('that no worker can have are refused, saying what there is', async () => {
      await assert.rejects(
        async () => given.session.remote(() => 1, { resources: { cpus: 64 } })(),
        (error: unknown) => error instanceof ResourceError && /64 cpus.*2/.test(error.message),
      );
    });

    test('a task that takes all workers gets them, and gives them back', async () => {
      const both = given.session.remote(() => 'both', { resources: { cpus: 2 } });
      const one = given.session.remote(() => 'one');
      const refs = [one(), both(), one(), both(), one()];
      assert.deepEqual(await given.session.get(refs), ['one', 'both', 'one', 'both', 'one']);
    });
  });

  describe('placement', () => {
    test('over the nodes that there are changes no result', async () => {
      for (const strategy of ['pack', 'spread'] as const) {
        const square = given.session.remote((x: number) => x * x, { placement: { labels: {}, strategy } });
        assert.deepEqual(await given.session.get(numbers(8).map((i) => square(i))), [0, 1, 4, 9, 16, 25, 36, 49]);
      }
    });

    test('on a node that is not there is refused', async () => {
      for (const placement of [{ node: 'nobody' }, { labels: { zone: 'nowhere' } }]) {
        await assert.rejects(
          async () => given.session.remote(() => 1, { placement })(),
          (error: unknown) => error instanceof ResourceError && /nobody|zone=nowhere/.test(error.message),
        );
      }
    });

    test('of another form is refused', () => {
      const refused: [object, RegExp][] = [
        [{ label: {} }, /placement has no option "label"; it has labels, node, strategy/],
        [{ strategy: 'random' }, /placement\.strategy must be "pack" or "spread", got "random"/],
        [{ node: '' }, /placement\.node must be the name of a node/],
        [{ labels: { zone: 1 } }, /placement\.labels\.zone must be a text/],
      ];
      for (const [placement, message] of refused) {
        assert.throws(() => given.session.remote(() => 1, { placement }), { code: 'INVALID_ARGUMENT', message });
      }
    });
  });

  describe('sessionWithWorkers()', () => {
    test('opens a session that runs its tasks on so many workers at once, at most', async () => {
      const one = await sessionWithWorkers(given.session, 1);
      assert.equal(one.workers, 1);
      assert.equal(one.cluster, given.session.cluster);
      const events = one.events();
      const own = await one.get(numbers(40).map((i) => one.remote((x: number) => x, { maxRetries: 0 })(i)));
      assert.deepEqual(own, numbers(40));
      assert.equal(await one.remote(() => 'another kind', { resources: { other: 0 } })(), 'another kind');
      await one.close();
      const held = new Set<string>();
      for await (const event of events) {
        if (event.type === 'worker.leased') held.add(event.lease);
        if (event.type === 'worker.released') held.delete(event.lease);
        assert.ok(held.size <= 1, `holds ${held.size}`);
      }
      assert.equal(given.session.workers, 2);
      assert.equal(await given.session.remote(() => 'still here')(), 'still here');
    });

    test('refuses less than one worker', async () => {
      await assert.rejects(sessionWithWorkers(given.session, 0), InvalidArgumentError);
    });
  });

  test('Session.workersBusy counts the workers that have tasks', async () => {
    await using other = await given.open();
    assert.deepEqual(await other.map((x: number) => x, numbers(4)).toArray(), numbers(4));
    assert.equal(other.workersBusy, 0);
    const never = other.remote(() => new Promise<number>(() => {}));
    const open = [never(), never()];
    for (const busy of [2, 1, 0]) {
      await until(() => other.workersBusy === busy);
      const ref = open.pop();
      if (ref !== undefined) other.cancel(ref, { force: true });
    }
  });

  test('Session.timings() says where the time went', async () => {
    const before = given.session.timings().tasks;
    const spin = given.session.remote((ms: number) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    });
    await given.session.get(numbers(20).map(() => spin(2)));
    const { tasks, stages, total } = given.session.timings();
    assert.equal(tasks - before, 20);
    assert.ok(stages.run.max >= 2);
    assert.ok(total.max >= stages.run.max * 0.9);
  });

  test('a closed session refuses calls and has cancelled what was open', async () => {
    const other = await given.open();
    const events = other.events();
    const never = other.remote(() => new Promise<number>(() => {}));
    const open = never();
    await other.remote(() => 1)();
    await other.close();
    await assert.rejects(async () => open, CancelledError);
    assert.throws(() => never(), ClosedError);
    assert.throws(() => other.put(1), ClosedError);
    let leased = 0;
    for await (const event of events) if (event.type === 'worker.leased') leased++;
    assert.ok(leased >= 1);
    await other.close();
  });
}
