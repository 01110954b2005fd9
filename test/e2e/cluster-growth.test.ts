// A node that is added in the middle of a run of the workload, or of a map, is used by it.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { markov, randomMatrix } from '../../sdk/index.ts';
import { ProcessCluster, pidsIn, until } from '../helpers/cluster-process.ts';

/** The processor time of a process, in hundredths of a second. */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

test('markov uses a node that joins in the middle of its run', async () => {
  await using cluster = await ProcessCluster.open([0, 1]);
  await using session = await cluster.session();
  let isOver = false;
  // Long enough for a node to start meanwhile, on a machine of any speed: it is ended once the node was used.
  const ending = new AbortController();
  const matrix = randomMatrix(10, 3);
  const run = markov(session, { matrix, totalCount: 2_000_000_000, pcNum: 20_000, signal: ending.signal }).finally(
    () => {
      isOver = true;
    },
  );
  run.catch(() => {});
  await until(() => session.timings().tasks > 10);
  const node = await cluster.startNode({ cpus: 1 });
  await until(async () => (await cluster.statusOf(node)).node.leases === 1);
  // Processes that nobody uses take no processor time.
  const ticks = (): number => cluster.workersOf(node).reduce((sum, pid) => sum + cpuTicks(pid), 0);
  const before = ticks();
  await until(() => ticks() > before + 50);
  assert.equal(isOver, false, 'the run was not over before the node was used');
  ending.abort();
  await assert.rejects(run, { code: 'CANCELLED' });
});

/** Ends after 50 ms, or says that it runs and ends when the other file is there. */
async function waitFor([begun, gate]: readonly string[]): Promise<void> {
  const fs = await import('node:fs');
  if (begun !== undefined) fs.appendFileSync(begun, `${process.pid}\n`);
  do await new Promise((resolve) => setTimeout(resolve, 50));
  while (gate !== undefined && !fs.existsSync(gate));
}

test('a map takes more inputs for workers that come, though none of its tasks has ended', async () => {
  await using cluster = await ProcessCluster.open([1]);
  await using session = await cluster.session();
  const [begun = '', gate = ''] = ['begun', 'gate'].map((name) => join(cluster.home, name));
  const waits = session.remote(waitFor);
  await session.map(waits, [[], []]).toArray(); // what they take is known
  const done = session
    .map(
      waits,
      Array.from({ length: 40 }, () => [begun, gate]),
    )
    .toArray();
  await until(() => pidsIn(begun).length === 1);
  await cluster.startNode({ cpus: 6 });
  await until(() => pidsIn(begun).length === 7);
  writeFileSync(gate, '');
  await done;
  assert.equal(pidsIn(begun).length, 40);
});
