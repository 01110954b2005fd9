// What strangers, broken peers and other versions send to a daemon that serves: they are refused or cut, and it serves on.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { startInBackground } from '../../daemon/background.ts';
import { controlVersion } from '../../sdk/internal.ts';
import { ProcessCluster } from '../helpers/cluster-process.ts';
import { headConfig, send, upgradeHeaders } from '../helpers/daemon-home.ts';

const malformed: Readonly<Record<string, string | Buffer>> = {
  'text that is not JSON': 'nonsense',
  'JSON that is no object': '[1,2,3]',
  'a message of no known type': '{"type":"no.such"}',
  'a message without its fields': '{"type":"session.hello"}',
  'a prototype': '{"__proto__":{"type":"session.hello"},"constructor":1}',
  'numbers out of range': '{"type":"lease.demand","request":-1,"count":1e400}',
  'deep nesting': '['.repeat(100_000),
  'random bytes': randomBytes(1000),
  'nothing at all': '',
  'more than a message may have': 'x'.repeat(1024 * 1024 + 1),
};

describe('a daemon in its own process', () => {
  let cluster: ProcessCluster;
  before(async () => {
    cluster = await ProcessCluster.open([1]);
  });
  after(() => cluster.close());

  /** It is the same daemon still, and runs tasks. */
  async function assertServes(): Promise<void> {
    const { daemon } = await cluster.statusOf(cluster.head);
    assert.equal(daemon.pid, cluster.head.pid);
    const session = await cluster.session();
    try {
      assert.equal(await session.remote((x: number) => x + 1)(1), 2);
    } finally {
      await session.close();
    }
    await cluster.untilFree();
  }

  for (const path of ['/v1/session', '/v1/node']) {
    for (const [what, message] of Object.entries(malformed)) {
      test(`closes a connection to ${path} that sends ${what}`, async () => {
        const headers = cluster.headersFor(cluster.head);
        const socket = new WebSocket(`ws://127.0.0.1:${cluster.head.port}${path}`, { headers });
        await once(socket, 'open');
        const closed = once(socket, 'close');
        socket.on('error', () => {}); // the daemon may be faster than what is still being sent
        socket.send(message);
        await closed;
        await assertServes();
      });
    }

    test(`closes a connection to ${path} whose frames are cut short, or are none`, async () => {
      for (const bytes of [
        Buffer.from([0x81]),
        Buffer.from([0x81, 0xfe, 0xff]),
        Buffer.from([0xff, 0xff, 0xff]),
        randomBytes(64),
      ]) {
        const headers = cluster.headersFor(cluster.head);
        const socket = new WebSocket(`ws://127.0.0.1:${cluster.head.port}${path}`, { headers });
        await once(socket, 'open');
        const raw: unknown = Reflect.get(socket, '_socket');
        assert.ok(typeof raw === 'object' && raw !== null && 'end' in raw && typeof raw.end === 'function');
        const closed = once(socket, 'close');
        socket.on('error', () => {});
        Reflect.apply(raw.end, raw, [bytes]);
        await closed;
      }
      await assertServes();
    });
  }

  test('refuses a worker connection of a lease that is none', async () => {
    const headers = { ...cluster.headersFor(cluster.head), ...upgradeHeaders };
    const { status } = await send(cluster.head.port, 'GET', '/v1/worker/none', headers);
    assert.equal(status, 404);
    await assertServes();
  });

  for (const path of ['/v1/session', '/v1/node', '/v1/worker/x', '/v1/status']) {
    test(`refuses another version at ${path} before anything else, and names both`, async () => {
      const headers = { ...cluster.headersFor(cluster.head), 'X-Gridbook-Version': '999' };
      const upgrade = path === '/v1/status' ? {} : upgradeHeaders;
      const { status, text } = await send(cluster.head.port, 'GET', path, { ...headers, ...upgrade });
      assert.equal(status, 426);
      assert.match(text, new RegExp(`version ${controlVersion}\\b.*version 999\\b`));
    });
  }

  test('keeps its port: another one on it does not start, and says so in one line', async () => {
    const config = headConfig(cluster.home, { port: cluster.head.port });
    await assert.rejects(
      startInBackground(config),
      /^ConnectionError: Cannot listen on [^\n]*: the port is in use[^\n]*$/,
    );
    await assertServes();
  });
});
