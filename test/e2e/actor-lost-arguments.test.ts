// Actors whose arguments stayed on a node that was lost: they are made again, and nothing overtakes them.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Daemon } from '../../daemon/daemon.ts';
import { HeadCluster } from '../../sdk/cluster/head-cluster.ts';
import type { ObjectRef } from '../../sdk/index.ts';
import { Session } from '../../sdk/session.ts';
import { errorOf } from '../helpers/outcomes.ts';
import { TestCluster } from '../helpers/test-cluster.ts';

class Line {
  readonly values: unknown[] = [];
  constructor(first?: unknown) {
    if (first !== undefined) this.add(first);
  }
  add(value: unknown): number {
    return this.values.push(value instanceof Float64Array ? value.length : value);
  }
  list(): unknown[] {
    return this.values;
  }
  exit(): void {
    process.exit(3);
  }
}

const large = 100_000;
const make = (length: number): Float64Array => new Float64Array(length);
const elsewhere = { placement: { labels: { kind: 'second' } } };

interface Given {
  readonly session: Session;
  /** Of results on a node that can be lost. */
  readonly refs: readonly ObjectRef<Float64Array>[];
  readonly first: Daemon;
}

async function given(t: TestContext, maxRetries = 3): Promise<Given> {
  const cluster = await TestCluster.open([0]);
  const first = await cluster.addNode(1);
  const session = new Session(await HeadCluster.connect(cluster.head.url, cluster.head));
  t.after(async () => {
    await session.close();
    await cluster.close();
  });
  const makeThere = session.remote(make, { maxRetries });
  const refs = [makeThere(large), makeThere(large + 1)];
  await session.wait(refs, { count: 2 });
  await cluster.addNode(1, { kind: 'second' });
  return { session, refs, first };
}

describe('an actor that takes an object of a lost node', () => {
  test('is called in order', async (t) => {
    const { session, refs, first } = await given(t);
    const line = session.actor(Line, [], elsewhere);
    await session.get(Array.from({ length: 20 }, (_, i) => line.add(i))); // calls travel together from now on
    await first.stop(0);
    await session.get([line.add('a'), line.add(refs[0]), line.add('b'), line.add(refs[1]), line.add('c')]);
    assert.deepEqual((await line.list()).slice(20), ['a', large, 'b', large + 1, 'c']);
  });

  test('is constructed before it is called, also when it begins anew', async (t) => {
    const { session, refs, first } = await given(t);
    const before = session.actor(Line, [refs[0]], { ...elsewhere, maxRestarts: 1 });
    assert.deepEqual(await before.list(), [large]);
    await first.stop(0);
    const after = session.actor(Line, [refs[1]], elsewhere);
    assert.deepEqual(await session.get([after.add(1), after.list()]), [2, [large + 1, 1]]);
    const [exit, ...sent] = [before.exit(), before.add(1), before.list()];
    await Promise.allSettled(sent);
    assert.equal((await errorOf(exit)).name, 'ActorDiedError');
    assert.deepEqual((await before.list())[0], large);
  });

  test('fails only the call whose object cannot be made again', async (t) => {
    const { session, refs, first } = await given(t, 0);
    const line = session.actor(Line, [], elsewhere);
    await line.add(0);
    await first.stop(0);
    const [bad, good] = [line.add(refs[0]), line.add(1)];
    assert.equal((await errorOf(bad)).name, 'ObjectLostError');
    assert.equal(await good, 2);
  });

  test('goes on when the call that waits for it is cancelled', async (t) => {
    const { session, refs, first } = await given(t);
    const line = session.actor(Line, [], elsewhere);
    await line.add(0);
    await first.stop(0);
    const [waiting, next] = [line.add(refs[0]), line.add(1)];
    session.cancel(waiting);
    assert.equal((await errorOf(waiting)).name, 'CancelledError');
    await next;
    assert.equal((await line.list()).at(-1), 1);
  });
});
