// The suite of all sessions between machines with addresses of their own: the client, the head and the node are network
// namespaces, which this program makes; the suite itself runs in that of the client, in a process of its own.
//
// What arrives at the node is counted by its packet filter, so that it is seen which way the sessions went.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childEnv, ProcessCluster } from '../helpers/cluster-process.ts';
import { needs } from '../helpers/needs.ts';
import { hasNetworkNamespaces, NetworkLab } from '../helpers/network-lab.ts';

const program = fileURLToPath(new URL('../fixtures/conformance/suite-in-namespace.ts', import.meta.url));
const { skip } = needs('network namespaces', hasNetworkNamespaces, 'be root on Linux, with iproute2 and iptables');

/** Runs the suite in the client's namespace; what it says to the test runner goes there. */
async function runSuite(lab: NetworkLab, cluster: ProcessCluster, way: string): Promise<void> {
  const [command = '', ...args] = [...lab.on('client'), process.execPath, program, way, cluster.join];
  const context = process.env['NODE_TEST_CONTEXT'];
  const env = childEnv(context === undefined ? {} : { NODE_TEST_CONTEXT: context });
  const child = spawn(command, args, { env, stdio: 'inherit' });
  await once(child, 'exit');
  if (child.exitCode !== 0) process.exitCode = 1;
}

async function inLab(run: (lab: NetworkLab, cluster: ProcessCluster) => Promise<void>): Promise<void> {
  using lab = new NetworkLab();
  await using cluster = new ProcessCluster();
  await cluster.startHead({ cpus: 0, host: lab.addressOf('head'), prefix: lab.on('head') });
  await cluster.startNode({ cpus: 2, host: lab.addressOf('node'), prefix: lab.on('node') });
  await run(lab, cluster);
}

if (skip !== false) await import('node:test').then(({ test }) => test('sessions between machines', { skip }));
else {
  await inLab(async (lab, cluster) => {
    lab.count('client', 'node');
    await runSuite(lab, cluster, 'to a node with an address of its own');
    assert.ok(lab.packets('client', 'node') > 1000, 'the client spoke to the node itself');
  });
  await inLab(async (lab, cluster) => {
    lab.reject('client', 'node');
    lab.count('head', 'node');
    await runSuite(lab, cluster, 'through the head, the direct way to the node cut');
    assert.ok(lab.packets('client', 'node') > 10, 'the client tried to speak to the node');
    assert.ok(lab.packets('head', 'node') > 1000, 'the head passed everything on');
  });
}
