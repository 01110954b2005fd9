// A sweep over the workers of a cluster: real daemons and processes, with what was seen of the nodes, and nodes that are lost.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import {
  defineWorkload,
  InvalidArgumentError,
  openStore,
  ResourceError,
  type SweepProgress,
  sweep,
  workloads,
} from '../../sdk/index.ts';
import { ProcessCluster, pidsIn, until } from '../helpers/cluster-process.ts';
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

test('a sweep on a cluster without workers says so', async () => {
  await using cluster = await ProcessCluster.open([0]);
  await using session = await cluster.session();
  await assert.rejects(sweep(session, workloads.noop, { pcNum: 2 }), {
    name: 'InvalidArgumentError',
    message: `Cannot measure: ${session.cluster} has no workers. Start a node, or say for how many workers to wait`,
  });
});

/** Two machines, and a workload whose first run loses the second one. */
async function losing(t: TestContext) {
  const folder = dirname(storePath(t));
  const cluster = await ProcessCluster.open([1]);
  const node = await cluster.startNode();
  const session = await cluster.session();
  const workload = defineWorkload({
    name: 'losing',
    params: z.object({}),
    async run({ session: own }) {
      const hold = own.remote(async (where: string) => {
        const { appendFileSync, existsSync } = await import('node:fs');
        appendFileSync(`${where}/pids`, `${process.pid}\n`);
        while (!existsSync(`${where}/go`)) await new Promise((resolve) => setTimeout(resolve, 10));
      });
      await Promise.all([hold(folder), hold(folder)]);
      return { tasks: 2, work: 2, durationMs: 1 };
    },
  });
  const lose = async (): Promise<void> => {
    const events = session.events();
    await until(() => pidsIn(join(folder, 'pids')).length === 2);
    await cluster.kill(node);
    for await (const { type } of events) if (type === 'worker.lost') break;
    // On a busy machine the head may hear of it after the session.
    await until(async () => (await cluster.statusOf(cluster.head)).head?.nodes.length === 1);
    writeFileSync(join(folder, 'go'), '');
  };
  return { cluster, session, workload, lose };
}

const twice = { repeats: 2, warmup: 0, precision: 0, order: 'grid' } as const;

test('a sweep that loses a node says so of the run, goes on with what needs less, and waits until there are as many again', async (t) => {
  const { cluster, session, workload, lose } = await losing(t);
  await using _ = cluster;
  await using __ = session;
  const lost = lose();
  let started: Promise<unknown> | undefined;
  const onProgress = ({ current: { phase }, leftMs }: SweepProgress): void => {
    if (phase !== 'waiting') return;
    assert.equal(leftMs, undefined);
    started ??= cluster.startNode();
  };
  const { records, data } = await sweep(session, workload, { workers: [2, 1] }, { ...twice, onProgress });
  await Promise.all([lost, started]);
  assert.deepEqual(data.failures, []);
  assert.deepEqual(
    records.map(({ workers, repeat, workersLost, failures }) => [workers, repeat, workersLost, failures]),
    [
      [2, 1, 1, 1],
      [1, 1, 0, 0],
      [1, 2, 0, 0],
      [2, 2, 0, 0],
    ],
  );
});

test('a sweep whose workers do not come back ends, and goes on where it was when they are there', async (t) => {
  const { cluster, session, workload, lose } = await losing(t);
  await using _ = cluster;
  await using __ = session;
  using store = openStore(storePath(t));
  const grid = { workers: 2 };
  const lost = lose();
  await assert.rejects(
    sweep(session, workload, grid, { ...twice, store, workersTimeoutMs: 100 }),
    (error: Error) =>
      error instanceof ResourceError &&
      error.message ===
        `Cannot measure with 2 workers any more: ${session.cluster} has 1, and no others came in 0.1 s. Start more nodes, and sweep again`,
  );
  await lost;
  const [kept] = store.list();
  assert.deepEqual([kept?.state, kept?.recordCount], ['interrupted', 1]);
  await cluster.startNode();
  const { data, records } = await sweep(session, workload, grid, { ...twice, store });
  assert.equal(data.id, kept?.id);
  assert.deepEqual(
    records.map(({ repeat, workersLost }) => [repeat, workersLost]),
    [
      [1, 1],
      [2, 0],
    ],
  );
});
