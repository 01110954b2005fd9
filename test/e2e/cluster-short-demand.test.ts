// Work that comes in short bursts: what a worker that is still starting was wanted for is often done when it is ready.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProcessCluster } from '../helpers/cluster-process.ts';

const bursts = 40;
/** The one that is leased, two new ones, and a few that are on their way from or to their session on a busy machine. */
const workersMax = 6;

test('bursts that end before a worker has started do not start one more each', async () => {
  await using cluster = await ProcessCluster.open([1, 1]);
  const session = await cluster.session();
  try {
    const square = session.remote((x: number) => x * x);
    for (let burst = 0; burst < bursts; burst++) {
      const results = await session.get(Array.from({ length: 1000 }, (_, x) => square(x)));
      assert.equal(results[999], 999 * 999);
    }
    for (const daemon of cluster.daemons) {
      const { node } = await cluster.statusOf(daemon);
      assert.ok(node.workers <= workersMax, `a node of one cpu has ${node.workers} workers`);
    }
  } finally {
    await session.close();
  }
  await cluster.untilFree();
});
