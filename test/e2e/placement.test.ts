// On which nodes of a cluster tasks and actors run: labels, one node, packed or spread, and what no node can be.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Daemon } from '../../daemon/daemon.ts';
import { HeadCluster } from '../../sdk/cluster/head-cluster.ts';
import { type PlacementOptions, ResourceError } from '../../sdk/index.ts';
import { Session } from '../../sdk/session.ts';
import { until } from '../helpers/cluster-process.ts';
import { TestCluster } from '../helpers/test-cluster.ts';

class Cell {
  get(): number {
    return 1;
  }
}

/** A worker's name begins with its node's. */
const nodeOf = (worker: string): string => worker.replace(/-w\d+$/, '');

describe('placement', () => {
  let cluster: TestCluster;
  let [eu, us]: Daemon[] = [];
  let [euName, usName] = ['', ''];
  before(async () => {
    cluster = await TestCluster.open([0]);
    eu = await cluster.addNode(2, { zone: 'eu', disk: 'ssd' });
    us = await cluster.addNode(2, { zone: 'us', disk: 'ssd' });
    await using session = await open();
    euName = nodeOf((await workersOf(session, { labels: { zone: 'eu' } }, 1))[0] ?? '');
    usName = nodeOf((await workersOf(session, { labels: { zone: 'us' } }, 1))[0] ?? '');
  });
  after(() => cluster.close());

  const open = async (): Promise<Session> => new Session(await HeadCluster.connect('test', cluster.head));

  /** The workers that so many tasks at once are given; they have ended then. */
  async function workersOf(session: Session, placement: PlacementOptions, tasks: number): Promise<string[]> {
    const events = session.events();
    const never = session.remote(() => new Promise<never>(() => {}), { placement, maxRetries: 0 });
    const refs = Array.from({ length: tasks }, () => never());
    const workers: string[] = [];
    let held = 0;
    for await (const event of events) {
      if (event.type === 'worker.leased') {
        held = workers.push(event.worker);
        if (held === tasks) for (const ref of refs) session.cancel(ref, { force: true });
      }
      if (event.type === 'worker.lost' && --held === 0) break; // what they took is free again
    }
    return workers;
  }

  test('tasks and actors run only on nodes with the labels, or on the one of the name', async () => {
    assert.ok(eu !== undefined && us !== undefined);
    assert.ok(euName.endsWith(`:${eu.port}`) && usName.endsWith(`:${us.port}`), `${euName} ${usName}`);
    await using session = await open();
    for (const [placement, node] of [
      [{ labels: { zone: 'us', disk: 'ssd' } }, usName],
      [{ node: euName }, euName],
    ] as const) {
      assert.deepEqual((await workersOf(session, placement, 2)).map(nodeOf), [node, node]);
      const events = session.events();
      const cell = session.actor(Cell, [], { placement });
      for await (const event of events) {
        if (event.type !== 'worker.leased') continue;
        assert.equal(nodeOf(event.worker), node);
        break;
      }
      assert.equal(await cell.get(), 1);
      cell.kill();
    }
  });

  test('pack fills one node, spread takes both; a call can be placed elsewhere than its function', async () => {
    await using session = await open();
    const packed = (await workersOf(session, { labels: { disk: 'ssd' } }, 2)).map(nodeOf);
    assert.equal(new Set(packed).size, 1);
    const spread = (await workersOf(session, { labels: { disk: 'ssd' }, strategy: 'spread' }, 2)).map(nodeOf);
    assert.deepEqual(spread.sort(), [euName, usName].sort());
    const here = session.remote((x: number) => x, { placement: { labels: { zone: 'nowhere' } } });
    assert.equal(await here.with({ placement: { labels: { zone: 'eu' } } })(5), 5);
    assert.deepEqual(await session.map((x: number) => x, [1, 2], { placement: { node: usName } }).toArray(), [1, 2]);
  });

  test('what no node can ever be is refused, saying which comes closest; a node that joins later serves it', async () => {
    await using session = await open();
    const asia = session.remote(() => 'served', { placement: { labels: { disk: 'ssd', zone: 'asia' } } });
    await assert.rejects(
      async () => asia(),
      (error) =>
        error instanceof ResourceError &&
        /a node with disk=ssd and zone=asia: node \S+ comes closest and lacks zone=asia/.test(error.message),
    );
    const large = session.remote(() => 1, { resources: { cpus: 3 }, placement: { labels: { zone: 'eu' } } });
    await assert.rejects(async () => large(), /3 cpus.* has 2/);
    const named = session.remote(() => 1, { placement: { node: 'nobody' } });
    await assert.rejects(async () => named(), /on node nobody: there is no such node/);
    const cell = session.actor(Cell, [], { placement: { node: 'nobody' } });
    await assert.rejects(async () => cell.get(), { code: 'ACTOR_DIED', message: /no such node/ });
    await cluster.addNode(1, { disk: 'ssd', zone: 'asia' });
    await until(() => session.workers === 5); // it has joined
    assert.equal(await asia(), 'served');
  });
});
