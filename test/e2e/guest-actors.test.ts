// Actors of other sessions of a cluster: what can be given to them, what each call costs, and what cuts do.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { after, before, describe, type TestContext, test } from 'node:test';
import { HeadActors } from '../../sdk/cluster/head-actors.ts';
import { HeadCluster } from '../../sdk/cluster/head-cluster.ts';
import { wayIdleMs } from '../../sdk/guest-way.ts';
import { currentSession } from '../../sdk/index.ts';
import { Session } from '../../sdk/session.ts';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { errorOf } from '../helpers/outcomes.ts';
import { TestCluster } from '../helpers/test-cluster.ts';

class Shelf {
  readonly kept: unknown[] = [];
  constructor(first?: unknown) {
    if (first !== undefined) this.kept.push(first);
  }
  put(value: unknown): number {
    return this.kept.push(value instanceof Float64Array ? value.length : value);
  }
  list(): unknown[] {
    return this.kept.map((value) => (value instanceof Float64Array ? value.length : value));
  }
  never(): Promise<never> {
    return new Promise<never>(() => {});
  }
}

/** A length from which an array of float64 stays on its node. */
const large = 100_000;
const make = (length: number): Float64Array => new Float64Array(length);

describe('an actor of another session', () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.open([2]);
  });
  after(() => cluster.close());

  /** A session, and how many ways to its actors were opened and are open. */
  async function sessionOf(t: TestContext, url = cluster.head.url): Promise<{ session: Session; ways: Ways }> {
    const connected = await HeadCluster.connect(url, { ...cluster.head, url });
    const session = new Session(connected);
    t.after(() => session.close());
    const ways = new Ways(connected);
    return { session, ways };
  }

  test('takes large results that stayed on a node, in their order, by its methods and its constructor', async (t) => {
    const [{ session: owner }, { session: other }] = [await sessionOf(t), await sessionOf(t)];
    const shelf = owner.actor(Shelf, [], { name: 'takes' });
    const makeThere = other.remote(make);
    const [big, bigger] = [makeThere(large), makeThere(large + 1)];
    await other.wait([big, bigger], { count: 2 });
    const found = other.getActor<Shelf>('takes');
    await other.get([found.put(big), found.put('between'), found.put(bigger), found.put(big), found.put('last')]);
    assert.deepEqual(await found.list(), [large, 'between', large + 1, large, 'last']);
    shelf.kill();
    const detached = other.actor(Shelf, [big], { name: 'takes, detached', detached: true });
    await detached.put(bigger);
    assert.deepEqual(await detached.list(), [large, large + 1]);
    detached.kill();
  });

  test('is not called with what cannot travel, and no other call is touched by that', async (t) => {
    const [{ session: owner }, { session: other }] = [await sessionOf(t), await sessionOf(t)];
    owner.actor(Shelf, [], { name: 'sound' });
    const ref = other.remote((): { put?: unknown } => ({}))();
    (await ref).put = () => 1; // it was a value, and can be sent no more
    const found = other.getActor<Shelf>('sound');
    const [before, bad, later] = [found.put(1), found.put(ref), found.put(2)];
    assert.equal((await errorOf(bad)).name, 'SerializationError');
    assert.deepEqual(await other.get([before, later]), [1, 2]);
    const within = other.remote(async () => {
      const session = currentSession();
      const value = session.remote((): { put?: unknown } => ({}))();
      (await value).put = () => 1;
      const twice = session.remote((x: unknown) => [x, x]);
      const settled = await Promise.allSettled([twice(1), twice(value), twice(2)]);
      return settled.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.name));
    });
    assert.deepEqual(await within(), [[1, 1], 'SerializationError', [2, 2]]);
  });

  test('is called by ways that are closed when others come, or nobody uses them', async (t) => {
    const [{ session: owner, ways }, { session: other }] = [await sessionOf(t), await sessionOf(t)];
    owner.actor(Shelf, [], { name: 'one way' });
    for (let call = 1; call <= 20; call++) assert.equal(await other.getActor<Shelf>('one way').put(call), call);
    await ways.until(1);
    const found = other.getActor<Shelf>('one way');
    assert.equal(await found.put(21), 21);
    await ways.until(1);
    const { opened } = ways;
    t.mock.timers.enable({ apis: ['setTimeout'] });
    assert.equal(await found.put(22), 22);
    t.mock.timers.tick(wayIdleMs - 1);
    assert.equal(await found.put(23), 23);
    assert.equal(ways.opened, opened);
    t.mock.timers.tick(wayIdleMs);
    t.mock.timers.reset();
    await ways.until(0);
    assert.equal(await found.put(24), 24);
    assert.equal(ways.opened, opened + 1);
  });

  test('is counted in the timings of its caller, without times that no clock has measured', async (t) => {
    const [{ session: owner }, { session: other }] = [await sessionOf(t), await sessionOf(t)];
    owner.actor(Shelf, [], { name: 'counted' });
    const found = other.getActor<Shelf>('counted');
    await other.get([found.put(1), found.put(2), found.put(3)]);
    const { tasks, total, stages } = other.timings();
    assert.deepEqual([tasks, total.count, stages.return.count], [3, 0, 0]);
    assert.ok(owner.timings().total.count > 0);
  });

  test('whose call was cancelled without force and runs on is ended by force later', async (t) => {
    const [{ session: owner }, { session: other }] = [await sessionOf(t), await sessionOf(t)];
    owner.actor(Shelf, [], { name: 'given up' });
    const lost = (async () => {
      for await (const event of owner.events()) if (event.type === 'worker.lost') return event.reason;
      return undefined;
    })();
    const found = other.getActor<Shelf>('given up');
    const [first, never] = [found.put(1), found.never()];
    assert.equal(await first, 1); // the other call has begun with the end of this one
    other.cancel(never);
    assert.equal((await errorOf(never)).name, 'CancelledError');
    other.cancel(never, { force: true });
    assert.equal(await lost, 'killed');
    assert.equal((await errorOf(found.put(2))).name, 'ActorDiedError');
  });

  for (const cut of ['its caller', 'itself'] as const) {
    test(`fails its calls when the way between ${cut} and the head falls silent`, async (t) => {
      await using proxy = await FaultProxy.open(Number(new URL(cluster.head.url).port));
      const { session: owner } = await sessionOf(t, cut === 'itself' ? proxy.url : undefined);
      const { session: other } = await sessionOf(t, cut === 'itself' ? undefined : proxy.url);
      assert.deepEqual(await owner.actor(Shelf, [], { name: `cut at ${cut}` }).list(), []);
      const found = other.getActor<Shelf>(`cut at ${cut}`);
      assert.equal(await found.put(1), 1);
      const open = found.never();
      proxy.isSilent = true;
      const error = await errorOf(open);
      assert.deepEqual([error.name, Reflect.get(error, 'mayHaveRun')], ['ActorDiedError', true]);
      proxy.isSilent = false;
    });
  }

  test('whose name a new head gave to another session lives on without it, and that is told', async (t) => {
    const connected = await HeadCluster.connect(cluster.head.url, cluster.head);
    await using owner = new Session(connected);
    const shelf = owner.actor(Shelf, [], { name: 'contested' });
    assert.equal(await shelf.put(1), 1);
    const events = owner.events();
    // What such a head says when the name is asked for again.
    connected.actors?.onClaimed('contested', 'one of that name lives in another session');
    for await (const event of events) {
      if (event.type !== 'actor.name-lost') continue;
      assert.equal(event.name, 'contested');
      break;
    }
    assert.equal(await shelf.put(2), 2);
    await assert.rejects(async () => owner.getActor<Shelf>('contested').put(3), /no living one/);
    const { session: other } = await sessionOf(t);
    await assert.rejects(async () => other.getActor<Shelf>('contested').put(3), /no living one/);
  });
});

/** The ways of callers to a session. */
class Ways {
  opened = 0;
  open = 0;
  #onClosed = (): void => {};

  constructor({ actors }: HeadCluster) {
    assert.ok(actors !== undefined);
    const serve = actors.onCaller;
    actors.onCaller = (channel) => {
      this.opened++;
      this.open++;
      serve(channel);
      const { onClose } = channel;
      channel.onClose = (reason, isClean) => {
        this.open--;
        onClose(reason, isClean);
        this.#onClosed();
      };
    };
  }

  async until(open: number): Promise<void> {
    while (this.open > open) {
      await new Promise<void>((resolve) => {
        this.#onClosed = resolve;
      });
    }
  }
}

describe('a session that is closed while another one opens a way to its actor', () => {
  /** A head that passes one caller on. */
  async function meeting(t: TestContext): Promise<{ actors: HeadActors; stream: Duplex }> {
    const head = createServer();
    head.listen(0, '127.0.0.1');
    await once(head, 'listening');
    const address = head.address();
    assert.ok(typeof address === 'object' && address !== null);
    const place = { url: `http://127.0.0.1:${address.port}`, token: 'token', fingerprint: undefined };
    const actors = new HeadActors(place, () => {});
    t.after(() => {
      actors.close();
      head.close();
    });
    const upgraded = once(head, 'upgrade');
    await actors.onCalled('call');
    const [, stream]: [unknown, Duplex] = (await upgraded) as [unknown, Duplex];
    t.after(() => stream.destroy());
    return { actors, stream };
  }

  const request = [
    'GET / HTTP/1.1',
    'Host: actor',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ];

  function untilEnded(stream: Duplex): Promise<void> {
    return new Promise((resolve) => {
      for (const end of ['end', 'error', 'close']) stream.on(end, () => resolve());
      stream.resume();
    });
  }

  test('meets nobody whose request comes at the same time, and goes on', async (t) => {
    const { actors, stream } = await meeting(t);
    let met = 0;
    actors.onCaller = () => met++;
    stream.write([...request, '', ''].join('\r\n'));
    actors.close();
    await untilEnded(stream);
    assert.equal(met, 0);
  });

  test('does not wait for one who does not come', async (t) => {
    const { actors, stream } = await meeting(t);
    actors.close();
    await untilEnded(stream);
  });
});
