// The stream of what happens in a session, and its account of where the time went.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coreOf } from '../../sdk/core-of.ts';
import { connect, type SessionEvent } from '../../sdk/index.ts';
import { errorOf } from '../helpers/outcomes.ts';

test('Session.events() tells each thing in its order, and ends with the session', async () => {
  const session = await connect({ address: 'embedded', workers: 1 });
  const seen: SessionEvent[] = [];
  const events = session.events();
  const listening = (async () => {
    for await (const event of events) seen.push(event);
  })();
  const exit = session.remote(() => process.exit(6), { maxRetries: 1, name: 'leaver' });
  await errorOf(exit());
  class Fragile {
    exit(): void {
      process.exit(0);
    }
    get(): number {
      return 1;
    }
  }
  const actor = session.actor(Fragile, [], { maxRestarts: 2, name: 'phoenix' });
  await errorOf(actor.exit());
  await actor.get();
  await session.remote(() => 'both', { resources: { cpus: 1, other: 0 } })();
  await session.close();
  await listening;

  const task = seen.filter((e) => e.type.startsWith('worker.') || e.type === 'task.retried').slice(0, 5);
  const [leased, lost, again, retried, lostAgain] = task;
  assert.deepEqual(
    task.map((e) => e.type),
    ['worker.leased', 'worker.lost', 'worker.leased', 'task.retried', 'worker.lost'],
  );
  assert.ok(leased?.type === 'worker.leased' && lost?.type === 'worker.lost');
  assert.equal(lost.lease, leased.lease);
  assert.equal(lost.worker, leased.worker);
  assert.equal(lost.reason, 'exit');
  assert.match(lost.message, /exit code 6/);
  assert.ok(again?.type === 'worker.leased' && again.lease !== leased.lease);
  assert.ok(retried?.type === 'task.retried');
  assert.deepEqual([retried.name, retried.attempt, retried.worker], ['leaver', 2, again.worker]);
  assert.ok(lostAgain?.type === 'worker.lost' && lostAgain.lease === again.lease);
  assert.deepEqual(
    seen.filter((e) => e.type === 'actor.restarted'),
    [{ type: 'actor.restarted', name: 'phoenix', restarts: 1 }],
  );
});

test('a listener that does not read loses its oldest events and is told how many', async () => {
  const session = await connect({ address: 'embedded', workers: 2 });
  const events = session.events();
  // Each failure that is retried is one event.
  const retries = 13_000;
  const fail = session.remote(
    () => {
      throw new Error('again');
    },
    { maxRetries: retries - 1, retryErrors: true, name: 'retried' },
  );
  await errorOf(fail());
  await session.close();
  let dropped = 0;
  const attempts: number[] = [];
  let others = 0;
  for await (const event of events) {
    if (event.type === 'events.dropped') dropped += event.count;
    else if (event.type === 'task.retried') attempts.push(event.attempt);
    else others++;
  }
  assert.ok(dropped >= 3000, `dropped ${dropped}`);
  assert.ok(attempts.length <= 10_000);
  assert.equal(attempts.at(-1), retries);
  // What is left is the newest, without a gap.
  assert.deepEqual(
    attempts,
    attempts.map((_, i) => attempts[0]! + i),
  );
  assert.ok(dropped + attempts.length + others >= retries);
});

test('leaving a loop over events leaves no listener behind', async () => {
  const session = await connect({ address: 'embedded', workers: 1 });
  await session.remote(() => 1)();
  const events = session.events();
  const next = events.next();
  await session.remote(() => 1, { resources: { cpus: 1, none: 0 } })();
  assert.ok(!(await next).done);
  await events.return();
  assert.deepEqual(await events.next(), { value: undefined, done: true });
  await session.close();
});

test('a stream of events that is closed before it is read is forgotten', async () => {
  const session = await connect({ address: 'embedded', workers: 1 });
  const hub = coreOf(session).events;
  const streams = [session.events(), session.events(), session.events()] as const;
  assert.equal(hub.listenerCount, 3);
  assert.deepEqual(await streams[0].return(), { value: undefined, done: true });
  await assert.rejects(streams[1].throw(new Error('enough')), /enough/);
  {
    await using third = streams[2];
    assert.equal(typeof third.next, 'function');
  }
  assert.equal(hub.listenerCount, 0);
  await session.remote(() => 1)();
  for (const stream of streams) assert.deepEqual(await stream.next(), { value: undefined, done: true });
  await session.close();
});

test('a stream of events has those from its making on, and ends at once when it is closed while it waits', async () => {
  const session = await connect({ address: 'embedded', workers: 1 });
  const events = session.events();
  await session.remote(() => 1)();
  const first = await events.next();
  assert.equal(first.value?.type, 'worker.leased');
  const waiting = events.next();
  assert.deepEqual(await events.return(), { value: undefined, done: true });
  assert.deepEqual(await waiting, { value: undefined, done: true });
  assert.equal(coreOf(session).events.listenerCount, 0);
  await session.close();
  assert.deepEqual(await session.events().next(), { value: undefined, done: true });
});

test('Session.timings() accounts for the time of each task, stage by stage', async () => {
  const session = await connect({ address: 'embedded', workers: 1 });
  const spin = session.remote((ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  });
  const startedAt = performance.now();
  await session.get(Array.from({ length: 10 }, () => spin(20)));
  const wallMs = performance.now() - startedAt;
  const { tasks, stages, total } = session.timings();
  await session.close();
  assert.equal(tasks, 10);
  assert.equal(total.count, 10);
  for (const [name, { count, mean, p50, p90, p99, max }] of Object.entries(stages)) {
    assert.equal(count, 10, name);
    assert.ok(mean >= 0 && p50 <= p90 && p90 <= p99 && p99 <= max, name);
    assert.ok(max <= wallMs * 1.1, name);
  }
  assert.ok(stages.run.p50 >= 18, `run ${stages.run.p50}`);
  assert.ok(stages.run.mean * 10 <= wallMs * 1.1);
  // One worker: the last task has waited for nine others, somewhere.
  assert.ok(stages.waitInSession.max + stages.waitOnWorker.max + stages.travel.max >= 9 * 18);
  assert.ok(total.max <= wallMs * 1.1);
});
