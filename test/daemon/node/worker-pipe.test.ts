// Tests of the pipe from a daemon's listener to a worker: what passes, what does not, and how it ends.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { WorkerPipes } from '../../../daemon/node/worker-pipe.ts';
import type { PipeRoute } from '../../../daemon/service.ts';
import { ConnectionError } from '../../../sdk/index.ts';
import { openPeer, type PeerPlace } from '../../../sdk/protocol/peer-connection.ts';
import { frameMessageBytesMax, WebSocketChannel } from '../../../sdk/protocol/websocket-channel.ts';
import { NodeHarness } from './node-harness.ts';

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A listener without any guard, whose upgrades go where the test says. */
class Listener implements AsyncDisposable {
  readonly #server: Server;
  readonly place: PeerPlace;
  readonly sockets = new Set<Duplex>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.place = { url: `http://127.0.0.1:${port}`, token: 'hush', fingerprint: undefined };
  }

  static async open(onUpgrade: Upgrade): Promise<Listener> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address: AddressInfo | string | null = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const listener = new Listener(server, address.port);
    server.on('upgrade', (request, socket, head) => {
      listener.sockets.add(socket);
      socket.on('close', () => listener.sockets.delete(socket));
      onUpgrade(request, socket, head);
    });
    return listener;
  }

  open(lease: string): ReturnType<typeof openPeer> {
    return openPeer(this.place, { path: `/v1/worker/${lease}`, messageBytesMax: frameMessageBytesMax });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function listenFor(harness: NodeHarness): Promise<Listener> {
  const route = harness.node.routes.find((r): r is PipeRoute => r.type === 'pipe');
  assert.equal(route?.path, '/v1/worker/:lease');
  return Listener.open((request, socket, head) => {
    void route.onUpgrade(request, socket, head, { lease: request.url?.split('/').at(-1) ?? '' });
  });
}

describe('the pipe to a worker', () => {
  test('carries a session to its worker and back, and ends with either side', async () => {
    await using harness = new NodeHarness();
    await using listener = await listenFor(harness);
    for (const endsBySession of [true, false]) {
      const { lease } = await harness.start();
      const channel = new WebSocketChannel(await listener.open(lease), 'client');
      assert.equal(harness.node.status()['pipes'], 1);
      const end = Promise.withResolvers<boolean>();
      channel.onClose = (_reason, isClean) => end.resolve(isClean);
      if (endsBySession) channel.close();
      else harness.stop(lease, true);
      assert.equal(await end.promise, endsBySession);
      await Promise.all([...listener.sockets].map((socket) => once(socket, 'close')));
      assert.equal(harness.node.status()['pipes'], 0);
    }
  });

  test('runs tasks through it', async () => {
    await using harness = new NodeHarness();
    await using listener = await listenFor(harness);
    await using session = harness.session('s1', 1, (lease) => listener.open(lease));
    const sum = session.remote((values: Float64Array) => values.reduce((a, b) => a + b));
    assert.equal(await sum(new Float64Array(1_000_000).fill(2)), 2_000_000);
    assert.equal(harness.node.status()['pipes'], 1);
  });

  test('answers 404 for a lease that the node does not have, and 502 for a worker that is not there', async () => {
    await using harness = new NodeHarness();
    await using listener = await listenFor(harness);
    await assert.rejects(listener.open('l9'), (error) => error instanceof ConnectionError && /404/.test(error.message));
    const { lease } = await harness.start();
    const channel = new WebSocketChannel(await listener.open(lease), 'client');
    await assert.rejects(
      listener.open(lease),
      (error) => error instanceof ConnectionError && /502/.test(error.message),
    );
    channel.close();
    assert.equal(harness.node.status()['pipes'], 1);
  });

  test('takes along what opens a WebSocket, and neither token nor path', async () => {
    await using harness = new NodeHarness();
    const path = join(harness.socketsPath, 'probe.sock');
    const seen = Promise.withResolvers<string>();
    const worker = createSocketServer((socket) => {
      socket.once('data', (bytes) => {
        seen.resolve(bytes.toString());
        socket.destroy();
      });
    });
    worker.listen(path);
    await once(worker, 'listening');
    const pipes = new WorkerPipes();
    await using listener = await Listener.open((request, socket, head) => pipes.pipe(path, request, socket, head));
    await assert.rejects(listener.open('l1'));
    const request = await seen.promise;
    assert.match(request, /^GET \/ HTTP\/1\.1\r\n/);
    assert.match(request, /sec-websocket-key: \S+/);
    assert.doesNotMatch(request, /hush|authorization|worker\/l1/i);
    assert.equal(pipes.size, 0);
    worker.close();
    await once(worker, 'close');
  });

  test('close() ends what is piped', async () => {
    await using harness = new NodeHarness();
    await using listener = await listenFor(harness);
    const { lease } = await harness.start();
    const channel = new WebSocketChannel(await listener.open(lease), 'client');
    const end = Promise.withResolvers<boolean>();
    channel.onClose = (_reason, isClean) => end.resolve(isClean);
    await harness.node.close(1000);
    assert.equal(await end.promise, true, 'the worker said so itself');
    assert.equal(harness.node.status()['pipes'], 0);
  });
});
