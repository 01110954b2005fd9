// The threads of an embedded session: who gets how many, in which turn, and what can never be had.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EmbeddedCluster } from '../../sdk/cluster/embedded.ts';
import { ActorDiedError, connect, ResourceError } from '../../sdk/index.ts';
import { Session } from '../../sdk/session.ts';
import { errorOf } from '../helpers/outcomes.ts';

class Cell {
  #value = 0;
  add(n: number): number {
    this.#value += n;
    return this.#value;
  }
}

test('a resource whose name every object has is refused unless the session was given it', async () => {
  await using session = await connect({ address: 'embedded', workers: 1 });
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    assert.throws(
      () => session.remote(() => 1, { resources: { [name]: 1 } })(),
      (error) => error instanceof ResourceError && error.message.includes(`1 ${name}: this session has 0`),
    );
  }
  await using other = await connect({ address: 'embedded', workers: 1, resources: { constructor: 1 } });
  assert.equal(await other.remote(() => 1, { resources: { constructor: 1 } })(), 1);
});

test('amounts in fractions add up: what fits on paper is granted', async () => {
  await using session = await connect({ address: 'embedded', workers: 1, resources: { gpu: 0.6 } });
  const actors = [0.1, 0.2, 0.3].map((gpu) => session.actor(Cell, [], { resources: { gpu } }));
  assert.deepEqual(await session.get(actors.map((actor) => actor.add(1))), [1, 1, 1]);
});

test('amounts in fractions leave nothing behind: the whole can be had after them', async () => {
  await using session = await connect({ address: 'embedded', workers: 1, resources: { gpu: 1 } });
  // In binary fractions .2 + .6 - .2 + .3 - .6 - .3 is not 0, but above it.
  const start = async (gpu: number): Promise<{ kill(): void }> => {
    const actor = session.actor(Cell, [], { resources: { gpu } });
    await actor.add(1);
    return actor;
  };
  const a = await start(0.2);
  const b = await start(0.6);
  a.kill();
  const c = await start(0.3);
  b.kill();
  c.kill();
  assert.equal(await session.remote(() => 'whole', { resources: { gpu: 1 } })(), 'whole');
});

test('whatever fractions are taken and given back, each task gets what it asks for', async () => {
  await using session = await connect({ address: 'embedded', workers: 2, resources: { gpu: 1 } });
  const share = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);
  await fc.assert(
    fc.asyncProperty(fc.array(share, { minLength: 1, maxLength: 8 }), async (shares) => {
      const refs = shares.map((gpu) => session.remote((x: number) => x, { resources: { gpu } })(gpu));
      assert.deepEqual(await session.get(refs), shares);
      assert.equal(await session.remote(() => 'whole', { resources: { gpu: 1 } })(), 'whole');
    }),
    { numRuns: 20 },
  );
});

test('an actor beyond the limit of threads is refused, saying the limit, and tasks still run', async () => {
  await using session = new Session(new EmbeddedCluster({ workers: 1, threadsMax: 3 }));
  const [first, second] = [session.actor(Cell), session.actor(Cell)];
  assert.deepEqual(await session.get([first.add(1), second.add(2)]), [1, 2]);
  const third = session.actor(Cell);
  const error = await errorOf(third.add(3));
  assert.ok(error instanceof ActorDiedError && error.cause instanceof ResourceError, String(error));
  assert.match(error.cause.message, /this session has 2 already/);
  assert.equal(await session.remote(() => 'a task')(), 'a task');
  first.kill();
  const fourth = session.actor(Cell);
  assert.equal(await fourth.add(4), 4);
  assert.equal(await second.add(1), 3);
});

test('an actor gets the thread of a worker when there is no other', async () => {
  await using session = new Session(new EmbeddedCluster({ workers: 2, threadsMax: 2 }));
  const both = session.remote((x: number) => x);
  const steady = session.map(both, endless(), { inFlightMax: 64 })[Symbol.asyncIterator]();
  for (let i = 0; i < 200; i++) await steady.next();
  const cell = session.actor(Cell).add(5);
  while (cell.state === 'pending') await steady.next();
  assert.equal(await cell, 5);
  assert.equal((await steady.next()).done, false);
  await steady.return?.();
});

function* endless(): Generator<number> {
  for (let i = 0; ; i++) yield i;
}

test('a task of several cpus is served beside a steady map of small ones', async () => {
  await using session = await connect({ address: 'embedded', workers: 3 });
  const total = 300_000;
  let results = 0;
  let seenAt: number[] = [];
  function* inputs(): Generator<number> {
    for (let i = 0; i < total; i++) yield i;
  }
  const small = session.map((x: number) => x, inputs(), { inFlightMax: 2048 })[Symbol.asyncIterator]();
  for (; results < 1000; results++) await small.next();
  for (const cpus of [2, 3, 2]) {
    const large = session.remote((x: number) => x, { resources: { cpus } })(cpus);
    while (large.state === 'pending' && results < total) {
      await small.next();
      results++;
    }
    assert.equal(large.state, 'ready', `${cpus} cpus waited for ${results} of ${total} results`);
    seenAt = [...seenAt, results];
  }
  assert.ok(results < total, `${seenAt}`);
  // The map goes on, and so does what comes behind both.
  assert.equal((await small.next()).done, false);
  assert.equal(await session.remote(() => 1, { resources: { cpus: 1, other: 0 } })(), 1);
  await small.return?.();
});

test('a task that waits for what an actor has keeps nothing from others, and gets it when the actor ends', async () => {
  await using session = await connect({ address: 'embedded', workers: 1, resources: { gpu: 1 } });
  const actor = session.actor(Cell, [], { resources: { gpu: 1 } });
  await actor.add(1);
  const waits = session.remote(() => 'gpu', { resources: { gpu: 1 } })();
  const plain = session.remote((x: number) => x);
  for (let i = 0; i < 100; i++) assert.equal(await plain(i), i);
  assert.equal(waits.state, 'pending');
  actor.kill();
  assert.equal(await waits, 'gpu');
});
