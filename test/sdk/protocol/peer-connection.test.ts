// Opening WebSockets to peers that answer badly, slowly, or not to the end.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { AuthenticationError, ConnectionError } from '../../../sdk/errors.ts';
import { openPeer } from '../../../sdk/protocol/peer-connection.ts';

const options = { path: '/v1/session', messageBytesMax: 1000, timeoutMs: 300 };
const longMs = 60_000;

/** A peer that answers each request as it is told; its place. */
async function peerThat(
  t: TestContext,
  answer: (socket: Socket, request: string) => void,
): Promise<{ url: string; token: string; fingerprint: undefined }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('data', (request) => answer(socket, String(request)));
  });
  t.after(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { url: `http://127.0.0.1:${address.port}`, token: 'a-token', fingerprint: undefined };
}

/** Writes one letter after the other, for as long as somebody reads. */
function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++] ?? ' '), 20);
  socket.on('close', () => clearInterval(timer));
}

const refusal = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 1000\r\n\r\n';

test('openPeer() tells of a refusal that is cut before its end', async (t) => {
  const place = await peerThat(t, (socket) => socket.write(`${refusal}{"err`, () => socket.destroy()));
  await assert.rejects(openPeer(place, { ...options, timeoutMs: longMs }), AuthenticationError);
});

test('openPeer() tells of a refusal whose text does not end', async (t) => {
  const place = await peerThat(t, (socket) => {
    socket.write(refusal);
    drip(socket, 'x'.repeat(1000));
  });
  await assert.rejects(openPeer(place, options), AuthenticationError);
});

test('openPeer() waits no longer than its time for a peer that speaks letter by letter', async (t) => {
  const place = await peerThat(t, (socket) => drip(socket, `HTTP/1.1 101 Switching\r\nX: ${'x'.repeat(10_000)}`));
  await assert.rejects(openPeer(place, options), (error: unknown) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, /did not answer within 0\.3 s/);
    return true;
  });
});

/** The answer that takes an upgrade, and what comes right after it in the same packet. */
function upgraded(request: string, after: Buffer): Buffer {
  const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const head = `HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`;
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), after]);
}

/** A short message as a server sends it. */
function textFrame(text: string): Buffer {
  return Buffer.concat([Buffer.of(0x81, text.length), Buffer.from(text)]);
}

test('openPeer() loses nothing of what its peer says with its answer', async (t) => {
  const place = await peerThat(t, (socket, request) => {
    socket.write(upgraded(request, textFrame('first')));
    socket.once('data', () => socket.write(textFrame('last')));
  });
  const socket = await openPeer(place, options);
  const heard: string[] = [];
  const whole = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      heard.push(String(data));
      if (heard.at(-1) === 'last') resolve();
    });
  });
  socket.send('go on');
  await whole;
  assert.deepEqual(heard, ['first', 'last']);
  socket.terminate();
});

test('openPeer() gives a connection that ends alone when its peer breaks the protocol at once', async (t) => {
  const place = await peerThat(t, (socket, request) => socket.write(upgraded(request, Buffer.alloc(16, 0xff))));
  const socket = await openPeer(place, options);
  await new Promise((resolve) => socket.once('close', resolve));
  assert.equal(socket.readyState, socket.CLOSED);
});
