// Results of gigabytes between daemons that are processes of their own: they stay where they were made, move from node to
// node in pieces, are checked, and pass through the memory of neither daemon nor client.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ProcessCluster } from '../helpers/cluster-process.ts';

const mebibyte = 2 ** 20;
const count = 8;
const eachBytes = 512 * mebibyte;
const moreBytesMax = 256 * mebibyte;

function memoryBytes(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1]) * 1024;
}

test('4 GB of results move from node to node, each whole, with less than 256 MB more memory anywhere', async (t) => {
  await using cluster = await ProcessCluster.open([0]);
  const a = await cluster.startNode({ cpus: 1, resources: { a: 1 } });
  const b = await cluster.startNode({ cpus: 1, resources: { b: 1 } });
  await using session = await cluster.session(['node']);
  const make = session.remote(
    (byteLength: number, seed: number) => {
      const values = new Float64Array(byteLength / 8).fill(seed);
      values[values.length - 1] = -seed;
      return values;
    },
    { resources: { cpus: 1, a: 1 } },
  );
  const look = session.remote((values: Float64Array) => [values.length, values[0], values[1000], values.at(-1)], {
    resources: { cpus: 1, b: 1 },
  });
  const pids = [process.pid, cluster.head.pid, a.pid, b.pid];
  await look(make(mebibyte, 1)); // what is loaded the first time is no result's
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = pids.map((pid) => memoryBytes(pid, 'VmRSS'));
  const refs = Array.from({ length: count }, (_, i) => make(eachBytes, i + 1));
  const seen = await session.get(refs.map((ref) => look(ref)));
  const more = pids.map((pid, i) => memoryBytes(pid, 'VmHWM') - before[i]!);
  t.diagnostic(`more memory of client, head and nodes: ${more.map((m) => Math.round(m / mebibyte)).join(', ')} MB`);
  assert.deepEqual(
    seen,
    refs.map((_, i) => [eachBytes / 8, i + 1, i + 1, -(i + 1)]),
  );
  const { node } = await cluster.statusOf(a);
  assert.ok(
    (node.objects?.memoryBytes ?? 0) + (node.objects?.diskBytes ?? 0) >= count * eachBytes,
    'all 4 GB were kept',
  );
  for (const bytes of more) assert.ok(bytes < moreBytesMax, `${bytes} bytes more`);
});
