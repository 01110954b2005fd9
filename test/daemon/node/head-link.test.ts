// Tests of a node's connection to a head over real sockets: coming back, heads that fail, and what a node says then.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { connectInProcess } from '../../../daemon/node/head-connection.ts';
import { HeadLink } from '../../../daemon/node/head-link.ts';
import { type NodeToHead, nodeToHead } from '../../../sdk/protocol/control-messages.ts';
import { NodeHarness, pidOfWorker } from './node-harness.ts';

const load: NodeToHead = { type: 'node.load', cpu: 0, memoryUsedBytes: 0, memoryBytes: 1 };

/** A head that only takes connections. */
class Head implements AsyncDisposable {
  readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  readonly links: HeadLink[] = [];
  /** What the links log, a line each. */
  readonly logged: string[] = [];
  /** Nobody gets through before this. */
  gate: Promise<unknown> = Promise.resolve();

  async link(): Promise<HeadLink> {
    if (this.server.address() === null) await once(this.server, 'listening');
    const address: AddressInfo | string | null = this.server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const link = new HeadLink({
      open: async () => {
        await this.gate;
        const socket = new WebSocket(`ws://127.0.0.1:${address.port}`);
        await once(socket, 'open');
        return socket;
      },
      log: pino({}, { write: (line) => this.logged.push(line) }),
    });
    this.links.push(link);
    return link;
  }

  async next(): Promise<WebSocket> {
    const [socket]: unknown[] = await once(this.server, 'connection');
    assert.ok(socket instanceof WebSocket);
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.links.map((link) => link.close()));
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** The next messages of a node, each checked as a head checks it. */
async function nextMessages(socket: WebSocket, count: number): Promise<NodeToHead[]> {
  const messages: NodeToHead[] = [];
  const done = Promise.withResolvers<void>();
  socket.on('message', (data) => {
    messages.push(nodeToHead.parse(JSON.parse(String(data))));
    if (messages.length === count) done.resolve();
  });
  await done.promise;
  return messages.slice(0, count);
}

/** Resolves when so many workers are ready. */
function readyLeases(socket: WebSocket, count: number): Promise<void> {
  const leases = new Set<string>();
  return new Promise((resolve) => {
    socket.on('message', (data) => {
      const message = nodeToHead.parse(JSON.parse(String(data)));
      if (message.type === 'worker.ready') leases.add(message.lease);
      if (leases.size === count) resolve();
    });
  });
}

describe('HeadLink', () => {
  test('carries messages both ways', async () => {
    await using head = new Head();
    const link = await head.link();
    const opened = new Promise<void>((resolve) => {
      link.onOpen = resolve;
    });
    const got = new Promise((resolve) => {
      link.onMessage = resolve;
    });
    link.send(load); // before there is a connection it goes nowhere
    link.start();
    const socket = await head.next();
    const said = nextMessages(socket, 1);
    await opened;
    link.send(load);
    assert.deepEqual(await said, [load]);
    socket.send(JSON.stringify({ type: 'worker.stop', lease: 'l1', force: true }));
    assert.deepEqual(await got, { type: 'worker.stop', lease: 'l1', force: true });
  });

  test('comes back after a cut, a message that is none, and a head that goes silent', async () => {
    await using head = new Head();
    const link = await head.link();
    const told: string[] = [];
    link.onOpen = () => {
      told.push('open');
      link.send(load);
    };
    link.onClose = () => told.push('close');
    link.onMessage = () => assert.fail('nonsense was taken for a message');
    link.start();
    const spoil: ((socket: WebSocket) => void)[] = [
      (socket) => socket.terminate(),
      (socket) => socket.send('no JSON'),
      (socket) => socket.send('{"type":"worker.stop"}'),
      (socket) => socket.close(1001, 'there is a newer one'),
      (socket) => socket.pause(),
    ];
    for (const how of spoil) {
      const socket = await head.next();
      await once(socket, 'message'); // a head speaks when it has been spoken to
      how(socket);
    }
    await head.next();
    assert.deepEqual(
      told.slice(0, 10),
      spoil.flatMap(() => ['open', 'close']),
    );
    assert.ok(head.logged.some((line) => line.includes('"code":1001,"reason":"there is a newer one"')));
  });

  test('close() ends tries that would go on', async () => {
    let tries = 0;
    const second = Promise.withResolvers<void>();
    const link = new HeadLink({
      open: async () => {
        if (++tries === 2) second.resolve();
        throw new Error('nobody is there');
      },
      log: pino({ level: 'silent' }),
    });
    link.start();
    await second.promise;
    await link.close();
    await link.close();
    assert.equal(tries, 2);
  });
});

describe('connectInProcess()', () => {
  test('opens, delivers later and in order, and closes', async () => {
    const { node, head } = connectInProcess();
    const told: string[] = [];
    const closed = Promise.withResolvers<void>();
    node.onOpen = () => told.push('open');
    node.onMessage = (message) => told.push(message.type);
    head.onMessage = (message) => told.push(message.type);
    node.onClose = () => told.push('close');
    head.onClose = () => {
      told.push('close');
      closed.resolve();
    };
    head.send({ type: 'node.welcome', head: 'h', ended: [], endedSessions: [] });
    node.start();
    node.start();
    node.send(load);
    head.send({ type: 'node.welcome', head: 'h', ended: [], endedSessions: [] });
    assert.deepEqual(told, []);
    await node.close();
    head.close();
    node.send(load);
    await closed.promise;
    assert.deepEqual(told, ['open', 'node.load', 'node.welcome', 'close', 'close']);
  });
});

describe('Node, over a HeadLink', () => {
  test('goes on without its head, and tells what it missed when it is back', async () => {
    await using head = new Head();
    await using harness = new NodeHarness({ head: await head.link(), spares: 0 });
    const first = await head.next();
    const hello = nextMessages(first, 1);
    assert.equal((await hello)[0]?.type, 'node.hello');
    const ready = readyLeases(first, 2);
    for (const lease of ['l1', 'l2']) {
      first.send(
        JSON.stringify({ type: 'worker.start', lease, session: 's', resources: { cpus: 1 }, exclusive: false }),
      );
    }
    await ready;
    head.gate = harness.until(() => harness.logLines.find((line) => line.includes('was ended by SIGKILL')));
    const again = head.next();
    first.terminate();
    // What is told while the connection still seems to be there is lost with it.
    while (harness.node.status()['headConnected'] !== false) await new Promise(setImmediate);
    process.kill(pidOfWorker(harness, 'n1-w1'), 'SIGKILL');
    const second = await again;
    const messages = await nextMessages(second, 3);
    const [back, lost] = messages;
    assert.equal(back?.type === 'node.hello' && back.leases.length, 2);
    assert.deepEqual(lost, {
      type: 'worker.lost',
      lease: 'l1',
      reason: 'killed',
      message: 'worker n1-w1 was ended by SIGKILL',
      exitCode: null,
    });
  });
});
