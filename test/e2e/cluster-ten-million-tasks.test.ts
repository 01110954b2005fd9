// Ten million tiny tasks through one map over a daemon: the sum is right, and memory stays flat on both sides.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProcessCluster } from '../helpers/cluster-process.ts';
import { runScript } from '../helpers/run-script.ts';

const peakMbMax = 512;

test('Session.map() over a daemon gives the right sum of ten million inputs in less than 512 MB', async (t) => {
  await using cluster = await ProcessCluster.open([2]);
  const { code, stdout, stderr } = await runScript('../cluster/ten-million-tasks.ts', {
    args: [cluster.join],
    timeoutMs: 280_000,
    onOutput: (piece) => t.diagnostic(piece.trim()),
  });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  const end = Object(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
  let sum = 0;
  for (let i = 0; i < 10_000_000; i++) sum += i % 7;
  assert.deepEqual([end.done, end.sum], [10_000_000, sum]);
  assert.ok(end.peakMb < peakMbMax, `the client had ${end.peakMb} MB`);
  await cluster.untilFree();
  const { daemon } = await cluster.statusOf(cluster.head);
  assert.ok(daemon.memoryBytes < 256 * 2 ** 20, `the daemon has ${daemon.memoryBytes} bytes`);
});
