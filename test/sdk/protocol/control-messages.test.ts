// Limits of control messages that have to fit one another.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clipped,
  controlBytesMax,
  headToSession,
  namedLeasesMax,
  namedSessionsMax,
  nodeToHead,
  sessionToHead,
} from '../../../sdk/internal.ts';

const id = (i: number): string => i.toString(16).padStart(32, '0');

test('a session comes back with as many leases as it may name, a node with as many sessions, in one message', () => {
  const leases = Array.from({ length: namedLeasesMax }, (_, i) => ({ lease: id(i), request: Number.MAX_SAFE_INTEGER }));
  const hello = { type: 'session.hello', session: id(0), name: 'test', leases };
  assert.ok(JSON.stringify(hello).length <= controlBytesMax);
  assert.ok(sessionToHead.safeParse(hello).success);
  const own = { node: 'n', incarnation: '1', address: null, fingerprint: null, resources: {}, labels: {} };
  const sessions = Array.from({ length: namedSessionsMax }, (_, i) => id(i));
  const running = Array.from({ length: 1024 }, (_, i) => ({
    lease: id(i),
    session: id(i),
    resources: { cpus: 1 },
    worker: `n-w${i}`,
    socket: 's'.repeat(104),
  }));
  const joining = { type: 'node.hello', ...own, leases: running, sessions };
  assert.ok(JSON.stringify(joining).length <= controlBytesMax);
  assert.ok(nodeToHead.safeParse(joining).success);
});

test('clipped() gives a text that a message takes', () => {
  assert.equal(clipped('short'), 'short');
  for (const length of [4096, 4097, 100_000]) {
    const refused = { type: 'lease.refused', request: 1, message: clipped('x'.repeat(length)) };
    assert.ok(headToSession.safeParse(refused).success, `${length}`);
  }
  assert.ok(clipped('x'.repeat(5000)).endsWith('x…'));
});
