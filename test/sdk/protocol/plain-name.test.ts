// Ids that paths are made of, in messages between sessions, heads and nodes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headToNode, nodeToHead, sessionToHead } from '../../../sdk/protocol/control-messages.ts';

test('a control message whose session leads out of a folder is refused, in every place where there is one', () => {
  const resources = { cpus: 1 };
  const hello = { type: 'node.hello', node: 'n', incarnation: 'i', address: null, fingerprint: null, resources };
  const lease = { lease: 'l', resources, worker: 'w', socket: '/s' };
  const said = (session: string): boolean[] => [
    sessionToHead.safeParse({ type: 'session.hello', session, name: '', leases: [] }).success,
    nodeToHead.safeParse({ ...hello, labels: {}, leases: [{ ...lease, session }], sessions: [] }).success,
    nodeToHead.safeParse({ ...hello, labels: {}, leases: [], sessions: [session] }).success,
    headToNode.safeParse({ type: 'node.welcome', head: 'h', ended: [], endedSessions: [session] }).success,
    headToNode.safeParse({ type: 'worker.start', lease: 'l', session, resources, exclusive: false }).success,
    headToNode.safeParse({ type: 'session.ended', session }).success,
  ];
  for (const bad of ['..', '.', '', '/', '../x', 'a/b', 'a\\b', 'a\0', 'x'.repeat(129)]) {
    assert.deepEqual(said(bad), [false, false, false, false, false, false], bad);
  }
  assert.deepEqual(said('0123456789abcdef'), [true, true, true, true, true, true]);
});
