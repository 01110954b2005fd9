// What connect refuses, and what a closed session refuses.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { CancelledError, ClosedError, connect, InvalidArgumentError, type ObjectRef } from '../../sdk/index.ts';
import { joinString } from '../../sdk/internal.ts';
import { assertWithin, timeOf } from '../helpers/bar.ts';
import { ProcessCluster } from '../helpers/cluster-process.ts';
import { errorOf } from '../helpers/outcomes.ts';
import { runScript } from '../helpers/run-script.ts';
import { TestCluster } from '../helpers/test-cluster.ts';

const refused: [object, RegExp][] = [
  [{ workers: 0 }, /workers must be a whole number from 1 to 512, got 0/],
  [{ workers: 1.5 }, /workers .* got 1\.5/],
  [{ workers: Number.NaN }, /workers .* got NaN/],
  [{ workers: '2' }, /workers .* got "2"$/],
  [{ address: 8265 }, /address must be a text such as "auto" or a join string, got 8265/],
  [{ resources: 2 }, /resources must be amounts by name/],
  [{ workers: 513 }, /workers .* got 513/],
  [{ worker: 2 }, /connect has no option "worker"; it has address, workers/],
  [{ workerHeapBytesMax: 1024 }, /workerHeapBytesMax must be a whole number/],
  [{ taskOutput: 'loud' }, /taskOutput must be "print" or "log", got "loud"/],
  [{ resources: { cpus: 8 } }, /resources\.cpus of an embedded session is how many workers it has: give workers/],
  [{ resources: { gpus: '1' } }, /resources\.gpus must be a number of at least 0, got "1"$/],
  [{ resources: { gpus: -1 } }, /resources\.gpus must be a number of at least 0, got -1/],
  [{ resources: { gpus: Number.POSITIVE_INFINITY } }, /resources\.gpus/],
];

for (const [options, message] of refused) {
  test(`connect() refuses ${JSON.stringify(options)}`, async () => {
    await assert.rejects(
      connect(options),
      (error: unknown) => error instanceof InvalidArgumentError && message.test(error.message),
    );
  });
}

test('connect() takes an address alone, and options after it', async (t) => {
  const cluster = await ProcessCluster.open([2]);
  t.after(() => cluster.close());
  await using embedded = await connect('embedded', { workers: 3, resources: { licence: 1 } });
  assert.deepEqual([embedded.cluster, embedded.workers], ['embedded', 3]);
  await using all = await connect(cluster.join);
  await using capped = await connect(cluster.join, { workers: 1 });
  assert.deepEqual([all.workers, capped.workers], [2, 1]);
  assert.equal(await capped.remote(() => 'there')(), 'there');
  await assert.rejects(connect('embedded', Object({ address: 'auto' })), {
    code: 'INVALID_ARGUMENT',
    message: /connect at an address has no option "address"; it has workers/,
  });
  await assert.rejects(connect(''), { code: 'INVALID_ARGUMENT', message: /neither "auto"/ });
  const both: unknown = Reflect.apply(connect, undefined, [{ workers: 1 }, { workers: 2 }]);
  await assert.rejects(Promise.resolve(both), { message: /connect\(options\), or connect\(address, options\)/ });
});

test('connect() takes GRIDBOOK_ADDRESS, and an empty one for none', async (t) => {
  const { GRIDBOOK_ADDRESS: before } = process.env;
  t.after(() => {
    if (before === undefined) delete process.env['GRIDBOOK_ADDRESS'];
    else process.env['GRIDBOOK_ADDRESS'] = before;
  });
  process.env['GRIDBOOK_ADDRESS'] = 'nowhere';
  await assert.rejects(connect(), { message: /neither "auto"/ });
  process.env['GRIDBOOK_ADDRESS'] = '';
  await using session = await connect();
  assert.equal(session.cluster, 'embedded');
});

test('connect() gives as many workers as it is asked for', async () => {
  const session = await connect({ address: 'embedded', workers: 3, resources: { licence: 1 } });
  assert.equal(session.workers, 3);
  assert.equal(session.cluster, 'embedded');
  assert.equal(await session.remote(() => 'granted', { resources: { licence: 1 } })(), 'granted');
  await session.close();
});

test('connect() to a head takes so many of its workers at once, at most', async (t) => {
  const cluster = await TestCluster.open([2]);
  t.after(() => cluster.close());
  const { hostname, port } = new URL(cluster.head.url);
  const address = joinString({ ...cluster.head, host: hostname, port: Number(port) });
  await using session = await connect({ address, workers: 1 });
  assert.equal(session.workers, 1);
  const pids = await session.get(
    Array.from({ length: 8 }, () => session.remote(() => process.pid, { maxRetries: 0 })()),
  );
  assert.equal(new Set(pids).size, 1);
  await using all = await connect({ address, workers: 100 });
  assert.equal(all.workers, 2);
  await assert.rejects(connect({ address, workers: 0 }), { code: 'INVALID_ARGUMENT' });
  await assert.rejects(connect({ address, resources: { gpu: 1 } }), { message: /resources is for embedded sessions/ });
});

test('connect() tells of a head that is lost and found, with and without a cap of workers', async (t) => {
  const cluster = await ProcessCluster.open([1]);
  t.after(() => cluster.close());
  await using capped = await connect({ address: cluster.join, workers: 1 });
  await using whole = await connect({ address: cluster.join });
  const told = [capped, whole].map(async (session) => {
    const types: string[] = [];
    for await (const { type } of session.events()) {
      if (type.startsWith('head.')) types.push(type);
      if (type === 'head.found') break;
    }
    return types;
  });
  const { port } = cluster.head;
  await cluster.kill(cluster.head);
  await cluster.startHead({ port });
  assert.deepEqual(await Promise.all(told), [
    ['head.lost', 'head.found'],
    ['head.lost', 'head.found'],
  ]);
});

/** What takes connections as a head does; its join string. */
async function headThat(t: TestContext, onSession: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  t.after(() => {
    server.close();
    for (const client of server.clients) client.terminate();
  });
  server.on('connection', onSession);
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { port } = address;
  return joinString({ host: '127.0.0.1', port, token: 'a-token-of-nobody-at-all', fingerprint: undefined });
}

test('connect() fails when a head takes the connection and then closes it, or does not welcome it', async (t) => {
  const refusing = await headThat(t, (socket) => socket.close(1008, 'it is full'));
  const silent = await headThat(t, () => {});
  await Promise.all([
    assert.rejects(connect({ address: refusing }), {
      code: 'CONNECTION',
      message: /closed the connection: it is full/,
    }),
    assert.rejects(connect({ address: silent }), { code: 'CONNECTION', message: /not welcome the session within 5 s/ }),
  ]);
});

test('Session.close() at an address waits for a head that answers, and not for one that does not', async (t) => {
  const sockets: WebSocket[] = [];
  const address = await headThat(t, (socket) => {
    sockets.push(socket);
    const welcome = { type: 'session.welcome', head: 'h', workersMax: 1, ended: [] };
    socket.once('message', () => socket.send(JSON.stringify(welcome)));
  });
  const answered = await connect({ address });
  await answered.close();
  const [first] = sockets;
  assert.notEqual(first?.readyState, first?.OPEN, 'the head does not know of the end');
  const unanswered = await connect({ address });
  sockets[1]?.pause();
  await unanswered.close();
});

test('a session connects anew to a head that was silent for 3 s, before it would count as dead', (t) =>
  assertWithin(4500, 'to connect anew', async () => {
    const sockets: WebSocket[] = [];
    const hellos: string[] = [];
    const second = Promise.withResolvers<void>();
    const address = await headThat(t, (socket) => {
      if (sockets.push(socket) === 2) second.resolve();
      const welcome = { type: 'session.welcome', head: 'h', workersMax: 1, ended: [] };
      socket.once('message', (hello) => {
        hellos.push(String(hello));
        socket.send(JSON.stringify(welcome));
      });
    });
    await using session = await connect({ address });
    const events = session.events();
    sockets[0]?.pause(); // what asks for a sign of life is not read
    const tookMs = await timeOf(() => second.promise);
    assert.deepEqual((await events.next()).value, { type: 'head.lost' });
    assert.deepEqual((await events.next()).value, { type: 'head.found' });
    assert.equal(hellos[0], hellos[1], 'it is the same session');
    return tookMs;
  }));

test('a program given as text on the command line has workers too', async () => {
  const end = await runScript('one-liner.ts');
  assert.deepEqual(end, { code: 0, signal: null, stdout: '25\n', stderr: '' });
});

test('every call on a closed session throws ClosedError, and closing it again waits for the same end', async () => {
  const session = await connect({ address: 'embedded', workers: 1 });
  class Holder {
    get(): number {
      return 1;
    }
  }
  const f = session.remote((x: number) => x);
  const actor = session.actor(Holder);
  const ready: ObjectRef<number> = f(1);
  await session.get([ready, actor.get()]);
  const open = session.remote(() => new Promise<number>(() => {}))();
  const waiting = f(open);
  let isClosed = false;
  const first = session.close().then(() => {
    isClosed = true;
  });
  await session.close();
  await Promise.resolve();
  assert.ok(isClosed, 'the second close() was done before the first');
  await first;
  for (const ref of [open, waiting]) assert.ok((await errorOf(ref)) instanceof CancelledError);
  const calls: Record<string, () => unknown> = {
    call: () => f(2),
    remote: () => session.remote(() => 1),
    with: () => f.with({ maxRetries: 1 })(3),
    map: () => session.map(f, [1]),
    actor: () => session.actor(Holder),
    'actor call': () => actor.get(),
    put: () => session.put(1),
  };
  for (const [name, call] of Object.entries(calls)) {
    assert.throws(call, (error: unknown) => error instanceof ClosedError && /closed/.test(error.message), name);
  }
  await assert.rejects(
    session.reduce(f, [1], (a, b) => a + b),
    ClosedError,
  );
  assert.equal(await session.get(ready), 1);
  session.cancel(ready);
});
