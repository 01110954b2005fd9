// The routes of a real head, all of them, found in the router's own table: who may pass, what parameters may be, and
// whom the head connects to for a request.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { Route } from '../../daemon/service.ts';
import { openServices } from '../../daemon/services.ts';
import { until } from '../helpers/cluster-process.ts';
import { goodHeaders, send, type TestDaemon, testDaemon, upgradeHeaders } from '../helpers/daemon-home.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** A head whose own node has joined it. */
async function realHead(t: TestContext): Promise<TestDaemon> {
  const to = await testDaemon(t, { services: openServices });
  await until(async () => (await send(to.port, 'GET', '/v1/status', goodHeaders(to))).text.includes('"isHead":true'));
  return to;
}

/** The paths of a route with one parameter set, and the others to something harmless: one for each parameter. */
function pathsWith({ path }: Route, value: string): string[] {
  const names = path.match(/:\w+/g) ?? [];
  return names.map((name) => path.replace(name, () => value).replaceAll(/:\w+/g, 'a1'));
}

/** What the head says of itself that a request could have changed. */
async function stateOf(to: TestDaemon): Promise<unknown> {
  const { text } = await send(to.port, 'GET', '/v1/status', goodHeaders(to));
  const { daemon, head, node } = JSON.parse(text);
  return {
    state: daemon.state,
    sessions: head.sessions,
    leases: head.leases,
    nodes: head.nodes.length,
    node: node.leases,
  };
}

describe('every route of a head', () => {
  test('is there: the table has sessions, nodes, workers, objects, status and stop', async (t) => {
    const { daemon } = await realHead(t);
    const table = daemon.routes.map((route) => `${route.type === 'http' ? route.method : route.type} ${route.path}`);
    for (const expected of ['websocket /v1/session', 'websocket /v1/node', 'pipe /v1/worker/:lease', 'POST /v1/stop']) {
      assert.ok(table.includes(expected), expected);
    }
    assert.ok(daemon.routes.length >= 8);
  });

  test('answers 401 to no, a wrong and a short token, by each method and as an upgrade, and has no effect', async (t) => {
    const to = await realHead(t);
    const before = await stateOf(to);
    const { Authorization: _, ...none } = goodHeaders(to);
    const wrong = `${to.token.slice(0, -1)}${to.token.endsWith('A') ? 'B' : 'A'}`;
    const tokens = [
      none,
      { ...none, Authorization: `Bearer ${wrong}` },
      { ...none, Authorization: `Bearer ${to.token.slice(0, 8)}` },
    ];
    const paths = [...new Set(to.daemon.routes.map(({ path }) => path.replaceAll(/:\w+/g, 'a1')))];
    const answers: string[] = [];
    for (const path of paths) {
      for (const headers of tokens) {
        for (const method of methods) {
          answers.push(`${method} ${path} ${(await send(to.port, method, path, headers)).status}`);
        }
        const upgrade = await send(to.port, 'GET', path, { ...headers, ...upgradeHeaders });
        answers.push(`upgrade ${path} ${upgrade.status}`);
      }
    }
    assert.equal(answers.length, paths.length * tokens.length * (methods.length + 1));
    assert.deepEqual(
      answers.filter((answer) => !answer.endsWith(' 401')),
      [],
    );
    assert.deepEqual(await stateOf(to), before);
  });

  test('refuses what leads out of a folder with 400, in each of its parameters', async (t) => {
    const to = await realHead(t);
    const corpus = [
      '..',
      '%2e%2e',
      '..%2f..%2fetc%2fpasswd',
      '%2Fetc%2Fpasswd',
      '..%5c..',
      '%00',
      'a%00b',
      '%c0%ae%c0%ae',
      '%252e%252e',
      'a'.repeat(129),
    ];
    let count = 0;
    for (const route of to.daemon.routes) {
      const method = route.type === 'http' ? route.method : 'GET';
      const headers = { ...goodHeaders(to), ...(route.type === 'http' ? {} : upgradeHeaders) };
      for (const path of corpus.flatMap((value) => pathsWith(route, value))) {
        count++;
        assert.equal((await send(to.port, method, path, headers)).status, 400, `${method} ${path}`);
      }
    }
    assert.ok(count >= 5 * corpus.length, 'there are parameters');
  });
});

test('an address that is no node of the cluster is not connected to, wherever it is put, and a relay refuses it with 400', async (t) => {
  const to = await realHead(t);
  let connections = 0;
  const foreign = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  t.after(() => foreign.close());
  await new Promise((resolve) => foreign.once('listening', resolve));
  const address = foreign.address();
  assert.ok(typeof address === 'object' && address !== null);
  const place = `127.0.0.1:${address.port}`;
  for (const route of to.daemon.routes) {
    const method = route.type === 'http' ? route.method : 'GET';
    const plain = route.path.replaceAll(/:\w+/g, 'a1');
    const queries = ['node', 'address', 'url', 'host', 'target'].map((name) => `${plain}?${name}=http://${place}/`);
    const headers = {
      ...goodHeaders(to),
      'X-Forwarded-Host': place,
      Forwarded: `host=${place}`,
      Referer: `http://${place}`,
    };
    if (route.path === '/v1/stop') continue; // it has no parameter, and would do what it is asked
    for (const path of [...pathsWith(route, place), ...pathsWith(route, `localhost:${address.port}`), ...queries]) {
      const isUpgrade = route.type !== 'http';
      const { status } = await send(to.port, method, path, isUpgrade ? { ...headers, ...upgradeHeaders } : headers);
      if (route.path.startsWith('/v1/objects/:node') && path.startsWith(`/v1/objects/${place}/`)) {
        assert.equal(status, 400, path);
      }
    }
  }
  assert.equal(connections, 0);
});
