// Networks that are cut: a client, a head and a node on machines of their own, as network namespaces.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { assertWithin, timeOf } from '../helpers/bar.ts';
import { type DaemonProcess, ProcessCluster, until } from '../helpers/cluster-process.ts';
import { needs } from '../helpers/needs.ts';
import { HoldingClient } from '../helpers/network-client.ts';
import { hasNetworkNamespaces, type Machine, NetworkLab } from '../helpers/network-lab.ts';

const lacks = needs('network namespaces', hasNetworkNamespaces, 'be root on Linux, with iproute2 and iptables');

/** A head without workers and a node with one, each on its machine. */
async function labCluster(lab: NetworkLab): Promise<{ cluster: ProcessCluster; node: DaemonProcess }> {
  const cluster = new ProcessCluster();
  await cluster.startHead({ cpus: 0, host: lab.addressOf('head'), prefix: lab.on('head') });
  const node = await cluster.startNode({ cpus: 1, host: lab.addressOf('node'), prefix: lab.on('node') });
  return { cluster, node };
}

function clientIn(lab: NetworkLab, cluster: ProcessCluster, ways: string): HoldingClient {
  return new HoldingClient(cluster, { prefix: lab.on('client'), ways });
}

// What waits for silence to be long enough costs no processor time.
describe('a network', { ...lacks, concurrency: true }, () => {
  describe('a client and a node', { concurrency: true }, () => {
    const cuts: Readonly<Record<string, readonly (readonly [Machine, Machine])[]>> = {
      'cut apart': [
        ['client', 'node'],
        ['node', 'client'],
      ],
      'of which only the client hears the other no more': [['node', 'client']],
      'of which only the node hears the other no more': [['client', 'node']],
    };
    for (const [name, drops] of Object.entries(cuts)) {
      // Silence counts as death after 5 s, which is looked for four times a second.
      test(`${name}: the lease ends in 5 s on both sides, and the task runs again through the head`, () =>
        assertWithin(5500, 'to notice the cut', async () => {
          using lab = new NetworkLab();
          const { cluster } = await labCluster(lab);
          const client = clientIn(lab, cluster, 'node,head');
          try {
            const [first = 0] = await until(() => (client.workers.length === 1 ? client.workers : undefined));
            const cutMs = await timeOf(async () => {
              for (const [from, to] of drops) lab.drop(from, to);
              await until(() => client.events('worker.lost').length === 1);
            });
            const [, second] = await until(() => (client.workers.length === 2 ? client.workers : undefined));
            assert.notEqual(second, first);
            // The one lease is held once: the worker that had it is gone before its place was given again.
            assert.equal(cluster.processes().includes(first), false);
            assert.equal((await client.headStatus())?.leases.length, 1);
            writeFileSync(client.gate, '');
            await until(() => client.results.length === 1);
            assert.deepEqual(client.results, [second]);
            await client.end();
            return cutMs;
          } finally {
            await client.kill();
            await cluster.close();
          }
        }));
    }
  });

  describe('a node and its head', { concurrency: true }, () => {
    test('cut apart: running work goes on, and the node comes back with its lease', async () => {
      using lab = new NetworkLab();
      const { cluster } = await labCluster(lab);
      const client = clientIn(lab, cluster, 'node');
      try {
        const [worker = 0] = await until(() => (client.workers.length === 1 ? client.workers : undefined));
        const before = await client.headStatus();
        lab.cut('head', 'node');
        await until(async () => (await client.headStatus())?.nodes.length === 1);
        lab.heal();
        const after = await until(async () => {
          const status = await client.headStatus();
          return status?.nodes.length === 2 ? status : undefined;
        });
        assert.deepEqual(after.leases, before?.leases);
        writeFileSync(client.gate, '');
        await until(() => client.results.length === 1);
        assert.deepEqual(client.results, [worker]);
        assert.deepEqual(client.events('worker.lost'), []);
        await client.end();
      } finally {
        await client.kill();
        await cluster.close();
      }
    });

    test('cut apart: what reached the node through the head runs elsewhere', async () => {
      using lab = new NetworkLab();
      const { cluster } = await labCluster(lab);
      const client = clientIn(lab, cluster, 'head');
      try {
        const [first] = await until(() => (client.workers.length === 1 ? client.workers : undefined));
        lab.cut('head', 'node');
        await until(() => client.events('worker.lost').length === 1);
        lab.heal();
        const [, second] = await until(() => (client.workers.length === 2 ? client.workers : undefined));
        writeFileSync(client.gate, '');
        await until(() => client.results.length === 1);
        assert.deepEqual(client.results, [second]);
        assert.notEqual(first, second);
        await client.end();
      } finally {
        await client.kill();
        await cluster.close();
      }
    });
  });

  describe('a client and its head', { concurrency: true }, () => {
    test('cut apart for a moment: the client comes back with its lease, and its work goes on', async () => {
      using lab = new NetworkLab();
      const { cluster } = await labCluster(lab);
      const client = clientIn(lab, cluster, 'node');
      try {
        const [worker = 0] = await until(() => (client.workers.length === 1 ? client.workers : undefined));
        const before = await client.headStatus();
        lab.cut('client', 'head');
        const asked = client.headStatus(); // goes out now, and is answered when all is well again
        await until(() => lab.packets('client', 'head') > 0); // it was dropped
        lab.heal();
        await asked;
        assert.deepEqual((await client.headStatus())?.leases, before?.leases);
        writeFileSync(client.gate, '');
        await until(() => client.results.length === 1);
        assert.deepEqual(client.results, [worker]);
        assert.deepEqual(client.events('worker.lost'), []);
        await client.end();
      } finally {
        await client.kill();
        await cluster.close();
      }
    });
  });
});
