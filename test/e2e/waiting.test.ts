// Waiting for refs in odd ways: twice, many, mixed, failed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, InvalidArgumentError, type Session, TimeoutError } from '../../sdk/index.ts';
import { errorOf } from '../helpers/outcomes.ts';

let session: Session;
before(async () => {
  session = await connect({ address: 'embedded', workers: 2 });
});
after(() => session.close());

test('get() of the same ref twice gives its value twice, the very same', async () => {
  const ref = session.remote(() => ({ a: 1 }))();
  const [one, two] = await session.get([ref, ref] as const);
  assert.deepEqual(one, { a: 1 });
  assert.equal(one, two);
  assert.equal(await ref, one);
  const { ready, pending } = await session.wait([ref, ref], { count: 2 });
  assert.deepEqual([ready.length, pending.length], [2, 0]);
});

test('get() of the same large ref twice gives views over the same memory', async () => {
  const ref = session.remote(() => new Float64Array(100_000).fill(3))();
  const [one, two] = await session.get([ref, ref]);
  assert.equal(one, two);
  assert.equal((await ref).buffer, one?.buffer);
});

test('get() rejects with the failure that came first and leaves the others alone', async () => {
  const fail = session.remote((x: number) => {
    throw new Error(`no ${x}`);
  });
  const first = fail(1);
  await errorOf(first);
  const never = session.remote(() => new Promise<never>(() => {}))();
  await assert.rejects(session.get([never, first]), /no 1/);
  assert.equal(never.state, 'pending');
  await assert.rejects(session.get([never, never], { timeoutMs: 5 }), TimeoutError);
  session.cancel(never, { force: true });
});

test('wait() counts refs that have settled by failure', async () => {
  const bad = session.remote(() => {
    throw new Error('bad');
  })();
  const { ready } = await session.wait([bad], { count: 1 });
  assert.deepEqual(ready, [bad]);
  assert.equal(bad.state, 'failed');
  await errorOf(bad);
  await assert.rejects(session.wait([bad], { count: 2 }), InvalidArgumentError);
});

test('a ref that was awaited is still an argument, with the same value', async () => {
  const ref = session.remote(() => ({ list: new Float64Array(50_000).fill(2), name: 'x' }))();
  const before = session.remote((v: { list: Float64Array; name: string }) => `${v.name}${v.list[0]}`);
  assert.equal(await before(ref), 'x2');
  assert.equal((await ref).list.length, 50_000);
  assert.equal(await before(ref), 'x2');
});
