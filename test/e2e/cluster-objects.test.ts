// Large results between whole daemons: they stay on nodes, move between them, are removed, and are made again.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Daemon, openDaemon } from '../../daemon/daemon.ts';
import { HeadCluster } from '../../sdk/cluster/head-cluster.ts';
import type { ObjectPlace } from '../../sdk/cluster/object-place.ts';
import { findNode, type ObjectPeer } from '../../sdk/cluster/objects.ts';
import { allWays, type Way } from '../../sdk/cluster/worker-connection.ts';
import { controlVersion, readDaemonToken } from '../../sdk/internal.ts';
import { entryOf, type ObjectRef } from '../../sdk/object-ref.ts';
import { Session } from '../../sdk/session.ts';
import { until } from '../helpers/cluster-process.ts';
import { headConfig } from '../helpers/daemon-home.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** A head without workers, and nodes of one cpu that have resources of their own by which tasks are sent to them. */
class Cluster {
  readonly #t: TestContext;
  readonly home = mkdtempSync(join(tmpdir(), 'gridbook-objects-'));
  readonly #daemons: Daemon[] = [];
  #head: ObjectPeer | undefined;

  constructor(t: TestContext) {
    this.#t = t;
    t.after(async () => {
      for (const daemon of this.#daemons.reverse()) await daemon.stop(0);
      rmSync(this.home, { recursive: true, force: true });
    });
  }

  static async open(t: TestContext): Promise<Cluster> {
    const cluster = new Cluster(t);
    const head = await cluster.#open({ resources: { cpus: 0 } });
    const token = readDaemonToken(cluster.home, head.port);
    cluster.#head = { url: head.record.url, token, fingerprint: undefined };
    return cluster;
  }

  async #open(changes: Parameters<typeof headConfig>[1]): Promise<Daemon> {
    const daemon = await openDaemon(headConfig(this.home, changes));
    this.#daemons.push(daemon);
    return daemon;
  }

  get head(): ObjectPeer {
    assert.ok(this.#head !== undefined);
    return this.#head;
  }

  /** Adds a node that alone has the resource. */
  addNode(resource: string): Promise<Daemon> {
    const { url, token } = this.head;
    return this.#open({ resources: { cpus: 1, [resource]: 1 }, join: { url, token, fingerprint: null } });
  }

  async session(ways: readonly Way[] = allWays): Promise<Session> {
    const session = new Session(await HeadCluster.connect(this.head.url, this.head, ways));
    this.#t.after(() => session.close());
    return session;
  }

  /** What a node says of its store. */
  async objects({ record }: Daemon): Promise<{ objects: number; memoryBytes: number; sessions: number }> {
    const { token } = this.head;
    const headers = { Authorization: `Bearer ${token}`, 'X-Gridbook-Version': String(controlVersion) };
    const status: { node: { objects: { objects: number; memoryBytes: number; sessions: number } } } = JSON.parse(
      await (await fetch(`${record.url}/v1/status`, { headers })).text(),
    );
    return status.node.objects;
  }

  /** The file of an object in a node's store. */
  async fileOf({ node, session, id }: ObjectPlace): Promise<string | undefined> {
    const place = await findNode(this.head, node);
    return place?.directories.map((path) => join(path, session, id)).find((path) => existsSync(path));
  }
}

function placeOf(ref: ObjectRef<unknown>): ObjectPlace {
  const { outcome } = entryOf(ref);
  assert.ok(outcome.state === 'kept' && 'place' in outcome.kept.at, `the ref is ${outcome.state}`);
  return outcome.kept.at.place;
}

const onA = { resources: { a: 1 } };
const onB = { resources: { b: 1 } };
const fill = (length: number, value: number): Float64Array => new Float64Array(length).fill(value);
const ends = (values: Float64Array): (number | undefined)[] => [values.length, values[0], values.at(-1)];

describe('a large result', { concurrency: 3 }, () => {
  test('is one file on a node, however many of its tasks take it', async (t) => {
    const cluster = await Cluster.open(t);
    const [, b] = [await cluster.addNode('a'), await cluster.addNode('b')];
    const session = await cluster.session();
    const ref = session.remote(fill, onA)(100_000, 3);
    const take = session.remote(ends, onB);
    await session.get([take(ref), take(ref), take(ref)]);
    assert.equal((await cluster.objects(b)).objects, 1);
  });

  for (const way of allWays) {
    test(`is fetched by the client by the way "${way}" and checked`, async (t) => {
      const cluster = await Cluster.open(t);
      await cluster.addNode('a');
      const session = await cluster.session([way]);
      const make = session.remote(fill, { ...onA, maxRetries: 0 });
      assert.deepEqual(ends(await make(100_000, 3)), [100_000, 3, 3]);
      const damaged = make(100_000, 3);
      await session.wait([damaged]);
      const path = await cluster.fileOf(placeOf(damaged));
      assert.ok(path !== undefined);
      const bytes = readFileSync(path);
      bytes[5000]! ^= 1;
      writeFileSync(path, bytes);
      await assert.rejects(async () => damaged, { code: 'OBJECT_LOST', message: /checksum/ });
    });
  }

  test('is removed from its node when no ref has it any more', async (t) => {
    const cluster = await Cluster.open(t);
    const a = await cluster.addNode('a');
    const session = await cluster.session();
    const make = session.remote(fill, onA);
    const kept = make(100_000, 1);
    await session.wait([kept]);
    await (async () => session.wait([make(100_000, 2), make(100_000, 3)], { count: 2 }))();
    await until(async () => {
      collectGarbage();
      return (await cluster.objects(a)).objects === 1;
    });
    assert.deepEqual(ends(await kept), [100_000, 1, 1]);
  });
});

test('what a session has put is sent to a worker once, not once a task', async (t) => {
  const cluster = await Cluster.open(t);
  await cluster.addNode('a');
  const session = await cluster.session();
  const ref = session.put(fill(100_000, 3));
  // Views of the same memory: nothing came a second time.
  const isSame = session.remote((values: Float64Array) => {
    const before: unknown = Reflect.get(globalThis, 'before');
    Reflect.set(globalThis, 'before', values.buffer);
    return before === values.buffer;
  });
  assert.deepEqual([await isSame(ref), await isSame(ref), await isSame(ref)], [false, true, true]);
  const other = session.put(fill(100_000, 4));
  assert.deepEqual([await isSame(other), await isSame(ref), await isSame(ref)], [false, false, true]);
});

describe('the objects of a session', { concurrency: 3 }, () => {
  test('are removed on all nodes when it is closed', async (t) => {
    const cluster = await Cluster.open(t);
    const nodes = [await cluster.addNode('a'), await cluster.addNode('b')];
    const session = await cluster.session();
    await session.remote(ends, onB)(session.remote(fill, onA)(100_000, 3));
    for (const node of nodes) assert.equal((await cluster.objects(node)).objects, 1);
    await session.close();
    for (const node of nodes) await until(async () => (await cluster.objects(node)).sessions === 0);
    for (const node of nodes) assert.deepEqual((await cluster.objects(node)).memoryBytes, 0);
  });

  test('are removed when its process was killed', async (t) => {
    const cluster = await Cluster.open(t);
    const a = await cluster.addNode('a');
    const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `
      const { HeadCluster } = await import(${module('../../sdk/cluster/head-cluster.ts')});
      const { Session } = await import(${module('../../sdk/session.ts')});
      const head = JSON.parse(await new Promise((resolve) => process.stdin.once('data', resolve)));
      const session = new Session(await HeadCluster.connect(head.url, head));
      const ref = session.remote((length) => new Float64Array(length))(100_000);
      await session.wait([ref]);
      console.log('made');
      setInterval(() => ref, 1000);`;
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
    const client = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    client.stdin.write(JSON.stringify(cluster.head));
    await once(client.stdout, 'data');
    assert.equal((await cluster.objects(a)).objects, 1);
    client.kill('SIGKILL');
    await until(async () => (await cluster.objects(a)).sessions === 0);
    assert.equal((await cluster.objects(a)).objects, 0);
  });
});

describe('an object of a node that was lost', { concurrency: 3 }, () => {
  /** A session with an object on a node that has been lost, another node, and how often the object was made. */
  async function afterLoss(
    t: TestContext,
    options: { maxRetries?: number } = {},
  ): Promise<{ session: Session; ref: ObjectRef<Float64Array>; runs: () => number; cluster: Cluster }> {
    const cluster = await Cluster.open(t);
    const lost = await cluster.addNode('a');
    const session = await cluster.session();
    const log = join(cluster.home, 'runs');
    const make = session.remote((length: number, path: string) => {
      const { appendFileSync } = process.getBuiltinModule('node:fs');
      appendFileSync(path, 'x');
      return new Float64Array(length).fill(3);
    }, options);
    const ref = make(100_000, log);
    await session.wait([ref]);
    await cluster.addNode('b');
    await lost.stop(0);
    return { session, ref, runs: () => readFileSync(log, 'utf8').length, cluster };
  }

  test('is made again when it is awaited, once for all who do', async (t) => {
    const { session, ref, runs } = await afterLoss(t);
    const [first, second] = await Promise.all([ref, session.get(ref)]);
    assert.deepEqual(ends(first), [100_000, 3, 3]);
    assert.equal(second, first);
    assert.equal(runs(), 2);
  });

  test('is made again when tasks take it, once for all of them', async (t) => {
    const { session, ref, runs } = await afterLoss(t);
    const take = session.remote(ends);
    assert.deepEqual(await session.get([take(ref), take(ref)]), [
      [100_000, 3, 3],
      [100_000, 3, 3],
    ]);
    assert.equal(runs(), 2);
  });

  test('is made again with what it was made of', async (t) => {
    const cluster = await Cluster.open(t);
    const lost = await cluster.addNode('a');
    const session = await cluster.session();
    const make = session.remote(fill);
    const double = session.remote((values: Float64Array) => values.map((x) => 2 * x));
    const ref = double(double(make(100_000, 3)));
    await session.wait([ref]);
    await cluster.addNode('b');
    await lost.stop(0);
    assert.deepEqual(ends(await ref), [100_000, 12, 12]);
  });

  test('is lost with ObjectLostError where its task may not run again, for who awaits and for who takes it', async (t) => {
    const { session, ref, runs } = await afterLoss(t, { maxRetries: 0 });
    const take = session.remote(ends)(ref);
    await assert.rejects(async () => ref, { code: 'OBJECT_LOST', message: /its node has left/ });
    await assert.rejects(async () => take, { code: 'OBJECT_LOST' });
    assert.equal(runs(), 1);
  });

  test('does not keep its waiting tasks from being cancelled', async (t) => {
    const { session, ref } = await afterLoss(t);
    const take = session.remote(ends)(ref);
    session.cancel(take);
    await assert.rejects(async () => take, { code: 'CANCELLED' });
    assert.deepEqual(ends(await ref), [100_000, 3, 3]);
  });

  test('does not touch what the session has put: it still has that itself', async (t) => {
    const cluster = await Cluster.open(t);
    const lost = await cluster.addNode('a');
    const session = await cluster.session();
    const ref = session.put(fill(100_000, 3));
    const take = session.remote(ends);
    await take(ref);
    await cluster.addNode('b');
    await lost.stop(0);
    assert.deepEqual(await take(ref), [100_000, 3, 3]);
  });
});
