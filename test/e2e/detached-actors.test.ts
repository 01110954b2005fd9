// Actors that outlive their sessions, on real daemons: through the ends of their creators, of their nodes, and of the head.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { daemonStatus } from '../../daemon/index.ts';
import { statusReport } from '../../repl/status-report.ts';
import type { Actor } from '../../sdk/index.ts';
import { ProcessCluster, until } from '../helpers/cluster-process.ts';

class Tally {
  count = 0;
  add(n: number): { count: number; pid: number } {
    this.count += n;
    return { count: this.count, pid: process.pid };
  }
}

/** The count, as soon as the actor can be called again. */
async function countOf(tally: Actor<Tally>, n: number): Promise<number> {
  return until(async () => {
    try {
      return (await tally.add(n)).count;
    } catch {
      return undefined;
    }
  });
}

describe('a detached actor', () => {
  test('restarts on another node when its own is killed, and shows in the status', async () => {
    await using cluster = await ProcessCluster.open([0, 1]);
    const [, first] = cluster.daemons;
    assert.ok(first !== undefined);
    const creator = await cluster.session();
    const options = { name: 'tally', detached: true, maxRestarts: 1, resources: { cpus: 1 } };
    assert.equal((await creator.actor(Tally, [], options).add(2)).count, 2);
    await creator.close();
    const report = statusReport(await daemonStatus(cluster.join), false);
    assert.match(report, /detached actors/);
    assert.match(report, /^tally +\w{8}$/m);
    await using session = await cluster.session();
    const tally = session.getActor<Tally>('tally');
    const before = await tally.add(1);
    assert.equal(before.count, 3);
    await cluster.startNode({ cpus: 1 });
    await cluster.kill(first);
    // Its worker may answer until it knows that its daemon is gone; the first answer of the new one counts from 0.
    const restarted = await until(async () => {
      const [answer] = await Promise.allSettled([tally.add(5)]);
      return answer.status === 'fulfilled' && answer.value.pid !== before.pid && answer.value;
    });
    assert.equal(restarted.count, 5);
    tally.kill();
    await assert.rejects(async () => tally.add(1), { code: 'ACTOR_DIED' });
  });

  test('lives on when the head is killed and started again', async () => {
    await using cluster = await ProcessCluster.open([0, 1]);
    const { port } = cluster.head;
    await using session = await cluster.session();
    const options = { name: 'tally', detached: true, resources: { cpus: 1 } };
    const { pid } = await session.actor(Tally, [], options).add(2);
    await cluster.kill(cluster.head);
    await cluster.startHead({ cpus: 0, port });
    await using later = await cluster.session();
    assert.equal(await countOf(later.getActor<Tally>('tally'), 1), 3);
    assert.equal((await later.getActor<Tally>('tally').add(1)).pid, pid);
    later.getActor<Tally>('tally').kill();
  });
});
