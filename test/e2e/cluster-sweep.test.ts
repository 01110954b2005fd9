// A sweep over the workers of a cluster: real daemons and processes, with what was seen of the nodes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError, openStore, sweep, workloads } from '../../sdk/index.ts';
import { ProcessCluster } from '../helpers/cluster-process.ts';
import { storePath } from '../helpers/kept-experiments.ts';

test('a sweep varies the workers that it takes of a cluster, and says how busy the nodes were', async () => {
  await using cluster = await ProcessCluster.open([1, 1]);
  await using session = await cluster.session();
  const { points, data } = await sweep(
    session,
    workloads.spin,
    { totalMs: 60, pcNum: 6, workers: [1, 2] },
    { repeats: 2, precision: 0 },
  );
  assert.deepEqual(data.failures, []);
  assert.deepEqual(
    points.map(({ workers, records }) => [workers, records.length]),
    [
      [1, 2],
      [2, 2],
    ],
  );
  for (const { records } of points) {
    for (const { cluster: where, nodes, workers, durationMs } of records) {
      assert.equal(where, session.cluster);
      assert.equal(nodes.length, 2);
      assert.equal(new Set(nodes.map(({ node }) => node)).size, 2);
      for (const { cpu, memoryBytes } of nodes) assert.ok(cpu >= 0 && cpu <= 1 && memoryBytes > 0);
      // One worker cannot be busy for more than the whole time, two for no more than twice that.
      assert.ok(durationMs >= 60 / workers, `${durationMs} ms on ${workers} workers`);
    }
  }
  assert.equal(data.definition.cluster, session.cluster);
});

test('a sweep or run with more workers than the cluster has is refused, and nothing is kept of it', async (t) => {
  await using cluster = await ProcessCluster.open([1, 1]);
  await using session = await cluster.session();
  const grid = { totalMs: 10, pcNum: 2, workers: [2, 5] };
  using store = openStore(storePath(t));
  await assert.rejects(
    sweep(session, workloads.spin, grid, { repeats: 1, store }),
    (error: Error) =>
      error instanceof InvalidArgumentError &&
      error.message === `Cannot measure with 5 workers: ${session.cluster} has 2. Give at most 2, or start more nodes`,
  );
  assert.deepEqual(store.list(), []);
});
