// A node's object store by itself: files that workers write, limits, eviction, what is served by HTTP, and what is left.

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { objectRoutes } from '../../../daemon/node/object-store-routes.ts';
import { asPlace, wirePlace } from '../../../sdk/cluster/object-place.ts';
import type { ObjectPeer } from '../../../sdk/cluster/objects.ts';
import { goodHeaders, send, type TestDaemon, testDaemon } from '../../helpers/daemon-home.ts';
import { bytesOf, filesIn, foldersIn, type Given, mebibyte, openStore, pathIn, settled } from './store-harness.ts';

describe('WorkerObjects', () => {
  test('write() makes one file that readHere() gives back, of this user alone', (t) => {
    const { store, worker } = openStore(t);
    const objects = worker();
    const bytes = bytesOf(100_000);
    const place = objects.write(bytes);
    assert.deepEqual(objects.readHere(place), Buffer.from(bytes));
    assert.equal(store.status.memoryBytes, 100_000);
    const path = pathIn(store, place);
    assert.ok(path !== undefined);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    for (const directory of store.directories) assert.equal(statSync(directory).mode & 0o777, 0o700);
  });

  test('readHere() refuses a file with one flipped bit, one cut short and one too long', (t) => {
    const { store, worker } = openStore(t);
    const damages: ((bytes: Buffer) => Buffer)[] = [
      (bytes) => {
        bytes[50_000]! ^= 1;
        return bytes;
      },
      (bytes) => bytes.subarray(1),
      (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]),
    ];
    for (const damage of damages) {
      const place = worker().write(bytesOf(100_000));
      const path = pathIn(store, place);
      assert.ok(path !== undefined);
      writeFileSync(path, damage(readFileSync(path)));
      assert.throws(() => worker().readHere(place), { code: 'OBJECT_LOST' });
    }
  });

  test('reads an object once, however many tasks take it', (t) => {
    const { worker } = openStore(t);
    const objects = worker();
    const place = objects.write(bytesOf(100_000));
    const first = objects.readHere(place);
    assert.equal(objects.readHere(place), first);
  });

  test('does not read the objects of another session', (t) => {
    const { worker } = openStore(t);
    const place = worker('s1').write(bytesOf(1000));
    assert.throws(() => worker('s2').readHere(place), { code: 'OBJECT_LOST', message: /another session/ });
  });

  test('write() throws ResourceError when the store is full, and there is room again when an object is removed', async (t) => {
    const { store, worker } = openStore(t);
    const objects = worker();
    const places = [1, 2, 3, 4].map((first) => objects.write(bytesOf(mebibyte, first)));
    assert.throws(() => objects.write(bytesOf(1)), {
      code: 'RESOURCES',
      message: /object store of node n1 has room for 0/,
    });
    await settled(store, 2 * mebibyte);
    assert.ok(store.remove('s1', places[0]!.id));
    objects.write(bytesOf(mebibyte));
  });
});

describe('ObjectStore', () => {
  test('moves what memory cannot hold to disk, the oldest first; all can still be read', async (t) => {
    const { store, worker, root } = openStore(t);
    const objects = worker();
    const places = [1, 2, 3, 4].map((first) => objects.write(bytesOf(mebibyte, first)));
    await settled(store, 2 * mebibyte);
    assert.deepEqual(store.status, { objects: 4, memoryBytes: 2 * mebibyte, diskBytes: 2 * mebibyte, sessions: 1 });
    const ids = places.map(({ id }) => id);
    assert.deepEqual(new Set(filesIn(join(root, 'disk'))), new Set(ids.slice(0, 2)));
    for (const [i, place] of places.entries()) {
      assert.deepEqual(worker().readHere(place), Buffer.from(bytesOf(mebibyte, i + 1)));
    }
  });

  test('removeSession() removes the files of that session, also one that moves to disk, and no other', async (t) => {
    const { store, worker } = openStore(t, { memoryBytesMax: 0 });
    for (const first of [1, 2, 3]) worker('s1').write(bytesOf(mebibyte, first)); // the first of them moves at once
    const kept = worker('s2').write(bytesOf(1000));
    store.removeSession('s1');
    await settled(store, 0); // what moves after it has moved, too
    assert.equal(store.status.diskBytes, kept.byteLength);
    for (const directory of store.directories) assert.deepEqual(foldersIn(directory), ['s2']);
    assert.deepEqual(filesIn(store.directories[1]!), [kept.id]);
  });

  test('a session that was removed gets nothing more', (t) => {
    const { store, worker, root } = openStore(t);
    const objects = worker();
    store.removeSession('s1');
    assert.throws(() => objects.write(bytesOf(1000)), { code: 'RESOURCES' });
    store.onMade('s1', 'a'.repeat(32));
    assert.deepEqual(filesIn(root), []);
    assert.equal(store.status.objects, 0);
  });
});

/** A daemon that serves a store's objects, and how it is asked. */
async function serving(t: TestContext): Promise<Given & { daemon: TestDaemon; peer: ObjectPeer }> {
  const given = openStore(t);
  const routes = objectRoutes(given.store);
  const service = { routes, status: () => ({}), close: async () => {} };
  const daemon = await testDaemon(t, { services: () => ({ node: service }) });
  const { url } = daemon.daemon.record;
  return { ...given, daemon, peer: { url, token: daemon.token, fingerprint: undefined } };
}

describe('GET and DELETE /v1/objects', () => {
  test('give and remove an object by its session and id, for who has the token', async (t) => {
    const { store, worker, daemon } = await serving(t);
    const place = worker().write(bytesOf(100_000));
    const path = `/v1/objects/n1/s1/${place.id}`;
    const { Authorization: _, ...noToken } = goodHeaders(daemon);
    for (const method of ['GET', 'DELETE']) assert.equal((await send(daemon.port, method, path, noToken)).status, 401);
    const got = await send(daemon.port, 'GET', path, goodHeaders(daemon));
    assert.equal(got.status, 200);
    assert.equal(got.headers['content-length'], '100000');
    const other = await send(daemon.port, 'GET', `/v1/objects/n1/s2/${place.id}`, goodHeaders(daemon));
    assert.equal(other.status, 404);
    assert.equal((await send(daemon.port, 'DELETE', path, goodHeaders(daemon))).status, 200);
    assert.equal((await send(daemon.port, 'GET', path, goodHeaders(daemon))).status, 404);
    assert.equal(store.status.objects, 0);
  });

  test('never leave the store, whatever the parts of the path are', async (t) => {
    const { worker, daemon, root } = await serving(t);
    worker().write(bytesOf(1000));
    writeFileSync(join(root, 'secret'), 'secret');
    const hostile = [
      '..',
      '.',
      '%2e%2e',
      '..%2f..%2fsecret',
      '%2e%2e%2fsecret',
      '..\\secret',
      '%00',
      'room',
      's1%00',
      `${root}/secret`,
    ];
    for (const part of hostile) {
      for (const path of [`n1/s1/${part}`, `n1/${part}/room`, `${part}/s1/room`, `n1/${part}/secret`]) {
        for (const method of ['GET', 'DELETE']) {
          const { status, text } = await send(daemon.port, method, `/v1/objects/${path}`, goodHeaders(daemon));
          assert.ok(status === 400 || status === 404, `${method} ${path} gave ${status}`);
          assert.doesNotMatch(text, /^secret/);
        }
      }
    }
    assert.equal(readFileSync(join(root, 'secret'), 'utf8'), 'secret');
  });
});

describe('ObjectStore.bring()', () => {
  test('fetches an object once for all who wait, and it is one file', async (t) => {
    const owner = await serving(t);
    const place = { ...owner.worker().write(bytesOf(mebibyte)), node: 'n2' };
    let asked = 0;
    const { store, worker, root } = openStore(t, {
      find: async () => {
        asked++;
        return [owner.peer];
      },
    });
    const [a, b] = [worker(), worker()];
    await Promise.all([a.bring(place), b.bring(place), a.bring(place)]);
    assert.deepEqual(a.readHere(place), Buffer.from(bytesOf(mebibyte)));
    assert.deepEqual(b.readHere(place), Buffer.from(bytesOf(mebibyte)));
    await b.bring(place);
    assert.equal(asked, 1);
    assert.deepEqual(filesIn(root), [place.id]);
    assert.equal(store.status.memoryBytes, mebibyte);
  });

  test('keeps nothing of an object whose checksum or length is wrong, and says that it is lost', async (t) => {
    const owner = await serving(t);
    const place = { ...owner.worker().write(bytesOf(100_000)), node: 'n2' };
    const { store, worker, root } = openStore(t, {}, [owner.peer]);
    const wrong = [
      { ...place, checksum: place.checksum ^ 1 },
      { ...place, byteLength: 99_999 },
      { ...place, byteLength: 100_001 },
      { ...place, id: 'f'.repeat(32) },
    ];
    for (const bad of wrong) await assert.rejects(worker().bring(bad), { code: 'OBJECT_LOST' });
    assert.deepEqual(filesIn(root), []);
    assert.equal(store.status.memoryBytes, 0);
  });

  test('tries the next way when one gives damaged bytes', async (t) => {
    const [broken, whole] = [await serving(t), await serving(t)];
    const place = { ...whole.worker().write(bytesOf(1000)), node: 'n2' };
    // The same object as another daemon has it, with one bit flipped.
    const [directory] = broken.store.directories;
    broken.store.openFor('s1');
    const damaged = bytesOf(1000);
    damaged[500]! ^= 1;
    writeFileSync(join(directory!, 's1', place.id), damaged);
    broken.store.onMade('s1', place.id);
    const { worker } = openStore(t, {}, [broken.peer, whole.peer]);
    const objects = worker();
    await objects.bring(place);
    assert.deepEqual(objects.readHere(place), Buffer.from(bytesOf(1000)));
  });

  test('drops copies before it refuses, and refuses with ResourceError what no room can be made for', async (t) => {
    const owner = await serving(t);
    const places = [1, 2, 3].map((first) => ({ ...owner.worker().write(bytesOf(mebibyte, first)), node: 'n2' }));
    const { store, worker } = openStore(t, { bytesMax: 2 * mebibyte, memoryBytesMax: 2 * mebibyte }, [owner.peer]);
    const objects = worker();
    for (const place of places) await objects.bring(place);
    assert.deepEqual(
      places.map((place) => pathIn(store, place) !== undefined),
      [false, true, true],
    );
    await assert.rejects(objects.bring({ ...places[0]!, byteLength: 3 * mebibyte }), { code: 'RESOURCES' });
  });

  test('leaves nothing when the session ends while an object comes', async (t) => {
    const owner = await serving(t);
    const place = { ...owner.worker().write(bytesOf(mebibyte)), node: 'n2' };
    const { promise, resolve } = Promise.withResolvers<readonly ObjectPeer[]>();
    const { store, worker, root } = openStore(t, { find: () => promise });
    const brought = worker().bring(place);
    store.removeSession('s1');
    resolve([owner.peer]);
    await Promise.allSettled([brought]);
    assert.deepEqual(filesIn(root), []);
    assert.equal(store.status.memoryBytes, 0);
  });

  test('calls an object lost whose node cannot be found, so that it is made again', async (t) => {
    const { worker } = openStore(t, { find: () => Promise.reject(new Error('the head is away')) });
    const place = { node: 'n2', session: 's1', id: 'a'.repeat(32), byteLength: 1000, checksum: 1 };
    await assert.rejects(worker().bring(place), { code: 'OBJECT_LOST', message: /the head cannot be asked/ });
  });

  test('asks nobody for an object of its own that it has no more', async (t) => {
    const { store, worker } = openStore(t, { find: () => assert.fail('somebody was asked') });
    const place = worker().write(bytesOf(1000));
    store.remove('s1', place.id);
    await assert.rejects(worker().bring(place), { code: 'OBJECT_LOST' });
  });
});

describe('asPlace()', () => {
  test('reads back what wirePlace() wrote, and refuses names that lead out of a folder', () => {
    const place = { node: 'host:1', session: 's1', id: 'a1', byteLength: 7, checksum: 9 };
    assert.deepEqual(asPlace(wirePlace(place)), place);
    for (const bad of ['..', '.', '', '../x', 'a/b', 'a\\b', '\0', 'x'.repeat(129)]) {
      for (const field of ['node', 'session', 'id']) {
        assert.throws(() => asPlace(wirePlace({ ...place, [field]: bad })), { code: 'PROTOCOL' });
      }
    }
  });

  test('refuses whatever else comes', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        assert.throws(() => asPlace(value), { code: 'PROTOCOL' });
      }),
    );
  });
});

test('a stream of an object that is removed meanwhile still gives all of it', async (t) => {
  const { store, worker } = openStore(t);
  const place = worker().write(bytesOf(mebibyte));
  const object = store.open('s1', place.id);
  store.remove('s1', place.id);
  assert.ok(object !== undefined);
  assert.equal((await buffer(object.stream)).byteLength, mebibyte);
});
