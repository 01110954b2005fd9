// The suite of all sessions, on worker processes of daemons on this machine; namespaces.test.ts has the ways between
// machines.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HeadCluster } from '../../sdk/cluster/head-cluster.ts';
import type { Way } from '../../sdk/cluster/worker-connection.ts';
import { Session } from '../../sdk/session.ts';
import { TestCluster } from '../helpers/test-cluster.ts';
import { sessionSuite } from './suite.ts';

const ways: readonly { name: string; way: Way; headCpus: number; nodeCpus: number }[] = [
  { name: 'on a head’s own node, by the workers’ own sockets', way: 'socket', headCpus: 2, nodeCpus: 0 },
  { name: 'on another node, by its listener', way: 'node', headCpus: 0, nodeCpus: 2 },
];

for (const { name, way, headCpus, nodeCpus } of ways) {
  describe(name, () => {
    let cluster: TestCluster;
    before(async () => {
      cluster = await TestCluster.open([headCpus, nodeCpus]);
    });
    after(() => cluster.close());

    const open = async (): Promise<Session> => {
      const place = cluster.head;
      return new Session(await HeadCluster.connect(place.url, place, [way]));
    };

    test('its sessions go that way', async () => {
      await using session = await open();
      assert.equal(await session.remote(() => 'there')(), 'there');
      const pipes = await Promise.all(cluster.daemons.map((daemon) => cluster.pipesOf(daemon)));
      assert.deepEqual(pipes, way === 'socket' ? [0, 0] : [0, 1]);
    });

    sessionSuite(name, open);
  });
}
