// Clients that are killed, stopped, stalled or slow, and clocks that jump: what a client held is freed, and nobody counts as
// dead who is not.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { assertWithin, timeOf } from '../helpers/bar.ts';
import { ProcessCluster, until } from '../helpers/cluster-process.ts';
import { HoldingClient } from '../helpers/network-client.ts';

/** Once everything that a client held is free, another gets all of it. */
async function assertAllIsFree(cluster: ProcessCluster): Promise<void> {
  const session = await cluster.session();
  try {
    assert.equal(await session.remote(() => 'all', { resources: { cpus: 2 } })(), 'all');
  } finally {
    await session.close();
  }
  await cluster.untilFree();
}

/**
 * How long it takes until all that a client held is free, once it got the signal.
 *
 * @param phaseMs - how long after its beginning it gets the signal: when it was just heard of, its silence seems shorter.
 */
async function freedAfter(signal: NodeJS.Signals, blocks: boolean, phaseMs = 0): Promise<number> {
  await using cluster = await ProcessCluster.open([2]);
  const client = new HoldingClient(cluster, { tasks: 2, blocks });
  try {
    await until(() => client.workers.length === 2);
    const { workers } = client;
    await delay(phaseMs);
    const freedMs = await timeOf(async () => {
      client.child.kill(signal);
      await cluster.untilFree();
      await until(() => workers.every((pid) => !existsSync(`/proc/${pid}`)));
    });
    await assertAllIsFree(cluster);
    return freedMs;
  } finally {
    await client.kill();
  }
}

for (const blocks of [false, true]) {
  const tasks = blocks ? 'answer nobody' : 'wait';
  test(`a client whose tasks ${tasks}, killed with -9, gives back all that it held in 1 s, and its tasks end`, () =>
    assertWithin(1000, 'to free what a killed client held', () => freedAfter('SIGKILL', blocks)));
}

// What waits for silence to be long enough costs no processor time, but what starts for it does: the longest begin, and the
// others follow a few at a time while those wait.
describe('silence', { concurrency: 6 }, () => {
  test('of a client that stands still for 30 s costs it its leases: it notices, and its task runs again', async () => {
    await using cluster = await ProcessCluster.open([0, 1]);
    const client = new HoldingClient(cluster, { ways: 'node' });
    try {
      await until(() => client.workers.length === 1);
      client.tell('stall 30000');
      await until(() => client.lines.some((line) => 'stalled' in line));
      await until(() => client.workers.length === 2);
      writeFileSync(client.gate, '');
      await until(() => client.results.length === 1);
      assert.deepEqual(client.results, [client.workers[1]]);
      assert.equal(client.events('worker.lost').length, 1);
      await client.end();
    } finally {
      await client.kill();
    }
    await cluster.untilFree();
  });

  for (const blocks of [false, true]) {
    const tasks = blocks ? 'answer nobody' : 'wait';
    test(`of a head that stands still for 30 s makes nobody dead, while tasks ${tasks}`, async () => {
      await using cluster = await ProcessCluster.open([0, 1, 1]);
      const clients = ['node', 'socket'].map((ways) => new HoldingClient(cluster, { ways, blocks }));
      try {
        await until(() => clients.every(({ workers }) => workers.length === 1));
        const leasesOf = async (): Promise<string[] | undefined> => {
          const { head } = await cluster.statusOf(cluster.head);
          return head?.leases.map(({ lease }) => lease).sort();
        };
        const before = await leasesOf();
        process.kill(cluster.head.pid, 'SIGSTOP');
        await delay(30_000);
        process.kill(cluster.head.pid, 'SIGCONT');
        // All are back, and those who were away for too long would be gone by then.
        await delay(6_000);
        assert.deepEqual(await leasesOf(), before);
        assert.equal((await cluster.statusOf(cluster.head)).head?.nodes.length, 3);
        for (const client of clients) {
          writeFileSync(client.gate, '');
          await until(() => client.results.length === 1);
          assert.deepEqual(client.results, client.workers);
          assert.deepEqual(client.events('worker.lost'), []);
          await client.end();
        }
      } finally {
        for (const client of clients) await client.kill();
      }
      await cluster.untilFree();
    });
  }

  for (const blocks of [false, true]) {
    const tasks = blocks ? 'answer nobody' : 'wait';
    test(`of a client whose tasks ${tasks}, stopped for good: all that it held is free in 10 s, and its tasks end`, () =>
      assertWithin(10_000, 'to free what a stopped client held', async () => {
        const freedMs = await freedAfter('SIGSTOP', blocks, 600);
        // One that goes on after 8 s needs time to say so.
        assert.ok(freedMs > 8500, `freed after ${freedMs} ms`);
        return freedMs;
      }));
  }

  for (const ways of ['socket', 'node', 'head']) {
    test(`of a client that stands still for 8 s, with workers reached by ${ways}, makes nobody dead`, async () => {
      await using cluster = await ProcessCluster.open([0, 1]);
      const client = new HoldingClient(cluster, { ways });
      try {
        await until(() => client.workers.length === 1);
        const before = await client.headStatus();
        client.tell('stall 8000');
        await until(() => client.lines.some((line) => 'stalled' in line));
        assert.deepEqual((await client.headStatus())?.leases, before?.leases);
        writeFileSync(client.gate, '');
        await until(() => client.results.length === 1);
        assert.deepEqual(client.events('worker.lost'), []);
        assert.deepEqual(client.results, client.workers);
        await client.end();
      } finally {
        await client.kill();
      }
      await cluster.untilFree();
    });
  }

  test('a wall clock that jumps an hour to and fro, in every process, makes nobody dead', async () => {
    const clock = fileURLToPath(new URL('../fixtures/cluster/jumping-clock.ts', import.meta.url));
    await using cluster = await ProcessCluster.open([0, 1], { NODE_OPTIONS: `--import=${clock}` });
    const client = new HoldingClient(cluster, { ways: 'node', blocks: true, nodeFlags: [`--import=${clock}`] });
    try {
      await until(() => client.workers.length === 1);
      const leases = (await client.headStatus())?.leases;
      // Longer than any silence that would be taken for death.
      const begin = process.hrtime.bigint();
      await until(() => process.hrtime.bigint() - begin > 7_000_000_000n);
      assert.equal((await cluster.statusOf(cluster.head)).node.headConnected, true);
      assert.deepEqual((await client.headStatus())?.leases, leases);
      writeFileSync(client.gate, '');
      await until(() => client.results.length === 1);
      assert.deepEqual(client.results, client.workers);
      assert.deepEqual(client.events('worker.lost'), []);
      await client.end();
    } finally {
      await client.kill();
    }
    await cluster.untilFree();
  });
});

/** The most memory that a process had since `resetPeak`, in MB. */
function peakMb(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** What is kept for one peer that does not read, at most, and what a process may need for itself meanwhile, in MB. */
const bufferedMbMax = 8;
const ownMbMax = 24;

test('a client that does not read has its workers wait: daemons keep at most 8 MB for it', async () => {
  await using cluster = await ProcessCluster.open([0, 1]);
  for (const way of ['node', 'head'] as const) {
    await using session = await cluster.session([way]);
    // Results that travel with their answers: larger ones are objects, and stay.
    const f = session.remote((x: number) => new Uint8Array(60_000).fill(x));
    await session.get(Array.from({ length: 200 }, (_, x) => f(x)));
    const before = cluster.daemons.map(({ pid }) => {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
      return peakMb(pid);
    });
    const refs = Array.from({ length: 3000 }, (_, x) => f(x % 256));
    await new Promise((resolve) => setImmediate(resolve));
    // This process reads nothing for as long as 180 MB would take to come by far.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
    for (const [i, { pid }] of cluster.daemons.entries()) {
      const more = peakMb(pid) - before[i]!;
      assert.ok(more < bufferedMbMax + ownMbMax, `a daemon had ${more} MB more by ${way}`);
    }
    for (const [x, ref] of refs.entries()) assert.equal((await ref)[0], x % 256);
  }
  await cluster.untilFree();
});
