// A real head and what its peers get: second hellos, two daemons of one node, nodes that nobody can reach, and a keeper
// that does not start.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { WebSocket } from 'ws';
import { Keeper } from '../../../daemon/head/keeper.ts';
import { openServices } from '../../../daemon/services.ts';
import { HeadCluster } from '../../../sdk/cluster/head-cluster.ts';
import { controlBytesMax, type HeadToNode, openPeer, type PeerPlace } from '../../../sdk/internal.ts';
import { Session } from '../../../sdk/session.ts';
import { until } from '../../helpers/cluster-process.ts';
import { goodHeaders, send, type TestDaemon, testDaemon } from '../../helpers/daemon-home.ts';

interface HeadStatus {
  readonly nodes: readonly { readonly node: string }[];
  readonly sessions: readonly unknown[];
  readonly failures: readonly { readonly node?: string; readonly message: string }[];
}

const timeoutMs = 10_000;

async function statusOf(head: TestDaemon): Promise<HeadStatus> {
  const { text } = await send(head.port, 'GET', '/v1/status', goodHeaders(head));
  return JSON.parse(text).head;
}

/** A peer that says what the test says. */
class Peer {
  readonly socket: WebSocket;
  readonly heard: { readonly type: string }[] = [];
  /** The code and the reason with which the head ended it. */
  readonly ended: Promise<string>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => this.heard.push(JSON.parse(String(data))));
    this.ended = once(socket, 'close').then(([code, reason]) => `${code} ${reason}`);
  }

  static async open(t: TestContext, { daemon, token }: TestDaemon, path: '/v1/session' | '/v1/node'): Promise<Peer> {
    const place: PeerPlace = { url: daemon.record.url, token, fingerprint: undefined };
    const socket = await openPeer(place, { path, messageBytesMax: controlBytesMax });
    t.after(() => socket.terminate());
    return new Peer(socket);
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  async hears(type: string): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (!this.heard.some((message) => message.type === type)) await once(this.socket, 'message', { signal });
  }
}

function nodeHello(incarnation: string, changes: object = {}): object {
  const own = { type: 'node.hello', node: 'n', incarnation, address: null, fingerprint: null };
  return { ...own, resources: { cpus: 1 }, labels: {}, leases: [], sessions: [], ...changes };
}

const sessionHello = { type: 'session.hello', session: 'a', name: 'test', leases: [] };

describe('a second hello', () => {
  test('ends the connection of a session, which is gone from the head', async (t) => {
    const head = await testDaemon(t, { services: openServices });
    const session = await Peer.open(t, head, '/v1/session');
    session.say(sessionHello);
    await session.hears('session.welcome');
    session.say(sessionHello);
    assert.equal(await session.ended, '1002 one hello is enough');
    await until(async () => (await statusOf(head)).sessions.length === 0);
  });

  test('ends the connection of a node, which comes back with another one', async (t) => {
    const head = await testDaemon(t, { services: openServices });
    const node = await Peer.open(t, head, '/v1/node');
    node.say(nodeHello('1'));
    await node.hears('node.welcome');
    node.say(nodeHello('1'));
    assert.equal(await node.ended, '1002 one hello is enough');
    await until(async () => (await statusOf(head)).nodes.every((of) => of.node !== 'n'));
    const again = await Peer.open(t, head, '/v1/node');
    again.say(nodeHello('1'));
    await again.hears('node.welcome');
  });
});

test('of two daemons of one node the newer one stays, until it goes', async (t) => {
  const head = await testDaemon(t, { services: openServices });
  const join = async (incarnation: string): Promise<Peer> => {
    const node = await Peer.open(t, head, '/v1/node');
    node.say(nodeHello(incarnation));
    return node;
  };
  const older = await join('1');
  await older.hears('node.welcome');
  const newer = await join('2');
  assert.equal(await older.ended, '1001 another connection of this node has come');
  assert.equal(await (await join('1')).ended, '1001 a newer daemon of this node has come');
  const session = await Peer.open(t, head, '/v1/session');
  session.say(sessionHello);
  await session.hears('session.welcome');
  session.socket.close(1000);
  await newer.hears('session.ended');
  newer.socket.terminate();
  await until(async () => (await statusOf(head)).nodes.every(({ node }) => node !== 'n'));
  await (await join('1')).hears('node.welcome');
});

test('a worker that its session cannot reach is told to it, and stands among the failures of the cluster', async (t) => {
  const head = await testDaemon(t, { services: openServices });
  const node = await Peer.open(t, head, '/v1/node');
  node.socket.on('message', (data) => {
    const message: HeadToNode = JSON.parse(String(data));
    if (message.type !== 'worker.start') return;
    node.say({ type: 'worker.ready', lease: message.lease, worker: 'n-w1', socket: '/nowhere/worker' });
  });
  node.say(nodeHello('1', { address: '127.0.0.1:1', resources: { cpus: 1, far: 1 } }));
  await node.hears('node.welcome');
  const place = { url: head.daemon.record.url, token: head.token, fingerprint: undefined };
  await using session = new Session(await HeadCluster.connect('test', place));
  const events = session.events();
  const task = session.remote(() => 1, { resources: { far: 1 } })();
  for await (const event of events) {
    if (event.type !== 'worker.unreachable') continue;
    assert.equal(event.node, 'n');
    assert.match(event.message, /Cannot reach the worker of lease \w+: .*127\.0\.0\.1:1/);
    break;
  }
  await node.hears('worker.stop');
  const { failures } = await statusOf(head);
  assert.ok(failures.some(({ node: of, message }) => of === 'n' && /^session \w{8} cannot use node n: /.test(message)));
  session.cancel(task);
});

test('a request that is refused with many long labels is told so in a message that its session takes', async (t) => {
  const head = await testDaemon(t, { services: openServices });
  const place = { url: head.daemon.record.url, token: head.token, fingerprint: undefined };
  await using session = new Session(await HeadCluster.connect('test', place));
  const labels = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`label-${i}`, 'x'.repeat(256)]));
  const refused = session.get(session.remote(() => 1, { placement: { labels } })());
  await assert.rejects(refused, /Cannot lease a worker on a node with label-0=x/);
});

test('an object of a node that the head cannot reach is answered with 502 and the reason', async (t) => {
  const head = await testDaemon(t, { services: openServices });
  const node = await Peer.open(t, head, '/v1/node');
  node.say(nodeHello('1', { address: '127.0.0.1:1' }));
  await node.hears('node.welcome');
  const other = await Peer.open(t, head, '/v1/node');
  other.say(nodeHello('1', { node: 'm' }));
  await other.hears('node.welcome');
  for (const [name, why] of [
    ['n', /node n cannot be reached from the head: .*127\.0\.0\.1:1/],
    ['m', /node m cannot be reached from the head: it joined without an address/],
  ] as const) {
    for (const method of ['GET', 'DELETE']) {
      const { status, text } = await send(head.port, method, `/v1/objects/${name}/s/o`, goodHeaders(head));
      assert.equal(status, 502);
      assert.match(text, why);
    }
  }
});

test('Keeper.start() tries again after one that could not be started', async (t) => {
  const log = pino({ level: 'silent' });
  const told: string[] = [];
  const hear = {
    info: (_of: object, text: string) => told.push(text),
    error: (_of: object, text: string) => told.push(text),
  };
  const keeper = new Keeper({ url: 'http://127.0.0.1:1', token: 'none', fingerprint: null }, Object.assign(log, hear));
  const { execPath } = process;
  t.after(() => {
    process.execPath = execPath;
    return keeper.close();
  });
  process.execPath = '/nowhere/node';
  keeper.start();
  await until(() => told.includes('the keeper of detached actors cannot be started'));
  process.execPath = execPath;
  keeper.start();
  assert.equal(told.at(-1), 'the keeper of detached actors was started');
});
