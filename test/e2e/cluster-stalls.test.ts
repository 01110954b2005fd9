// Peers that stand still while they send or take an object, and mistakes of a daemon's own.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ObjectPlace } from '../../sdk/cluster/object-place.ts';
import { type ObjectPeer, openObject } from '../../sdk/cluster/objects.ts';
import { daemonDirectory } from '../../sdk/internal.ts';
import { entryOf, type ObjectRef } from '../../sdk/object-ref.ts';
import { ProcessCluster, until } from '../helpers/cluster-process.ts';

const objectBytes = 64 * 2 ** 20;

function placeOf(ref: ObjectRef<unknown>): ObjectPlace {
  const { outcome } = entryOf(ref);
  assert.ok(outcome.state === 'kept' && 'place' in outcome.kept.at, `the ref is ${outcome.state}`);
  return outcome.kept.at.place;
}

test('a node that stands still while it sends, and a client that does while it takes, end neither head nor client', async () => {
  await using cluster = await ProcessCluster.open([0]);
  const sender = await cluster.startNode({ resources: { sender: 1 } });
  await cluster.startNode({ resources: { relayed: 1 } });
  await using session = await cluster.session();
  const make = (resource: string): ObjectRef<Uint8Array> =>
    session.remote((length: number) => new Uint8Array(length).fill(7), { resources: { [resource]: 1 } })(objectBytes);
  const refs = [make('sender'), make('relayed')] as const;
  await session.wait(refs, { count: 2 });
  const [sent, relayed] = refs.map(placeOf);
  assert.ok(sent !== undefined && relayed !== undefined);

  // Both are begun, and too large to be on their way as a whole.
  const direct: ObjectPeer = { ...cluster.place, url: sender.url };
  const fromSender = await openObject(direct, sent);
  const throughHead = await openObject(cluster.place, relayed);
  assert.ok(fromSender !== undefined && throughHead !== undefined);
  await Promise.all([once(fromSender.stream, 'readable'), once(throughHead.stream, 'readable')]);
  sender.child.kill('SIGSTOP');
  await assert.rejects(buffer(fromSender.stream), /nothing came for 10 s/);

  // Who did not read from the head for all this time has it all now, and the head serves.
  const bytes = await buffer(throughHead.stream);
  assert.equal(bytes.length, throughHead.byteLength);
  assert.equal((await cluster.statusOf(cluster.head)).head?.nodes.length, 2);
});

test('a mistake in a daemon that nothing catches ends it, and its log says why', async () => {
  const fixture = fileURLToPath(new URL('../fixtures/daemon/crashing.ts', import.meta.url));
  await using cluster = new ProcessCluster();
  const head = await cluster.startHead({ env: { NODE_OPTIONS: `--import ${fixture}` } });
  const log = join(daemonDirectory(cluster.home, head.port), 'daemon.log');
  const ended = once(head.child, 'exit');
  head.child.kill('SIGUSR2');
  const [code] = await ended;
  assert.notEqual(code, 0);
  const records = readFileSync(log, 'utf8').trimEnd().split('\n');
  const { level, msg, err } = JSON.parse(records.at(-1) ?? '');
  assert.deepEqual(
    [level, msg, err.message],
    ['fatal', 'ends by an error that nobody handled', 'a mistake that nobody caught'],
  );
  await until(() => cluster.processes().length === 0);
});
