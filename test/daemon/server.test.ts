// What the listener bears: bodies, frames and connections without end, and parts that fail.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { Guard } from '../../daemon/guard.ts';
import { openLog, RotatingFile } from '../../daemon/log.ts';
import type { NewcomerLimits } from '../../daemon/newcomers.ts';
import { Listener } from '../../daemon/server.ts';
import type { Route } from '../../daemon/service.ts';
import { TokenCheck } from '../../daemon/tokens.ts';
import { controlVersion } from '../../sdk/internal.ts';
import { send, sendBytes, temporaryHome } from '../helpers/daemon-home.ts';

const token = 'a-token-of-this-test-alone';

async function listenerWith(
  t: TestContext,
  routes: readonly Route[],
  newcomers?: NewcomerLimits,
  stallMs?: number,
): Promise<number> {
  const home = temporaryHome(t);
  const file = new RotatingFile(`${home}/daemon.log`);
  const log = openLog(file, { level: 'debug', secret: token, echo: false });
  const host = '127.0.0.1';
  const limits = { ...(newcomers && { newcomers }), ...(stallMs === undefined ? {} : { stallMs }) };
  const listener = await Listener.open({ host, port: 0, certificate: undefined, ...limits });
  const { port } = listener;
  const guard = new Guard({ token: new TokenCheck(token), host, port, isSecure: false });
  listener.serve({ guard, routes, log });
  t.after(async () => {
    await listener.close();
    file.close();
  });
  return port;
}

function headersFor(port: number): Record<string, string> {
  return {
    Host: `127.0.0.1:${port}`,
    Authorization: `Bearer ${token}`,
    'X-Gridbook-Version': String(controlVersion),
  };
}

const echo: Route = {
  type: 'http',
  method: 'POST',
  path: '/v1/echo',
  handle: ({ body, query }) => ({ status: 200, json: { body: body ?? null, query: Object.fromEntries(query) } }),
};

const talk: Route = {
  type: 'websocket',
  path: '/v1/talk',
  messageBytesMax: 1000,
  onOpen: (socket) => socket.on('message', (data) => socket.send(String(data))),
};

describe('a route that answers requests', () => {
  test('gets the body as JSON, and the query', async (t) => {
    const port = await listenerWith(t, [echo]);
    const { status, text, headers } = await send(port, 'POST', '/v1/echo?a=1', headersFor(port), '{"b":[2]}');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { body: { b: [2] }, query: { a: '1' } });
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
  });

  test('is not reached by a body that is too long or not JSON', async (t) => {
    const port = await listenerWith(t, [echo]);
    const long = Buffer.alloc(1024 * 1024 + 1, 'a');
    assert.equal((await send(port, 'POST', '/v1/echo', headersFor(port), long)).status, 413);
    assert.equal((await send(port, 'POST', '/v1/echo', headersFor(port), '{"a":')).status, 400);
  });

  test('asks for a body only after the token was seen', async (t) => {
    const port = await listenerWith(t, [echo]);
    const head = (authorization: string): string =>
      [
        'POST /v1/echo HTTP/1.1',
        ...Object.entries({ ...headersFor(port), Authorization: authorization }).map(([k, v]) => `${k}: ${v}`),
        'Content-Length: 2',
        'Expect: 100-continue',
        'Connection: close',
      ].join('\r\n');
    assert.match(await sendBytes(port, `${head('Bearer no')}\r\n\r\n`), /^HTTP\/1\.1 401/);
    assert.match(await sendBytes(port, `${head(`Bearer ${token}`)}\r\n\r\n{}`), /^HTTP\/1\.1 100[\s\S]*HTTP\/1\.1 200/);
  });

  test('fails alone when it throws', async (t) => {
    const bad: Route = {
      type: 'http',
      method: 'GET',
      path: '/v1/bad',
      handle: () => {
        throw new Error('a secret of the inside');
      },
    };
    const port = await listenerWith(t, [bad, echo]);
    const { status, text } = await send(port, 'GET', '/v1/bad', headersFor(port));
    assert.equal(status, 500);
    assert.doesNotMatch(text, /secret/);
    assert.equal((await send(port, 'POST', '/v1/echo', headersFor(port))).status, 200);
  });

  test('is told when its client has gone', async (t) => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: gone, resolve: leave } = Promise.withResolvers<void>();
    const slow: Route = {
      type: 'http',
      method: 'GET',
      path: '/v1/slow',
      handle: async ({ signal }) => {
        begin();
        await once(signal, 'abort');
        leave();
        return { status: 200, json: null };
      },
    };
    const port = await listenerWith(t, [slow]);
    const socket = connect({ host: '127.0.0.1', port });
    const lines = Object.entries(headersFor(port)).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /v1/slow HTTP/1.1\r\n${lines.join('')}\r\n`);
    await begun;
    socket.destroy();
    await gone;
  });
});

describe('a route that streams its answer', () => {
  test('is told when its client takes nothing for too long, and others are served', async (t) => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const flood: Route = {
      type: 'http',
      method: 'GET',
      path: '/v1/flood',
      handle: () => {
        const stream = Readable.from(
          (function* () {
            for (;;) yield Buffer.alloc(2 ** 16);
          })(),
        );
        stream.once('close', end);
        return { status: 200, stream, byteLength: 2 ** 40 };
      },
    };
    const port = await listenerWith(t, [flood, echo], undefined, 200);
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    const lines = Object.entries(headersFor(port)).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /v1/flood HTTP/1.1\r\n${lines.join('')}\r\n`);
    await once(socket, 'readable');
    await ended;
    assert.equal((await send(port, 'POST', '/v1/echo', headersFor(port))).status, 200);
  });
});

describe('a route that speaks WebSocket', () => {
  const open = async (port: number, options: object = {}): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/talk`, { headers: headersFor(port), ...options });
    await once(socket, 'open');
    return socket;
  };

  test('refuses compression, and messages that are too long', async (t) => {
    const port = await listenerWith(t, [talk]);
    const socket = await open(port, { perMessageDeflate: true });
    assert.equal(socket.extensions, '');
    socket.send('a'.repeat(1000));
    const [data] = await once(socket, 'message');
    assert.equal(String(data).length, 1000);
    socket.send('a'.repeat(1001));
    const [code] = await once(socket, 'close');
    assert.equal(code, 1009);
  });

  test('fails alone when it throws, and when frames are broken', async (t) => {
    const bad: Route = {
      ...talk,
      path: '/v1/bad',
      onOpen: () => {
        throw new Error('it failed');
      },
    };
    const port = await listenerWith(t, [bad, talk]);
    const failed = new WebSocket(`ws://127.0.0.1:${port}/v1/bad`, { headers: headersFor(port) });
    failed.on('error', () => {});
    await once(failed, 'close');
    const lines = Object.entries({
      ...headersFor(port),
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    const broken = Buffer.concat([
      Buffer.from(`GET /v1/talk HTTP/1.1\r\n${lines.join('')}\r\n`),
      Buffer.alloc(64, 0xff),
    ]);
    assert.match(await sendBytes(port, broken), /^HTTP\/1\.1 101/);
    const socket = await open(port);
    socket.close();
    await once(socket, 'close');
  });

  test('is not reached without an upgrade, nor another route with one', async (t) => {
    const port = await listenerWith(t, [talk, echo]);
    assert.equal((await send(port, 'GET', '/v1/talk', headersFor(port))).status, 400);
    const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' };
    assert.equal((await send(port, 'GET', '/v1/echo', { ...headersFor(port), ...upgrade })).status, 405);
    assert.equal((await send(port, 'GET', '/v1/talk', { ...headersFor(port), ...upgrade })).status, 400);
    assert.equal((await send(port, 'GET', '/v1/nothing', headersFor(port))).status, 404);
  });
});

/** Opens connections that say a little and then nothing. */
async function silentConnections(t: TestContext, port: number, count: number, bytes: string): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    if (bytes !== '') socket.write(bytes);
    return socket;
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => (socket.connecting ? once(socket, 'connect') : undefined)));
  return sockets;
}

describe('connections that show no token', () => {
  const halves = ['', 'G', 'GET /v1/status HTTP/1.1\r\nHost: ', '\u0016\u0003\u0001'];

  test('are closed when their time is over, whatever they have said', async (t) => {
    const port = await listenerWith(t, [echo], { deadlineMs: 200, countMax: 100 });
    const sockets = (await Promise.all(halves.map((half) => silentConnections(t, port, 3, half)))).flat();
    await Promise.all(sockets.map((socket) => socket.closed || once(socket.resume(), 'close')));
  });

  test('do not keep others out, 5,000 of them', async (t) => {
    const port = await listenerWith(t, [echo]);
    for (let i = 0; i < 10; i++) {
      await silentConnections(t, port, 500, halves[i % 3]!);
      assert.equal((await send(port, 'POST', '/v1/echo', headersFor(port))).status, 200);
    }
  });

  test('give way to later ones when there are too many', async (t) => {
    const port = await listenerWith(t, [echo], { deadlineMs: 60_000, countMax: 5 });
    const [first] = await silentConnections(t, port, 1, '');
    const closed = once(first!.resume(), 'close');
    await silentConnections(t, port, 5, '');
    await closed;
  });

  test('stay when they have shown it, and speak WebSocket', async (t) => {
    const port = await listenerWith(t, [talk], { deadlineMs: 300, countMax: 2 });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/talk`, { headers: headersFor(port) });
    await once(socket, 'open');
    // Others are closed by their deadline, so it has passed for the first one, too.
    const late = await silentConnections(t, port, 2, '');
    await Promise.all(late.map((one) => once(one.resume(), 'close')));
    socket.send('still here');
    const [data] = await once(socket, 'message');
    assert.equal(String(data), 'still here');
    socket.close();
    await once(socket, 'close');
  });

  test('get no more than their headers and a little of a body into memory', async (t) => {
    const port = await listenerWith(t, [echo]);
    const before = process.memoryUsage.rss();
    const line = `X: ${'a'.repeat(60_000)}\r\n`;
    const body = 'a'.repeat(2 ** 20);
    const bombs = [
      `GET / HTTP/1.1\r\n${line.repeat(20)}`,
      `POST /v1/echo HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 100000000\r\n\r\n${body.repeat(4)}`,
      `POST /v1/echo HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n${body}\r\n100000\r\n${body}`,
    ];
    for (const bomb of bombs) assert.doesNotMatch(await sendBytes(port, bomb), /^HTTP\/1\.1 2/);
    assert.ok(process.memoryUsage.rss() - before < 100e6);
    assert.equal((await send(port, 'POST', '/v1/echo', headersFor(port))).status, 200);
  });
});
