// Tokens, the home directory, and the records by which daemons are found.

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openDaemon } from '../../daemon/daemon.ts';
import { lockDirectory } from '../../daemon/directory-lock.ts';
import { openSocketsDirectory } from '../../daemon/home.ts';
import { ensureToken, TokenCheck } from '../../daemon/tokens.ts';
import {
  AuthenticationError,
  ConnectionError,
  type DaemonRecord,
  ensureHome,
  isRunning,
  processStartOf,
  ResourceError,
  readDaemonToken,
  runningDaemons,
} from '../../sdk/internal.ts';
import { headConfig, temporaryHome, testDaemon } from '../helpers/daemon-home.ts';
import { needs } from '../helpers/needs.ts';

describe('ensureToken()', () => {
  test('makes one of 256 bits that only the user can read, and keeps it', (t) => {
    const home = temporaryHome(t);
    const token = ensureToken(home);
    assert.equal(Buffer.from(token, 'base64url').length, 32);
    assert.equal(ensureToken(home), token);
    assert.equal(statSync(join(home, 'token')).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(home), ['token']);
    assert.notEqual(ensureToken(temporaryHome(t)), token);
  });

  test('refuses one that others can read, and one that is cut short', (t) => {
    const home = temporaryHome(t);
    const path = join(home, 'token');
    ensureToken(home);
    for (const mode of [0o640, 0o604, 0o660, 0o602]) {
      chmodSync(path, mode);
      assert.throws(() => ensureToken(home), AuthenticationError);
    }
    chmodSync(path, 0o600);
    for (const text of ['', '\n', 'short']) {
      writeFileSync(path, text);
      assert.throws(() => ensureToken(home), AuthenticationError);
    }
  });
});

test('TokenCheck.accepts() takes the token and nothing like it', () => {
  const check = new TokenCheck('abcdefghijklmnop');
  assert.ok(check.accepts('Bearer abcdefghijklmnop'));
  assert.ok(check.accepts('bearer abcdefghijklmnop'));
  const wrong = [
    '',
    'Bearer',
    'Bearer ',
    'Bearer abcdefghijklmno',
    'Bearer abcdefghijklmnopq',
    'abcdefghijklmnop',
    'Bearer ABCDEFGHIJKLMNOP',
  ];
  for (const given of wrong) assert.ok(!check.accepts(given), given);
  assert.ok(!check.accepts(undefined));
});

describe('ensureHome()', () => {
  test('makes a private directory', (t) => {
    const home = join(temporaryHome(t), 'deep', 'home');
    ensureHome(home);
    assert.equal(statSync(home).mode & 0o777, 0o700);
  });

  test('refuses one that others can enter', (t) => {
    const home = temporaryHome(t);
    for (const mode of [0o750, 0o705, 0o710, 0o777]) {
      chmodSync(home, mode);
      assert.throws(() => ensureHome(home), AuthenticationError);
    }
    chmodSync(home, 0o700);
  });

  test('takes a link to a private directory, and refuses one to an open one', (t) => {
    const home = temporaryHome(t);
    const [place, link] = [join(home, 'place'), join(home, 'link')];
    mkdirSync(place, { mode: 0o700 });
    symlinkSync(place, link);
    ensureHome(link);
    chmodSync(place, 0o755);
    assert.throws(() => ensureHome(link), AuthenticationError);
  });

  test('refuses what is no directory and what cannot be made, and says why', (t) => {
    const home = temporaryHome(t);
    const file = join(home, 'file');
    writeFileSync(file, '');
    const refused: [home: string, message: string][] = [
      [file, `Cannot keep files in ${file}: it is no directory; set GRIDBOOK_HOME`],
      [join(file, 'home'), `Cannot keep files in ${file}/home: not a directory; set GRIDBOOK_HOME`],
      ['/proc/gridbook/home', 'Cannot keep files in /proc/gridbook/home: '],
    ];
    for (const [path, message] of refused) {
      assert.throws(
        () => ensureHome(path),
        (error) => error instanceof ResourceError && error.message.startsWith(message),
      );
    }
  });
});

test('openDaemon() says what it cannot make in the home directory', async (t) => {
  const home = temporaryHome(t);
  writeFileSync(join(home, 'daemons'), '');
  await assert.rejects(openDaemon(headConfig(home), { services: () => ({}) }), (error) => {
    assert.ok(error instanceof ResourceError);
    assert.ok(error.message.startsWith(`Cannot keep files in ${home}: ${home}/daemons/`), error.message);
    return true;
  });
});

test('openSocketsDirectory() gives an empty private directory with a path short enough for sockets', (t) => {
  const home = temporaryHome(t);
  const near = openSocketsDirectory(home);
  assert.equal(near, join(home, 'sockets'));
  writeFileSync(join(near, 'left.sock'), '');
  assert.deepEqual(readdirSync(openSocketsDirectory(home)), []);
  const deep = join(home, 'd'.repeat(100));
  mkdirSync(deep);
  const left = openSocketsDirectory(deep);
  writeFileSync(join(left, 'left.sock'), '');
  const far = openSocketsDirectory(deep);
  t.after(() => rmSync(far, { recursive: true }));
  assert.deepEqual([existsSync(left), readdirSync(far)], [false, []], 'what a killed daemon left is gone');
  for (const path of [near, far]) {
    assert.ok(Buffer.byteLength(join(path, 'x'.repeat(24))) < 104);
    assert.equal(statSync(path).mode & 0o777, 0o700);
  }
  // A link that leads elsewhere than to sockets is removed, and nothing behind it.
  rmSync(join(deep, 'sockets'));
  symlinkSync(near, join(deep, 'sockets'));
  rmSync(openSocketsDirectory(deep), { recursive: true });
  assert.ok(existsSync(near));
});

const needsLoopbacks = needs('Linux', () => process.platform === 'linux', 'it has all of 127.0.0.0/8');

describe('the directory of a daemon', () => {
  test('has one daemon at a time, also where both could listen', needsLoopbacks, async (t) => {
    const { daemon, home, port } = await testDaemon(t);
    const second = openDaemon(headConfig(home, { host: '127.0.0.2', port }));
    await assert.rejects(
      second,
      (error) => error instanceof ConnectionError && /another one of yours/.test(error.message),
    );
    const directory = join(home, 'daemons', String(port));
    assert.deepEqual(readdirSync(directory).sort(), ['daemon.json', 'daemon.log', 'lock', 'sockets']);
    assert.deepEqual(runningDaemons(home), [{ port, record: daemon.record }]);
    await daemon.stop(0);
    assert.deepEqual(readdirSync(directory), ['daemon.log']);
  });

  test('is taken over from a daemon that was killed, and from a lock that says nothing', (t) => {
    const home = temporaryHome(t);
    const path = join(home, 'lock');
    for (const text of [JSON.stringify({ pid: 2 ** 22 + 1, processStart: '1' }), '', '{}']) {
      writeFileSync(path, text);
      const unlock = lockDirectory(home, 1);
      assert.throws(() => lockDirectory(home, 1), ConnectionError);
      assert.deepEqual(readdirSync(home), ['lock']);
      unlock();
      assert.deepEqual(readdirSync(home), []);
    }
  });

  test('stays with a newer daemon when an older one gives it back', (t) => {
    const home = temporaryHome(t);
    const unlock = lockDirectory(home, 1);
    const newer = JSON.stringify({ pid: process.pid, processStart: processStartOf(process.pid) });
    writeFileSync(join(home, 'lock'), newer);
    unlock();
    assert.equal(readFileSync(join(home, 'lock'), 'utf8'), newer);
  });
});

test('openDaemon() removes what daemons left that ended long ago, and nothing that is in use', async (t) => {
  const home = temporaryHome(t);
  const directoryOf = (port: number): string => join(home, 'daemons', String(port));
  const ports = Array.from({ length: 25 }, (_, i) => 60_001 + i);
  for (const [i, port] of ports.entries()) {
    mkdirSync(directoryOf(port), { recursive: true });
    writeFileSync(join(directoryOf(port), 'daemon.log'), '{}\n');
    const then = new Date(Date.now() - (i + 1) * 3_600_000);
    for (const path of [join(directoryOf(port), 'daemon.log'), directoryOf(port)]) utimesSync(path, then, then);
  }
  const starting = ports.at(-1)!;
  const unlock = lockDirectory(directoryOf(starting), starting); // as one does that is about to serve
  utimesSync(directoryOf(starting), new Date(0), new Date(0));
  const daemon = await openDaemon(headConfig(home), { services: () => ({}) });
  t.after(() => daemon.stop(0));
  const left = readdirSync(join(home, 'daemons')).map(Number);
  assert.deepEqual(left.sort(), [...ports.slice(0, 20), starting, daemon.port].sort());
  unlock();
});

describe('the record of a daemon', () => {
  test('is there while it serves, private, and leads to its token', async (t) => {
    const { daemon, home, port, token } = await testDaemon(t);
    const path = join(home, 'daemons', String(port), 'daemon.json');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(runningDaemons(home), [{ port, record: daemon.record }]);
    assert.doesNotMatch(readFileSync(path, 'utf8'), new RegExp(token));
    await daemon.stop(0);
    assert.deepEqual(runningDaemons(home), []);
    assert.ok(!existsSync(path));
    assert.ok(!existsSync(join(home, 'daemons', String(port), 'sockets')));
  });

  test('has the token of the cluster beside it when the daemon joined one', async (t) => {
    const token = 'the-token-of-another-head';
    const { home, port } = await testDaemon(t, {}, { join: { url: 'http://127.0.0.1:1', token, fingerprint: null } });
    assert.equal(readDaemonToken(home, port), token);
    assert.equal(statSync(join(home, 'daemons', String(port), 'token')).mode & 0o777, 0o600);
    assert.ok(!existsSync(join(home, 'token')));
  });

  test('counts no more when its process has gone, or another has its number', async (t) => {
    const { daemon, home, port } = await testDaemon(t);
    const path = join(home, 'daemons', String(port), 'daemon.json');
    const put = (changes: Partial<DaemonRecord>): void =>
      writeFileSync(path, JSON.stringify({ ...daemon.record, ...changes }));
    put({});
    assert.equal(runningDaemons(home).length, 1);
    if (processStartOf(process.pid) !== null) {
      put({ processStart: '1' });
      assert.equal(runningDaemons(home).length, 0);
    }
    put({ pid: 2 ** 22 + 1 });
    assert.equal(runningDaemons(home).length, 0);
    assert.ok(!isRunning({ pid: 2 ** 22 + 1, processStart: null }));
    for (const text of ['', '{', '[]', '{"pid":1}']) {
      writeFileSync(path, text);
      assert.equal(runningDaemons(home).length, 0);
    }
    put({});
  });
});

test('openDaemon() refuses a port that is taken, and leaves nothing behind', async (t) => {
  const { home, port, daemon } = await testDaemon(t);
  const config = headConfig(home, { port });
  await assert.rejects(openDaemon(config, { services: () => ({}) }), (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}.*in use`));
    return true;
  });
  assert.deepEqual(runningDaemons(home), [{ port, record: daemon.record }]);
});

test('openDaemon() gives the port back when a part cannot be opened', async (t) => {
  const home = temporaryHome(t);
  const services = (): never => {
    throw new TypeError('a part failed');
  };
  await assert.rejects(openDaemon(headConfig(home), { services }), TypeError);
  assert.deepEqual(runningDaemons(home), []);
});
