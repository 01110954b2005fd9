// Tests of a node's leases: processes of their own, reuse, ends. Workers are real processes, the head is the test's.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectInProcess } from '../../../daemon/node/head-connection.ts';
import { errorOf } from '../../helpers/outcomes.ts';
import { isGone, logged, NodeHarness, openChannel, pidOfWorker, workerEnv } from './node-harness.ts';

// Each has a node of its own, which mostly waits for its processes to start and end.
describe('Node', { concurrency: 3 }, () => {
  test('says hello with its leases and then its load', async () => {
    await using harness = new NodeHarness({ labels: { rack: 'a' } });
    const hello = await harness.until(() => harness.find('node.hello'));
    assert.deepEqual(hello, {
      type: 'node.hello',
      node: 'n1',
      incarnation: 'i1',
      address: null,
      fingerprint: null,
      resources: { cpus: 2 },
      labels: { rack: 'a' },
      leases: [],
      sessions: [],
    });
    const load = await harness.until(() => harness.find('node.load'));
    assert.ok(load.cpu >= 0 && load.cpu <= 1);
    assert.ok(load.memoryUsedBytes > 0 && load.memoryUsedBytes < load.memoryBytes);
    assert.equal(harness.messages[0], hello);
  });

  test('runs tasks of a session in a process of its own', async () => {
    await using harness = new NodeHarness();
    await using session = harness.session();
    const where = session.remote((x: number) => ({ pid: process.pid, square: x * x }));
    const { pid, square } = await where(7);
    assert.notEqual(pid, process.pid);
    assert.equal(square, 49);
  });

  test('carries large values there and back', async () => {
    await using harness = new NodeHarness();
    await using session = harness.session();
    const half = session.remote((values: Float64Array) => values.map((x) => x / 2));
    const input = Float64Array.from({ length: 2_000_000 }, (_, i) => i);
    const output = await half(session.put(input));
    assert.equal(output.length, input.length);
    assert.ok(output.every((x, i) => x === i / 2));
    assert.equal(output.byteOffset % 8, 0);
  });

  test('gives workers neither secrets nor a place in its process group', async () => {
    const env = { ...workerEnv(), GRIDBOOK_TOKEN: 'hush', Gridbook_Other: 'hush', KEPT: 'yes' };
    await using harness = new NodeHarness({ env });
    await using session = harness.session();
    const seen = await session.remote(() => ({ pid: process.pid, env: { ...process.env } }))();
    assert.equal(seen.env['KEPT'], 'yes');
    assert.deepEqual(
      Object.entries(seen.env).filter(([name, value]) => /^gridbook/i.test(name) || value === 'hush'),
      [],
    );
    assert.doesNotMatch(readFileSync(`/proc/${seen.pid}/cmdline`, 'utf8'), /hush/);
    const group = Number(readFileSync(`/proc/${seen.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]);
    assert.equal(group, seen.pid);
  });

  test('keeps a worker that was given back for its session, and gives the next lease a new executor', async () => {
    await using harness = new NodeHarness();
    const pids: number[] = [];
    const sockets = new Set<string>();
    for (let i = 1; i <= 3; i++) {
      const session = harness.session('s1');
      pids.push(await session.remote(() => process.pid)());
      sockets.add(harness.messages.findLast((m) => m.type === 'worker.ready')?.socket ?? '');
      await session.close();
      await harness.kept(i);
    }
    assert.equal(new Set(pids).size, 1);
    assert.equal(sockets.size, 3);
  });

  test('never gives a worker to another session', async () => {
    await using harness = new NodeHarness();
    let count = 0;
    const pidOf = async (name: string): Promise<number> => {
      const session = harness.session(name);
      const pid = await session.remote(() => process.pid)();
      await session.close();
      await harness.kept(++count);
      return pid;
    };
    const first = await pidOf('s1');
    const others = [await pidOf('s2'), await pidOf('s3')];
    assert.equal(new Set([first, ...others]).size, 3);
    assert.equal(await pidOf('s1'), first);
  });

  test('keeps no worker for a session that is over, also when its connection closes only then', async () => {
    await using harness = new NodeHarness();
    const pidOf = async (session: string): Promise<{ lease: string; socket: string; pid: number }> => {
      const { lease, socket, worker } = await harness.start(session);
      return { lease, socket, pid: pidOfWorker(harness, worker) };
    };
    const unused = await pidOf('s1');
    harness.stop(unused.lease);
    await harness.kept(1);
    harness.head.send({ type: 'session.ended', session: 's1' });
    await harness.until(() => (isGone(unused.pid) ? true : undefined));

    const connected = await pidOf('s2');
    const channel = await openChannel(connected.socket);
    harness.stop(connected.lease);
    harness.head.send({ type: 'session.ended', session: 's2' });
    assert.ok(!isGone(connected.pid));
    channel.close();
    await harness.until(() => (isGone(connected.pid) ? true : undefined));
    assert.equal(harness.find('worker.lost'), undefined);
    assert.equal(harness.logLines.filter((line) => line.includes('kept for its session')).length, 1);
  });

  test('ends a worker at once that is to be ended with force, and does not call it lost', async () => {
    await using harness = new NodeHarness();
    const { lease, socket, worker } = await harness.start();
    const pid = pidOfWorker(harness, worker);
    const channel = await openChannel(socket);
    const closed = Promise.withResolvers<boolean>();
    channel.onClose = (_reason, isClean) => closed.resolve(isClean);
    harness.stop(lease, true);
    assert.equal(await closed.promise, false);
    await harness.until(() => logged(harness, /was ended by SIGKILL/, worker));
    assert.ok(isGone(pid));
    assert.equal(harness.find('worker.lost', lease), undefined);
  });

  test('takes a lease that nobody connected to back, and keeps its worker', async () => {
    await using harness = new NodeHarness();
    const first = await harness.start();
    harness.stop(first.lease);
    await harness.kept(1);
    const second = await harness.start();
    assert.equal(second.worker, first.worker);
    await assert.rejects(openChannel(first.socket), /ENOENT/);
    (await openChannel(second.socket)).close();
  });

  test('has one worker start for leases that are given back while it does, however many', async () => {
    await using harness = new NodeHarness({ spares: 0 });
    const leases = Array.from({ length: 10 }, (_, i) => `short-${i}`);
    for (const lease of leases) {
      harness.head.send({ type: 'worker.start', lease, session: 's1', resources: { cpus: 1 }, exclusive: false });
      harness.stop(lease);
    }
    const { worker, socket } = await harness.start('s1');
    assert.equal(worker, 'n1-w1');
    assert.equal(harness.node.status()['workers'], 1);
    (await openChannel(socket)).close();
    assert.deepEqual(
      leases.filter((lease) => harness.find('worker.ready', lease) ?? harness.find('worker.lost', lease)),
      [],
    );
  });

  test('gives an exclusive lease a process that nobody has used', async () => {
    await using harness = new NodeHarness();
    const first = await harness.start();
    harness.stop(first.lease);
    await harness.kept(1);
    const second = await harness.start('s1', true);
    assert.notEqual(second.worker, first.worker);
    assert.equal((await harness.start('s1')).worker, first.worker);
  });

  test('gives one lease to one connection', async () => {
    await using harness = new NodeHarness();
    const { socket } = await harness.start();
    const channel = await openChannel(socket);
    await assert.rejects(openChannel(socket), /Cannot connect/);
    channel.close();
  });

  test('ends a worker whose session does not come', async () => {
    await using harness = new NodeHarness({ sessionWaitMs: 50 });
    const { lease } = await harness.start();
    const { reason, message } = await harness.lost(lease);
    assert.equal(reason, 'connection-lost');
    assert.match(message, /no connection of its session for 0.05 s/);
  });

  test('ends a worker whose session has closed its connection and gives nothing back', async () => {
    await using harness = new NodeHarness({ sessionWaitMs: 1000 });
    const { lease, socket } = await harness.start();
    (await openChannel(socket)).close();
    assert.equal((await harness.lost(lease)).reason, 'connection-lost');
  });

  test('ends a worker whose session connects just as its lease was given back, and stays', async (t) => {
    await using harness = new NodeHarness();
    const { lease, socket, worker } = await harness.start();
    const connectedPath = `${socket}.connected`;
    const script = fileURLToPath(new URL('../../fixtures/node/late-session.ts', import.meta.url));
    const client = fork(script, [socket, connectedPath], { env: workerEnv() });
    t.after(() => client.kill('SIGKILL'));
    await once(client, 'message');
    // Read from a file, the lease is given back before what the worker says meanwhile is heard.
    await readFile(script);
    client.send('connect');
    const clock = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(connectedPath)) Atomics.wait(clock, 0, 0, 5);
    harness.stop(lease);
    await harness.until(() => logged(harness, /was ended by|ended with exit code/, worker));
    rmSync(connectedPath);
  });

  test('ends a worker whose connection was cut', async () => {
    await using harness = new NodeHarness();
    const { lease, socket } = await harness.start();
    const { createConnection } = await import('node:net');
    const raw = createConnection(socket);
    raw.write(
      'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n' +
        'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nx-gridbook-version: 1\r\n\r\n',
    );
    raw.once('data', () => raw.destroy());
    const { reason, message } = await harness.lost(lease);
    assert.equal(reason, 'connection-lost');
    assert.match(message, /lost its session/);
  });

  test('starts a lease once however often it is told', async () => {
    await using harness = new NodeHarness();
    const { lease } = await harness.start();
    harness.head.send({ type: 'worker.start', lease, session: 's1', resources: {}, exclusive: false });
    harness.stop('unknown', true);
    await harness.start('s2');
    assert.equal(harness.messages.filter((m) => m.type === 'worker.ready').length, 2);
  });

  test('ends what a head that it comes back to has given up', async () => {
    await using harness = new NodeHarness();
    const { lease } = await harness.start();
    harness.head.send({ type: 'node.welcome', head: 'h1', ended: [lease], endedSessions: [] });
    await harness.until(() => (harness.node.status()['leases'] === 0 ? true : undefined));
  });

  test('serves 20 leases at once', async () => {
    await using harness = new NodeHarness({ spares: 0 });
    await using session = harness.session('s1', 20);
    // Each task ends when 20 of them have begun, so that none can share a worker with another.
    const meet = session.remote(async (socketsPath: string) => {
      const { readdirSync, writeFileSync } = await import('node:fs');
      writeFileSync(`${socketsPath}/met-${process.pid}`, '');
      const met = (): string[] => readdirSync(socketsPath).filter((name) => name.startsWith('met-'));
      while (met().length < 20) await new Promise((resolve) => setTimeout(resolve, 20));
      return process.pid;
    });
    const pids = await Promise.all(Array.from({ length: 20 }, () => meet(harness.socketsPath).promise()));
    assert.equal(new Set(pids).size, 20);
  });

  test('tells a head that comes back while it ends that it does', async () => {
    const { node, head } = connectInProcess();
    await using harness = new NodeHarness({ head: node, spares: 0 });
    const told: string[] = [];
    const begun = Promise.withResolvers<void>();
    head.onMessage = (message) => {
      told.push(message.type);
      if (message.type === 'worker.ready') begun.resolve();
    };
    head.send({ type: 'worker.start', lease: 'l1', session: 's1', resources: { cpus: 1 }, exclusive: false });
    await begun.promise;
    const closed = harness.node.close(1000);
    node.onOpen();
    await closed;
    const said = told.filter((type) => type === 'node.hello' || type === 'node.leaving');
    assert.deepEqual(said, ['node.hello', 'node.leaving', 'node.hello', 'node.leaving']);
  });

  test('close() loses no task of a session that no head tells of it', async () => {
    await using harness = new NodeHarness();
    const session = harness.session('s1', 2);
    const pause = session.remote(() => new Promise<void>((resolve) => setTimeout(resolve, 1)), { maxRetries: 0 });
    function* inputs(): Generator<undefined> {
      for (;;) yield undefined;
    }
    const inTheMidst = Promise.withResolvers<void>();
    let count = 0;
    const ended = session.map(pause, inputs()).forEach(() => {
      if (++count === 100) inTheMidst.resolve();
    });
    const [[outcome]] = await Promise.all([
      Promise.allSettled([ended]),
      inTheMidst.promise.then(() => harness.node.close(10_000)).then(() => session.close()),
    ]);
    assert.equal(outcome.status, 'rejected');
    assert.equal(outcome.reason.name, 'CancelledError', String(outcome.reason));
  });

  test('close() leaves no process and no socket file', async () => {
    await using harness = new NodeHarness();
    const leases = [await harness.start('s1'), await harness.start('s2'), await harness.start('s3')];
    const channel = await openChannel(leases[0]!.socket);
    await using session = harness.session('s4');
    const endless = session.remote(
      () => {
        process.on('SIGTERM', () => {});
        console.log('begun');
        for (;;);
      },
      { maxRetries: 0 },
    )();
    const failed = errorOf(endless);
    await harness.until(() => logged(harness, /^begun$/));
    const pids = leases.map(({ worker }) => pidOfWorker(harness, worker));
    await harness.node.close(200);
    assert.deepEqual(
      pids.filter((pid) => !isGone(pid)),
      [],
    );
    assert.deepEqual(harness.socketFiles(), []);
    assert.deepEqual(harness.node.status()['workers'], 0);
    channel.close();
    assert.match((await failed).message, /ended with its daemon|connection/);
  });
});
