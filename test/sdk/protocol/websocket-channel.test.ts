// Tests of WebSocketChannel over real sockets: order and content of frames, limits, peers that fail.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { WebSocket, WebSocketServer } from 'ws';
import type { Frame } from '../../../sdk/protocol/channel.ts';
import {
  bufferedBytesMax,
  frameMessageBytesMax,
  WebSocketChannel,
  type WebSocketChannelOptions,
  zeroMask,
} from '../../../sdk/protocol/websocket-channel.ts';

const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
console.log(`seed ${seed}: TEST_SEED=${seed} repeats this run`);

const clientOptions = { perMessageDeflate: false, maxPayload: frameMessageBytesMax, generateMask: zeroMask };

/** Two ends of one connection, through a server on loopback. */
class Pair implements AsyncDisposable {
  readonly clientSocket: WebSocket;
  readonly serverSocket: WebSocket;
  readonly client: WebSocketChannel;
  readonly server: WebSocketChannel;
  readonly #closeServer: () => Promise<void>;

  private constructor(
    client: WebSocket,
    server: WebSocket,
    options: WebSocketChannelOptions,
    close: () => Promise<void>,
  ) {
    this.clientSocket = client;
    this.serverSocket = server;
    this.client = new WebSocketChannel(client, 'client', options);
    this.server = new WebSocketChannel(server, 'server', options);
    this.#closeServer = close;
  }

  static async open(options: WebSocketChannelOptions = {}): Promise<Pair> {
    const http = createServer().listen(0, '127.0.0.1');
    const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: frameMessageBytesMax });
    await once(http, 'listening');
    const connected = once(sockets, 'connection');
    const client = new WebSocket(`ws://127.0.0.1:${portOf(http.address())}`, clientOptions);
    await once(client, 'open');
    const [server]: unknown[] = await connected;
    assert.ok(server instanceof WebSocket);
    return new Pair(client, server, options, async () => {
      http.close();
      await once(http, 'close');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.clientSocket.terminate();
    this.serverSocket.terminate();
    await this.#closeServer();
  }
}

function portOf(address: AddressInfo | string | null): number {
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

function closed(channel: WebSocketChannel): Promise<{ reason: string; isClean: boolean }> {
  return new Promise((resolve) => {
    channel.onClose = (reason, isClean) => resolve({ reason, isClean });
  });
}

/** The next frames that arrive, as copies. */
function frames(channel: WebSocketChannel, count: number): Promise<Frame[]> {
  const got: Frame[] = [];
  return new Promise((resolve) => {
    channel.onFrame = (frame) => {
      got.push(frame);
      if (got.length === count) resolve(got);
    };
  });
}

function filled(byteLength: number, value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(byteLength).fill(value);
}

describe('WebSocketChannel', () => {
  test('carries frames of all sizes in the order of sending, both ways at once', async () => {
    await using pair = await Pair.open();
    const sizes = [0, 1, 7, 125, 126, 4096, 65_535, 65_536, 262_144, 262_145, 1_000_003, 20_000_000];
    const order = Array.from(
      { length: 200 },
      (_, i) => sizes[(i * 7) % sizes.length]! % (i % 20 === 0 ? 1e9 : 300_000),
    );
    const atServer = frames(pair.server, order.length);
    const atClient = frames(pair.client, order.length);
    for (const [i, size] of order.entries()) {
      pair.client.send({ bytes: filled(size, i), shared: i % 3 === 0 ? [filled(70_000, i)] : [] });
      pair.server.send({ bytes: filled(size, i), shared: [] });
    }
    for (const got of [await atServer, await atClient]) {
      assert.deepEqual(
        got.map(({ bytes }) => bytes.byteLength),
        order,
      );
      assert.ok(got.every(({ bytes }, i) => bytes.every((byte) => byte === i)));
    }
    assert.equal((await atServer)[3]?.shared[0]?.byteLength, 70_000);
  });

  test('carries 100 MB, and objects in shared memory, with at most 8 MB given to the socket', async () => {
    await using pair = await Pair.open();
    const shared = new Uint8Array(new SharedArrayBuffer(1_000_000)).fill(9);
    const arrived = frames(pair.server, 1);
    pair.client.send({ bytes: filled(100_000_000, 5), shared: [shared] });
    assert.ok(pair.clientSocket.bufferedAmount <= bufferedBytesMax);
    assert.ok(pair.client.bufferedBytes > 90_000_000);
    const [frame] = await arrived;
    assert.equal(frame?.bytes.byteLength, 100_000_000);
    assert.ok(Buffer.from(frame.bytes.buffer).equals(Buffer.alloc(100_000_000, 5)));
    assert.ok(Buffer.from(frame.shared[0]!).equals(Buffer.from(shared)));
  });

  test('keeps what a peer that stops reading does not take, and takes no more work from it', async () => {
    await using pair = await Pair.open();
    pair.clientSocket.pause();
    const all = frames(pair.client, 100);
    for (let i = 0; i < 100; i++) pair.server.send({ bytes: filled(1_000_000, i), shared: [] });
    assert.ok(pair.serverSocket.bufferedAmount <= bufferedBytesMax);
    assert.ok(pair.serverSocket.isPaused);
    let came = 0;
    pair.server.onFrame = () => came++;
    pair.client.send({ bytes: filled(10, 0), shared: [] });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(came, 0);
    const next = frames(pair.server, 1);
    pair.clientSocket.resume();
    assert.deepEqual(
      (await all).map(({ bytes }) => bytes[0]),
      Array.from({ length: 100 }, (_, i) => i),
    );
    await next;
    assert.equal(pair.serverSocket.isPaused, false);
    assert.equal(pair.server.bufferedBytes, 0);
  });

  test('close() sends what was sent before, and is told as clean on both sides', async () => {
    await using pair = await Pair.open();
    const arrived = frames(pair.server, 2);
    const ends = [closed(pair.client), closed(pair.server)];
    pair.client.send({ bytes: filled(20_000_000, 1), shared: [] });
    pair.client.send({ bytes: filled(3, 2), shared: [] });
    pair.client.close();
    pair.client.close();
    pair.client.send({ bytes: filled(3, 3), shared: [] });
    assert.equal((await arrived).length, 2);
    assert.deepEqual(
      (await Promise.all(ends)).map(({ isClean }) => isClean),
      [true, true],
    );
  });

  test('a connection that is cut is told as not clean', async () => {
    await using pair = await Pair.open();
    const end = closed(pair.server);
    pair.clientSocket.terminate();
    assert.equal((await end).isClean, false);
  });

  test('a socket that was closed already is told of', async () => {
    await using pair = await Pair.open();
    pair.clientSocket.terminate();
    await once(pair.clientSocket, 'close');
    assert.equal((await closed(new WebSocketChannel(pair.clientSocket, 'client'))).isClean, false);
  });

  test('garbage closes that peer and no other', async () => {
    await using other = await Pair.open();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ maxLength: 200 })), async (garbage) => {
        await using pair = await Pair.open();
        pair.server.onFrame = () => assert.fail('a frame was made of garbage');
        const ends = Promise.all([closed(pair.server), closed(pair.client)]);
        pair.clientSocket.send(garbage);
        const [end, theirEnd] = await ends;
        assert.match(end.reason, /Cannot read a message/);
        assert.deepEqual([end.isClean, theirEnd.isClean], [false, false]);
      }),
      { seed, numRuns: 50 },
    );
    const arrived = frames(other.server, 1);
    other.client.send({ bytes: filled(1, 1), shared: [] });
    await arrived;
  });

  test('bytes that are no WebSocket frames close that peer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 64, maxLength: 300 }), async (garbage) => {
        await using pair = await Pair.open();
        const end = closed(pair.server);
        const raw: unknown = Reflect.get(pair.clientSocket, '_socket');
        assert.ok(raw instanceof Object && 'end' in raw && typeof raw.end === 'function');
        Reflect.apply(raw.end, raw, [garbage]);
        assert.equal((await end).isClean, false);
      }),
      { seed, numRuns: 50 },
    );
  });

  test('an error in a reader closes the peer with its message', async () => {
    await using pair = await Pair.open();
    pair.server.onFrame = () => {
      throw new Error('cannot use this');
    };
    const [end, theirEnd] = [closed(pair.server), closed(pair.client)];
    pair.client.send({ bytes: filled(1, 1), shared: [] });
    assert.equal((await end).reason, 'cannot use this');
    assert.equal((await theirEnd).reason, 'cannot use this');
  });

  test('hands out nothing after its end', async () => {
    await using pair = await Pair.open();
    const got: number[] = [];
    pair.server.onFrame = ({ bytes }) => {
      got.push(bytes[0] ?? 0);
      throw new Error('enough');
    };
    for (let i = 1; i <= 5; i++) pair.client.send({ bytes: filled(1, i), shared: [] });
    await closed(pair.client);
    assert.deepEqual(got, [1]);
  });

  test('abandon() ends the connection, and hands on what had left the peer before it knew, but not as frames', async () => {
    await using pair = await Pair.open();
    pair.client.onFrame = () => assert.fail('the lease is over');
    const [end, theirEnd] = [closed(pair.client), closed(pair.server)];
    const late: number[] = [];
    for (let i = 1; i <= 3; i++) pair.server.send({ bytes: filled(100_000, i), shared: [] });
    const gone = pair.client.abandon(({ bytes }) => late.push(bytes[0] ?? 0));
    assert.deepEqual(late, []);
    assert.deepEqual(await end, { reason: 'the connection was given up', isClean: false });
    // The process does not stay for the peer's answer.
    const timer: unknown = Reflect.get(pair.clientSocket, '_closeTimer');
    assert.ok(timer instanceof Object && 'hasRef' in timer && typeof timer.hasRef === 'function');
    assert.equal(Reflect.apply(timer.hasRef, timer, []), false);
    assert.equal((await theirEnd).isClean, false);
    await gone;
    assert.deepEqual(late, [1, 2, 3]);
  });

  test('abandon() does not keep what the peer did not take', async () => {
    await using pair = await Pair.open();
    pair.serverSocket.pause();
    pair.client.send({ bytes: filled(32_000_000, 1), shared: [] });
    assert.ok(pair.client.bufferedBytes > 0);
    const gone = pair.client.abandon(() => assert.fail('it had said nothing'));
    assert.equal(pair.clientSocket.readyState, WebSocket.CLOSING);
    await gone;
    assert.equal(pair.client.bufferedBytes, 0);
    await pair.client.abandon(() => assert.fail('it is closed already'));
  });

  test('a half-open peer, which is there and never answers, is suspected after 3 s and dead after 5 s', async () => {
    const http = createServer().listen(0, '127.0.0.1');
    const raws: Socket[] = [];
    http.on('upgrade', (request, raw: Socket) => {
      // A handshake by hand, and then nothing.
      raws.push(raw);
      new WebSocketServer({ noServer: true }).handleUpgrade(request, raw, Buffer.alloc(0), () => raw.pause());
    });
    await once(http, 'listening');
    const socket = new WebSocket(`ws://127.0.0.1:${portOf(http.address())}`, clientOptions);
    await once(socket, 'open');
    const told: string[] = [];
    const channel = new WebSocketChannel(socket, 'client', { peerAlwaysAnswers: true });
    channel.onSuspected = (isSuspected) => told.push(`suspected ${isSuspected}`);
    const end = await closed(channel);
    told.push(end.reason);
    assert.deepEqual(told, ['suspected true', 'the peer has been silent for 5 s']);
    for (const raw of raws) raw.destroy();
    http.close();
    await once(http, 'close');
  });

  test('a stopped process is suspected, dead only where peers always answer, and heard of again', async (t) => {
    const path = join(tmpdir(), `gridbook-peer-${process.pid}.sock`);
    const script = fileURLToPath(new URL('../../fixtures/node/channel-peer.ts', import.meta.url));
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const peer = fork(script, [path], { env });
    t.after(() => {
      peer.kill('SIGKILL');
      rmSync(path, { force: true });
    });
    await once(peer, 'message');
    const open = async (options: WebSocketChannelOptions): Promise<WebSocketChannel> => {
      const socket = new WebSocket(`ws+unix://${path}:/`, clientOptions);
      await once(socket, 'open');
      return new WebSocketChannel(socket, 'client', options);
    };
    const strict = await open({ peerAlwaysAnswers: true });
    const patient = await open({});
    for (const channel of [strict, patient]) {
      const echo = frames(channel, 1);
      channel.send({ bytes: filled(10, 1), shared: [] });
      await echo;
    }
    const suspicions = new Set<boolean>();
    const heardAgain = Promise.withResolvers<void>();
    patient.onSuspected = (isSuspected) => {
      suspicions.add(isSuspected);
      if (!isSuspected) heardAgain.resolve();
    };
    patient.onClose = (reason) => heardAgain.reject(new Error(reason));
    peer.kill('SIGSTOP');
    assert.deepEqual(await closed(strict), { reason: 'the peer has been silent for 5 s', isClean: false });
    assert.deepEqual([...suspicions], [true]);
    peer.kill('SIGCONT');
    await heardAgain.promise;
    const echo = frames(patient, 1);
    patient.send({ bytes: filled(10, 1), shared: [] });
    await echo;
    const end = closed(patient);
    peer.kill('SIGKILL');
    assert.equal((await end).isClean, false);
  });

  test('keeps the process running only while busy', async () => {
    await using pair = await Pair.open();
    const raw: unknown = Reflect.get(pair.clientSocket, '_socket');
    assert.ok(raw instanceof Object);
    const handle: unknown = Reflect.get(raw, '_handle');
    assert.ok(handle instanceof Object);
    const method: unknown = Reflect.get(handle, 'hasRef');
    assert.ok(typeof method === 'function');
    const hasRef = (): unknown => Reflect.apply(method, handle, []);
    pair.client.setBusy(false);
    assert.equal(hasRef(), false);
    pair.client.setBusy(true);
    assert.equal(hasRef(), true);
  });
});
