// A minute of chaos: a head and three nodes, each a process, under a markov run and a checksum, while nodes, workers and the
// head are killed and started again at random. In the end all is right, each task settled once, and nothing is left.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { storePrefix } from '../../daemon/node/store-directory.ts';
import { markov, randomMatrix, type Session } from '../../sdk/index.ts';
import { type DaemonProcess, ProcessCluster, until } from '../helpers/cluster-process.ts';

const chaosMs = 60_000;
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Numbers from 0 to 1 that follow from a seed: mulberry32. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Kills somebody, and puts what a machine would start again back. */
async function strike(cluster: ProcessCluster, nodes: DaemonProcess[], random: () => number): Promise<string> {
  const dice = random();
  if (dice < 0.6) {
    const daemon = cluster.daemons[Math.floor(random() * cluster.daemons.length)];
    const workers = daemon === undefined ? [] : cluster.workersOf(daemon);
    const worker = workers[Math.floor(random() * workers.length)];
    if (worker === undefined) return 'nobody';
    try {
      process.kill(worker, 'SIGKILL');
    } catch {
      return 'nobody'; // it has ended meanwhile
    }
    return `worker ${worker}`;
  }
  if (dice < 0.85) {
    const at = Math.floor(random() * nodes.length);
    const node = nodes[at]!;
    await cluster.kill(node);
    await delay(random() * 1000);
    nodes[at] = await cluster.startNode({ ...node.options, port: node.port });
    return `node ${node.port}`;
  }
  const { options, port } = cluster.head;
  await cluster.kill(cluster.head);
  await delay(random() * 1000);
  await cluster.startHead({ ...options, port });
  return `head ${port}`;
}

/** Of so many results one is large, so that it is an object of a node. */
const largeEvery = 50;

/** Sums of squares, each input many times; every task settles once. */
async function checksum(
  session: Session,
  objects: Session,
  isOver: () => boolean,
): Promise<{ sum: number; settled: number; sent: number }> {
  const f = session.remote((x: number) => x * x, { maxRetries: 1000 });
  const large = objects.remote((x: number) => new Float64Array(20_000).fill(x * x), { maxRetries: 1000 });
  const last = objects.remote((values: Float64Array) => values.at(-1) ?? Number.NaN, { maxRetries: 1000 });
  let [sum, settled, sent] = [0, 0, 0];
  while (!isOver()) {
    // Through an object where the result is large: it may be lost with its node, and is made again.
    const refs = Array.from({ length: 500 }, (_, x) => (x % largeEvery === 0 ? last(large(x)) : f(x)));
    sent += refs.length;
    const all = refs.map((ref) =>
      ref.promise().then((value) => {
        sum += value;
        settled++;
      }),
    );
    await Promise.all(all);
    await delay(20);
  }
  return { sum, settled, sent };
}

/** Waits until this process holds no more than so many resources. @throws Error that says which it holds. */
async function untilHeld(countMax: number): Promise<void> {
  try {
    await until(() => process.getActiveResourcesInfo().length <= countMax);
  } catch (cause) {
    throw new Error(`The client holds ${process.getActiveResourcesInfo()}, more than ${countMax}`, { cause });
  }
}

test(`a minute of kills ends with the right sum and limit, each task settled once, and nothing left (seed ${seed})`, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const random = randomFrom(seed);
  const cluster = await ProcessCluster.open([1]);
  try {
    const nodes = [await cluster.startNode(), await cluster.startNode(), await cluster.startNode()];
    const session = await cluster.session();
    // A task that makes a lost object again is counted again: these have a session of their own.
    const objects = await cluster.session();
    try {
      let isOver = false;
      const sums = checksum(session, objects, () => isOver);
      const matrix = randomMatrix(10, 7);
      const runs = (async () => {
        let count = 0;
        while (!isOver) {
          const result = await markov(session, { matrix, totalCount: 2_000_000, pcNum: 2000 });
          assert.ok(result.limit.rowSpread < 1e-9, 'the rows of the limit are the same');
          count++;
        }
        return count;
      })();
      const before = process.getActiveResourcesInfo().length;
      const struck: string[] = [];
      for (const end = performance.now() + chaosMs; performance.now() < end; ) {
        await delay(200 + random() * 1500);
        struck.push(await strike(cluster, nodes, random));
      }
      isOver = true;
      const [{ sum, settled, sent }, runCount] = await Promise.all([sums, runs]);
      t.diagnostic(`${struck.length} strikes: ${struck.join(', ')}; ${sent} tasks, ${runCount} runs`);
      assert.equal(settled, sent);
      // Counted where tasks settle: one that settled twice, or not at all, would be seen.
      const small = sent - (sent / 500) * (500 / largeEvery);
      assert.equal(session.timings().tasks, small + runCount * 2000, 'each task settled once');
      const once = Array.from({ length: 500 }, (_, x) => x * x).reduce((a, b) => a + b);
      assert.equal(sum, (sent / 500) * once);
      assert.ok(runCount > 0);
      // Connections to whom it has lost, and by which objects are freed, may still be under way.
      await untilHeld(before + 2);
    } finally {
      await Promise.all([session.close(), objects.close()]);
    }
    await cluster.untilFree();
    for (const daemon of cluster.daemons) {
      await until(async () => {
        const { node } = await cluster.statusOf(daemon);
        return node.leases === 0 && node.warm === 0 && node.pipes === 0;
      });
      const { node } = await cluster.statusOf(daemon);
      assert.deepEqual(node.objects, { objects: 0, memoryBytes: 0, diskBytes: 0, sessions: 0 });
      assert.deepEqual(readdirSync(join(cluster.home, 'daemons', String(daemon.port), 'sockets')), []);
    }
    // Others on this machine may have stores there, too.
    const own = storePrefix(join(cluster.home, 'objects'));
    // What a killed daemon left in memory goes with the next one of its home that starts or ends.
    const stores = (): string[] => readdirSync('/dev/shm').filter((name) => name.startsWith(own));
    assert.ok(stores().length >= 4, 'each daemon has one');
    await cluster.stopDaemons();
    assert.deepEqual(readdirSync(join(cluster.home, 'objects')), []);
    assert.deepEqual(stores(), []);
  } finally {
    await cluster.close(); // no process is left
  }
});
