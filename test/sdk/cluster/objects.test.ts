// Fetching objects and asking daemons: peers that fall silent, and readers that stand still.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { findNode, type ObjectPeer, openObject } from '../../../sdk/cluster/objects.ts';
import { ConnectionError, ProtocolError } from '../../../sdk/errors.ts';

const silenceMs = 200;
const name = { node: 'n', session: 's', id: 'i' };
const objectBytes = 8 * 2 ** 20;

/** A daemon that answers as it is told. */
async function peerThat(t: TestContext, answer: (response: ServerResponse) => void): Promise<ObjectPeer> {
  const server = createServer((_request, response) => answer(response.on('error', () => {})));
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { url: `http://127.0.0.1:${address.port}`, token: 'a-token', fingerprint: undefined };
}

/** One that sends half of an object, and then nothing. */
function silentPeer(t: TestContext): Promise<ObjectPeer> {
  return peerThat(t, (response) => {
    response.writeHead(200, { 'Content-Length': objectBytes });
    response.write(Buffer.alloc(1000));
  });
}

test('openObject() gives a stream that fails when its peer is silent, and the process goes on', async (t) => {
  const object = await openObject(await silentPeer(t), name, { silenceMs });
  assert.equal(object?.byteLength, objectBytes);
  await assert.rejects(buffer(object.stream), /nothing came for 0\.2 s/);
});

test('openObject() fails when its peer does not answer at all', async (t) => {
  const peer = await peerThat(t, () => {});
  await assert.rejects(openObject(peer, name, { silenceMs }), ConnectionError);
});

test('a reader that stands still longer than a peer may be silent gets the whole object', async (t) => {
  const peer = await peerThat(t, (response) => {
    response.writeHead(200, { 'Content-Length': objectBytes });
    response.end(Buffer.alloc(objectBytes, 7));
  });
  const object = await openObject(peer, name, { silenceMs });
  assert.ok(object !== undefined);
  await once(object.stream, 'readable');
  // The time has passed when another peer's was up, twice.
  for (const _ of [1, 2]) {
    const silent = await openObject(await silentPeer(t), name, { silenceMs });
    assert.ok(silent !== undefined);
    await assert.rejects(buffer(silent.stream));
  }
  const bytes = await buffer(object.stream);
  assert.equal(bytes.length, objectBytes);
  assert.ok(bytes.every((byte) => byte === 7));
});

const badAnswers: [string, (response: ServerResponse) => void, typeof ProtocolError | typeof ConnectionError][] = [
  ['longer than is read', (response) => response.end('['.repeat(17 * 2 ** 20)), ProtocolError],
  ['not JSON', (response) => response.end('<html>'), ProtocolError],
  ['cut', (response) => response.write('{"address":', () => response.destroy()), ConnectionError],
  ['a failure', (response) => response.writeHead(500).end('{}'), ConnectionError],
];
for (const [what, answer, expected] of badAnswers) {
  test(`findNode() refuses an answer that is ${what}`, async (t) => {
    await assert.rejects(findNode(await peerThat(t, answer), 'n'), expected);
  });
}
