// The log: limited, one record a line whatever is in it, and without the token.

import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { openLog, RotatingFile } from '../../daemon/log.ts';
import { goodHeaders, send, sendBytes, temporaryHome, testDaemon } from '../helpers/daemon-home.ts';
import { needs } from '../helpers/needs.ts';

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

describe('RotatingFile', () => {
  test('keeps the last lines in so many files of such a size', (t) => {
    const home = temporaryHome(t);
    const path = join(home, 'a.log');
    const file = new RotatingFile(path, { fileBytesMax: 100, filesMax: 3 });
    for (let i = 0; i < 100; i++) file.write(`${String(i).padStart(9, '0')}\n`);
    file.close();
    assert.deepEqual(readdirSync(home).sort(), ['a.log', 'a.log.1', 'a.log.2']);
    const kept = ['a.log.2', 'a.log.1', 'a.log'].flatMap((name) => {
      assert.ok(statSync(join(home, name)).size <= 100);
      assert.equal(statSync(join(home, name)).mode & 0o777, 0o600);
      return linesOf(join(home, name)).map(Number);
    });
    assert.deepEqual(
      kept,
      Array.from({ length: 30 }, (_, i) => 70 + i),
    );
  });

  test('goes on with what an earlier process left', (t) => {
    const path = join(temporaryHome(t), 'a.log');
    for (const line of ['one\n', 'two\n']) {
      const file = new RotatingFile(path, { fileBytesMax: 8, filesMax: 2 });
      file.write(line);
      file.close();
    }
    assert.deepEqual(linesOf(path), ['one', 'two']);
    const file = new RotatingFile(path, { fileBytesMax: 8, filesMax: 2 });
    file.write('three\n');
    file.close();
    assert.deepEqual(linesOf(path), ['three']);
    assert.deepEqual(linesOf(`${path}.1`), ['one', 'two']);
  });

  test('keeps all that it has while no new file can be opened, and says how many lines are missing', (t) => {
    const home = temporaryHome(t);
    const path = join(home, 'a.log');
    const file = new RotatingFile(path, { fileBytesMax: 100, filesMax: 3 });
    const line = (i: number): string => `${String(i).padStart(49, '0')}\n`;
    for (let i = 0; i < 6; i++) file.write(line(i));
    mkdirSync(`${path}.next`);
    for (let i = 6; i < 10; i++) file.write(line(i));
    const kept = ['a.log.2', 'a.log.1', 'a.log'].flatMap((name) => linesOf(join(home, name)).map(Number));
    assert.deepEqual(kept, [0, 1, 2, 3, 4, 5]);
    rmdirSync(`${path}.next`);
    file.write('{}\n');
    file.close();
    assert.match(readFileSync(path, 'utf8'), /"dropped":4,.*\n\{\}\n$/);
  });

  test('writes nothing once it is closed, whichever file has its descriptor by then', (t) => {
    const home = temporaryHome(t);
    const file = new RotatingFile(join(home, 'a.log'));
    file.close();
    const other = openSync(join(home, 'b'), 'w'); // takes the lowest number that is free
    t.after(() => closeSync(other));
    file.write('a line\n');
    file.close();
    assert.equal(readFileSync(join(home, 'b'), 'utf8'), '');
  });

  const full = needs('/dev/full', () => existsSync('/dev/full'), 'use a system that has it, such as Linux');
  test('drops lines that a full disk does not take, and throws nothing', full, () => {
    const file = new RotatingFile('/dev/full', { fileBytesMax: 1e9, filesMax: 1 });
    for (let i = 0; i < 10; i++) file.write('a line\n');
    file.close();
  });
});

test('a record is one line of JSON, whatever is in it', (t) => {
  const path = join(temporaryHome(t), 'a.log');
  const file = new RotatingFile(path);
  const log = openLog(file, { level: 'info', secret: 'the-token-of-a-test', echo: false });
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\n{"level":"fatal"}\n', '\r\n', '\u2028', '\u0000', '"}\n{"', '\u001b[2J', '\\n', '\ud800'),
  );
  let count = 0;
  fc.assert(
    fc.property(hostile, hostile, (name, text) => {
      log.info({ name }, text);
      log.error({ [name]: text }, name);
      count += 2;
    }),
  );
  file.close();
  const lines = linesOf(path);
  assert.equal(lines.length, count);
  for (const line of lines) {
    const record: unknown = JSON.parse(line);
    assert.ok(typeof record === 'object' && record !== null && 'level' in record && 'time' in record);
  }
});

test('a log holds no token, also when a part logs it', (t) => {
  const path = join(temporaryHome(t), 'a.log');
  const file = new RotatingFile(path);
  const secret = 'the-token-of-a-test';
  const log = openLog(file, { level: 'info', secret, echo: false });
  log.info({ headers: { authorization: `Bearer ${secret}` } }, `with ${secret} and ${secret}`);
  log.error(new Error(`failed with ${secret}`));
  file.close();
  const text = readFileSync(path, 'utf8');
  assert.doesNotMatch(text, new RegExp(secret));
  assert.ok((text.match(/\[token\]/g)?.length ?? 0) >= 5);
});

test('refused requests are logged with what they tried, a few at a time, and no header of theirs adds a line', async (t) => {
  const to = await testDaemon(t);
  const path = join(to.home, 'daemons', String(to.port), 'daemon.log');
  const Host = `127.0.0.1:${to.port}`;
  await send(to.port, 'GET', `/v1/status?token=${to.token}`, { ...goodHeaders(to), Authorization: 'Bearer no' });
  await sendBytes(to.port, `GET /a%0Ab{"level":"fatal"} HTTP/1.1\r\nHost: ${Host}\r\nOrigin: \u00ff{"x":1}\r\n\r\n`);
  for (let i = 0; i < 100; i++) await send(to.port, 'GET', `/${'x'.repeat(1000)}`, { Host });
  await to.daemon.stop(0);
  const lines = linesOf(path);
  const records = lines.map((line): { status?: number; path?: string; count?: number } => JSON.parse(line));
  const refused = records.filter(({ status }) => status !== undefined);
  assert.equal(refused.length, 10);
  assert.equal(refused[0]?.path, '/v1/status');
  assert.equal(refused.at(-1)?.path?.length, 200);
  assert.ok(records.some(({ count }) => count === 92));
  assert.ok(lines.every((line) => !line.includes(to.token)));
});
