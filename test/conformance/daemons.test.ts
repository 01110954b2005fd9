// The suite of all sessions, on worker processes of daemons, by each way to a worker.

import { after, before, describe } from 'node:test';
import { HeadCluster } from '../../sdk/cluster/head-cluster.ts';
import type { Way } from '../../sdk/cluster/worker-connection.ts';
import { Session } from '../../sdk/session.ts';
import { TestCluster } from '../helpers/test-cluster.ts';
import { sessionSuite } from './suite.ts';

const ways: readonly { name: string; way: Way; headCpus: number; nodeCpus: number }[] = [
  { name: 'on a head’s own node, by the workers’ own sockets', way: 'socket', headCpus: 2, nodeCpus: 0 },
  { name: 'on another node, by its listener', way: 'node', headCpus: 0, nodeCpus: 2 },
  { name: 'on another node, through the head', way: 'head', headCpus: 0, nodeCpus: 2 },
];

for (const { name, way, headCpus, nodeCpus } of ways) {
  describe(name, () => {
    let cluster: TestCluster;
    before(async () => {
      cluster = await TestCluster.open([headCpus, nodeCpus]);
    });
    after(() => cluster.close());

    sessionSuite(name, async () => {
      const place = cluster.head;
      return new Session(await HeadCluster.connect(place.url, place, [way]));
    });
  });
}
