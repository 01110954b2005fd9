// Who may pass the listener: made from the router's own table, so that a route that is added is tested, too.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import type { Services } from '../../daemon/daemon.ts';
import type { Route } from '../../daemon/service.ts';
import { controlVersion } from '../../sdk/internal.ts';
import { goodHeaders, send, sendBytes, type TestDaemon, testDaemon, upgradeHeaders } from '../helpers/daemon-home.ts';
import { needs } from '../helpers/needs.ts';

/** A part with a route of each type, which counts what gets through to it. */
function countingService(): { services: Services; count: () => number } {
  let count = 0;
  const routes: Route[] = [
    ...(['GET', 'POST', 'DELETE'] as const).map(
      (method): Route => ({
        type: 'http',
        method,
        path: '/v1/things/:thing',
        handle: ({ params, body }) => {
          count++;
          return { status: 200, json: { params, body: body ?? null } };
        },
      }),
    ),
    {
      type: 'websocket',
      path: '/v1/talk',
      messageBytesMax: 1000,
      onOpen: (socket) => {
        count++;
        socket.close();
      },
    },
    {
      type: 'pipe',
      path: '/v1/pipe/:end',
      onUpgrade: (_request, socket) => {
        count++;
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      },
    },
  ];
  const part = { routes, status: () => ({ count }), close: async () => {} };
  return { services: { part }, count: () => count };
}

interface Guarded extends TestDaemon {
  readonly count: () => number;
}

async function guarded(t: TestContext): Promise<Guarded> {
  const { services, count } = countingService();
  return { ...(await testDaemon(t, { services: () => services })), count };
}

function pathOf({ path }: Route): string {
  return path.replaceAll(/:\w+/g, 'a1');
}

/** Every way to each route, and to one that is not there: with each method, and as an upgrade. */
function waysTo(routes: readonly Route[]): { method: string; path: string; extra: Record<string, string> }[] {
  const paths = [...new Set([...routes.map(pathOf), '/', '/v1/nothing'])];
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  return paths.flatMap((path) => [
    ...methods.map((method) => ({ method, path, extra: {} })),
    { method: 'GET', path, extra: upgradeHeaders },
  ]);
}

/** All ways are refused with a status, and nothing gets through. */
async function assertRefused(to: Guarded, headers: Record<string, string>, status: number): Promise<void> {
  const ways = waysTo(to.daemon.routes);
  assert.ok(ways.length >= 7 * 8);
  const answers = await Promise.all(
    ways.map(async ({ method, path, extra }) => {
      const answer = await send(to.port, method, path, { ...headers, ...extra });
      return `${method} ${path}${extra === upgradeHeaders ? ' upgrade' : ''}: ${answer.status}`;
    }),
  );
  assert.deepEqual(
    answers.filter((answer) => !answer.endsWith(`: ${status}`)),
    [],
  );
  assert.equal(to.count(), 0);
  const alive = await send(to.port, 'GET', '/v1/status', goodHeaders(to));
  assert.match(alive.text, /"state":"running"/);
}

describe('every route, method and upgrade', () => {
  test('is refused with 401 without the right token, and has no effect', async (t) => {
    const to = await guarded(t);
    const { Authorization: _, ...none } = goodHeaders(to);
    const { token } = to;
    const wrong = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    const authorizations = [
      `Bearer ${wrong}`,
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token.slice(0, 1)}`,
      `Bearer ${token}A`,
      'Bearer ',
      `Bearer ${token} ${token}`,
      token,
      `Basic ${Buffer.from(`:${token}`).toString('base64')}`,
    ];
    await assertRefused(to, none, 401);
    for (const Authorization of authorizations) await assertRefused(to, { ...none, Authorization }, 401);
    for (const Cookie of [`token=${token}`, `Authorization=Bearer ${token}`]) {
      await assertRefused(to, { ...none, Cookie }, 401);
    }
  });

  test('is refused with 403 for a host that is not the daemon, with the right token', async (t) => {
    const to = await guarded(t);
    const hosts = [
      'evil.example',
      `evil.example:${to.port}`,
      `127.0.0.1.evil.example:${to.port}`,
      `localhost.evil.example:${to.port}`,
      `127.0.0.1:${to.port}.evil.example`,
      `127.0.0.1:${to.port + 1}`,
      '127.0.0.1',
      `0.0.0.0:${to.port}`,
      `user@127.0.0.1:${to.port}`,
      '',
    ];
    for (const Host of hosts) await assertRefused(to, { ...goodHeaders(to), Host }, 403);
  });

  test('is refused with 403 for an origin that is not the daemon, with the right token', async (t) => {
    const to = await guarded(t);
    const origins = [
      'http://evil.example',
      'https://evil.example:443',
      'null',
      `https://127.0.0.1:${to.port}`,
      `http://127.0.0.1:${to.port + 1}`,
      `http://127.0.0.1:${to.port}.evil.example`,
      'chrome-extension://abcdefgh',
      'file://',
      '',
    ];
    for (const Origin of origins) {
      await assertRefused(to, { ...goodHeaders(to), Origin, Cookie: `token=${to.token}` }, 403);
    }
  });

  test('is refused with 426 for another version, which the answer names with its own', async (t) => {
    const to = await guarded(t);
    const { 'X-Gridbook-Version': _, ...none } = goodHeaders(to);
    await assertRefused(to, none, 426);
    await assertRefused(to, { ...none, 'X-Gridbook-Version': '999' }, 426);
    const { text } = await send(to.port, 'GET', '/v1/status', { ...none, 'X-Gridbook-Version': '999' });
    assert.match(
      text,
      new RegExp(`version ${controlVersion}\\b.*version 999: install the same version .* start the daemon again`),
    );
  });

  test('is reached with the right headers', async (t) => {
    const to = await guarded(t);
    const own = { ...goodHeaders(to), Origin: `http://localhost:${to.port}` };
    for (const Host of [`127.0.0.1:${to.port}`, `localhost:${to.port}`, `LOCALHOST:${to.port}`]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        assert.equal((await send(to.port, method, '/v1/things/a1', { ...own, Host })).status, 200);
      }
      assert.equal((await send(to.port, 'GET', '/v1/talk', { ...own, ...upgradeHeaders, Host })).status, 101);
      assert.equal((await send(to.port, 'GET', '/v1/pipe/a1', { ...own, ...upgradeHeaders, Host })).status, 101);
    }
    assert.equal(to.count(), 15);
  });
});

test('a request with two hosts, or with another one in its first line, is refused', async (t) => {
  const to = await guarded(t);
  const { Host, ...rest } = goodHeaders(to);
  const lines = Object.entries(rest).map(([name, value]) => `${name}: ${value}`);
  const requests = [
    ['GET /v1/status HTTP/1.1', `Host: ${Host}`, 'Host: evil.example', ...lines],
    ['GET /v1/status HTTP/1.1', 'Host: evil.example', `Host: ${Host}`, ...lines],
    ['GET http://evil.example/v1/status HTTP/1.1', `Host: ${Host}`, ...lines],
    ['GET /v1/status HTTP/1.0', ...lines],
    ['CONNECT evil.example:443 HTTP/1.1', `Host: ${Host}`, ...lines],
  ];
  for (const head of requests) {
    const text = await sendBytes(to.port, `${[...head, 'Connection: close'].join('\r\n')}\r\n\r\n`);
    assert.doesNotMatch(text, /^HTTP\/1\.1 (2|101)/, head[0]);
  }
  assert.equal(to.count(), 0);
});

test('a parameter that is no plain name is refused with 400, whatever it means to a file system', async (t) => {
  const to = await guarded(t);
  const corpus = [
    '..',
    '.',
    '%2e%2e',
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e%2fetc',
    '..%5c..%5cwindows',
    '%2Fetc%2Fpasswd',
    'C:%5Cwindows',
    '%00',
    'a%00b',
    'a%0d%0ab',
    '%c0%ae%c0%ae',
    '%E0%A4%A',
    '%',
    '%20',
    'a'.repeat(129),
    '%252e%252e',
  ];
  for (const value of corpus) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { status } = await send(to.port, method, `/v1/things/${value}`, goodHeaders(to));
      assert.equal(status, 400, `${method} ${value}`);
    }
    const upgrade = await send(to.port, 'GET', `/v1/pipe/${value}`, { ...goodHeaders(to), ...upgradeHeaders });
    assert.equal(upgrade.status, 400, `upgrade ${value}`);
  }
  for (const path of ['/v1/things/../status', '/v1/things/a/b', '/v1/things/', '//v1/things/a', '/v1/things/a/']) {
    assert.notEqual((await send(to.port, 'GET', path, goodHeaders(to))).status, 200, path);
  }
  assert.equal(to.count(), 0);
});

const needsLoopbacks = needs('Linux', () => process.platform === 'linux', 'it has all of 127.0.0.0/8');

test(
  'on all addresses, one that the machine has got since the start is the daemon, and no other is',
  needsLoopbacks,
  async (t) => {
    const to = await testDaemon(t, {}, { host: '0.0.0.0', insecure: true });
    const statusOf = async (host: string, origin: string): Promise<number | undefined> => {
      // Linux has all of 127.0.0.0/8, and lists one of them.
      const headers = { ...goodHeaders(to), Host: `${host}:${to.port}`, Origin: `http://${origin}:${to.port}` };
      const asked = request({ host: '127.0.0.2', port: to.port, path: '/v1/status', headers, agent: false }).end();
      const [response]: IncomingMessage[] = await once(asked, 'response');
      response?.resume();
      return response?.statusCode;
    };
    assert.equal(await statusOf('127.0.0.2', '127.0.0.2'), 200);
    assert.equal(await statusOf('127.0.0.3', '127.0.0.2'), 403);
    assert.equal(await statusOf('127.0.0.2', '127.0.0.3'), 403);
  },
);
