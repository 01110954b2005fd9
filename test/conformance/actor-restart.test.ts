// An actor whose node is gone starts again on another one.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HeadCluster } from '../../sdk/cluster/head-cluster.ts';
import { Session } from '../../sdk/session.ts';
import { TestCluster } from '../helpers/test-cluster.ts';

class Tally {
  count = 0;
  add(n: number): { count: number; pid: number } {
    this.count += n;
    return { count: this.count, pid: process.pid };
  }
}

describe('ActorOptions.maxRestarts', () => {
  test('an actor is constructed anew on another node when its own is gone', async (t) => {
    const cluster = await TestCluster.open([0]);
    const first = await cluster.addNode(1);
    const session = new Session(await HeadCluster.connect(cluster.head.url, cluster.head));
    t.after(async () => {
      await session.close();
      await cluster.close();
    });
    const tally = session.actor(Tally, [], { name: 'tally', maxRestarts: 1, resources: { cpus: 1 } });
    const before = await tally.add(2);
    assert.equal(before.count, 2);
    const second = await cluster.addNode(1);
    const events = session.events();
    await first.stop(0);
    for await (const event of events) if (event.type === 'actor.restarted') break;
    const after = await session.getActor<Tally>('tally').add(3);
    assert.equal(after.count, 3);
    assert.notEqual(after.pid, before.pid);
    await second.stop(0);
    await assert.rejects(async () => tally.add(1), { code: 'ACTOR_DIED', message: /its one restart is used up/ });
    await assert.rejects(async () => session.getActor<Tally>('tally').add(1), /no living one/);
  });
});
