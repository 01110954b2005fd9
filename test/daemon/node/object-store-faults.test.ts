// A node's object store where the system refuses something, peers are slow, or others have made files where it makes its own.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import { removeLeftStores } from '../../../daemon/node/store-directory.ts';
import { processStartOf } from '../../../sdk/cluster/daemon-records.ts';
import { needs } from '../../helpers/needs.ts';
import { bytesOf, filesIn, mebibyte, openStore, pathIn } from './store-harness.ts';

describe('ObjectStore', () => {
  test('serves a session without a place of its own on a disk that refuses it', (t) => {
    const { store, worker } = openStore(t);
    const [, disk] = store.directories;
    rmSync(disk!, { recursive: true });
    writeFileSync(disk!, ''); // no folder can be made below it
    const objects = worker();
    assert.deepEqual(objects.readHere(objects.write(bytesOf(1000))), Buffer.from(bytesOf(1000)));
  });

  test('opens of a file as much as there was when it was made, and nothing that is no file', async (t) => {
    const { store, worker } = openStore(t);
    const objects = worker();
    const [longer, link, pipe] = [1, 2, 3].map((first) => objects.write(bytesOf(1000, first)));
    const [longerPath, linkPath, pipePath] = [longer, link, pipe].map((place) => pathIn(store, place!));
    appendFileSync(longerPath!, 'more');
    rmSync(linkPath!);
    symlinkSync('/etc/hostname', linkPath!);
    rmSync(pipePath!);
    assert.equal(spawnSync('mkfifo', [pipePath!]).status, 0);
    const object = store.open('s1', longer!.id);
    assert.ok(object !== undefined);
    assert.deepEqual(await buffer(object.stream), Buffer.from(bytesOf(1000)));
    assert.equal(store.open('s1', link!.id), undefined);
    assert.equal(store.open('s1', pipe!.id), undefined);
    assert.deepEqual(filesIn(store.directories[0]!), [longer!.id]);
  });

  test('takes no link and no folder for an object', (t) => {
    const { store } = openStore(t);
    const [memory] = store.openFor('s1').directories;
    symlinkSync('/etc/hostname', join(memory!, 's1', 'a'));
    mkdirSync(join(memory!, 's1', 'b'));
    for (const id of ['a', 'b']) store.onMade('s1', id);
    assert.equal(store.status.objects, 0);
  });
});

const dayMs = 86_400_000;

/** Has a directory look as if nothing had been done there for so many days. */
function setAge(path: string, days: number): void {
  const then = new Date(Date.now() - days * dayMs);
  utimesSync(path, then, then);
}

function ageOf(path: string): number {
  return (Date.now() - statSync(path).mtimeMs) / dayMs;
}

describe('ObjectStore, when it is opened', () => {
  test('leaves what may be a living store, or is not its own, and removes what is of a process that has gone', (t) => {
    const { store, root } = openStore(t);
    const name = basename(store.directories[0]!);
    const parts = /^(.*-)([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-(\d+)-(\w+)$/.exec(name)?.slice(1);
    assert.ok(parts !== undefined);
    const [prefix = '', machine = '', boot = '', pid = '', start = ''] = parts;
    const parent = String(process.ppid);
    const named = (...rest: string[]): string => `${prefix}${rest.join('-')}-abcdef`;
    const living = [
      named('00000000', boot, '4194305', '1'), // of another machine
      named('00000001', boot, '4194305', '1'), // of one that has slept for days
      named(machine, boot, pid, start),
      named(machine, boot, parent, processStartOf(process.ppid) ?? '0'),
      'gridbook-somebody-99999999-x',
      name,
    ];
    const left = [
      named(machine, '00000000', pid, start), // before the machine was started anew
      named(machine, boot, '4194305', '1'),
      named(machine, boot, parent, '1'), // its number is another process's now
      named('00000002', boot, '4194305', '1'), // of a machine that has not come back for a week
    ];
    const memory = join(root, 'memory');
    for (const each of [...living, ...left]) mkdirSync(join(memory, each), { recursive: true });
    setAge(join(memory, living[1]!), 6);
    setAge(join(memory, left[3]!), 8);
    removeLeftStores(memory, join(root, 'disk'), pino({ level: 'silent' }));
    assert.deepEqual(readdirSync(memory).sort(), living.sort());
  });

  test('and from then on shows every day that it is there, on disk and in memory', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const { store } = openStore(t);
    for (const directory of store.directories) setAge(directory, 6);
    t.mock.timers.tick(dayMs - 1);
    assert.ok(store.directories.every((directory) => ageOf(directory) > 5));
    t.mock.timers.tick(1);
    assert.ok(store.directories.every((directory) => ageOf(directory) < 1));
  });

  const asRoot = needs('another user', () => process.getuid?.() === 0, 'be root, who can give files away');
  test('leaves what another user named as if a daemon of this one had left it', asRoot, (t) => {
    const { store, root } = openStore(t);
    const stranger = `${basename(store.directories[0]!).split('-').slice(0, 4).join('-')}-4194305-1-abcdef`;
    const path = join(root, 'memory', stranger);
    mkdirSync(path);
    chownSync(path, 4242, 4242);
    removeLeftStores(join(root, 'memory'), join(root, 'disk'), pino({ level: 'silent' }));
    assert.ok(existsSync(path));
  });

  test('removes what a store of the same home left whose process was killed', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'gridbook-store-'));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    const module = new URL('../../../daemon/node/object-store.ts', import.meta.url);
    const script = `
      const { ObjectStore } = await import('${module.href}');
      const store = new ObjectStore({ node: 'n', diskPath: '${root}/disk', memoryPath: '${root}', memoryBytesMax: 1, bytesMax: 1 });
      store.openFor('s1');
      process.kill(process.pid, 'SIGKILL');`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    assert.equal(signal, 'SIGKILL');
    const left = readdirSync(root).filter((name) => name !== 'disk');
    assert.equal(left.length, 1);
    const { store } = openStore(t, { memoryPath: root, diskPath: join(root, 'disk') });
    assert.ok(!existsSync(join(root, left[0]!)));
    assert.ok(store.directories.every((path) => existsSync(path)));
  });
});

describe('ObjectStore.bring()', () => {
  test('close() ends what is on its way, however slowly it comes, and leaves nothing of it', async (t) => {
    const slow = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': String(mebibyte) });
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    t.after(() => slow.close());
    await once(slow, 'listening');
    const address = slow.address();
    assert.ok(typeof address === 'object' && address !== null);
    const peer = { url: `http://127.0.0.1:${address.port}`, token: 'x'.repeat(16), fingerprint: undefined };
    const { store, worker, root } = openStore(t, {}, [peer]);
    const place = { node: 'n2', session: 's1', id: 'a'.repeat(32), byteLength: mebibyte, checksum: 1 };
    const brought = assert.rejects(worker().bring(place), { code: 'OBJECT_LOST', message: /its session has ended/ });
    while (!filesIn(root).includes(`${place.id}.part`)) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([store.close(), brought]);
    assert.deepEqual(filesIn(root), []);
  });

  test('asks for 16 objects at once, and for the others in their turn', async (t) => {
    let asking = 0;
    let most = 0;
    const { worker } = openStore(t, {
      find: async () => {
        most = Math.max(most, ++asking);
        await new Promise((resolve) => setImmediate(resolve));
        asking--;
        return [];
      },
    });
    const objects = worker();
    const ids = Array.from({ length: 100 }, (_, i) => String(i));
    const place = { node: 'n2', session: 's1', byteLength: 1, checksum: 1 };
    const brought = await Promise.allSettled(ids.map((id) => objects.bring({ ...place, id })));
    assert.equal(brought.filter(({ status }) => status === 'rejected').length, 100);
    assert.equal(most, 16);
  });
});
