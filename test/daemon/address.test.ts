// Join strings, and finding a daemon by what a person writes.

import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { openDaemon } from '../../daemon/daemon.ts';
import {
  AuthenticationError,
  ConnectionError,
  InvalidArgumentError,
  isLoopback,
  joinString,
  parseJoinString,
  resolveAddress,
} from '../../sdk/internal.ts';
import { headConfig, temporaryHome, testDaemon } from '../helpers/daemon-home.ts';

const hexPair = fc.integer({ min: 0, max: 255 }).map((byte) => byte.toString(16).padStart(2, '0').toUpperCase());
const joinAddress = fc.record({
  host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
  port: fc.integer({ min: 1, max: 65_535 }),
  token: fc.uint8Array({ minLength: 16, maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  fingerprint: fc.option(
    fc.array(hexPair, { minLength: 32, maxLength: 32 }).map((pairs) => pairs.join(':')),
    {
      nil: undefined,
    },
  ),
});

describe('a join string', () => {
  test('gives back what it was made of, and needs no quotes in a shell but those of an IPv6 address', () => {
    fc.assert(
      fc.property(joinAddress, (address) => {
        const text = joinString(address);
        assert.deepEqual(parseJoinString(text), { ...address });
        assert.deepEqual(parseJoinString(` ${text}\n`), { ...address });
        assert.match(text, /^[A-Za-z0-9:/@._[\]-]+$/);
      }),
    );
  });

  test('is refused when a part of it is missing, without a word of what it holds', () => {
    const whole = joinString({
      host: 'h.example',
      port: 8265,
      token: 'a-secret-that-nobody-sees',
      fingerprint: Array.from({ length: 32 }, () => 'AB').join(':'),
    });
    const parts = [
      '',
      'gridbook://',
      'gridbook://h.example:8265',
      whole.replace(':8265', ''),
      whole.replace(':8265', ':0'),
      whole.replace(':8265', ':65536'),
      whole.slice(0, -1),
      `${whole}A`,
      `${whole}/..`,
      whole.replace('gridbook:', 'http:'),
      whole.replace('h.example', 'h example'),
      whole.replace('h.example', 'a@b'),
    ];
    for (const text of parts) {
      assert.throws(
        () => parseJoinString(text),
        (error) => error instanceof InvalidArgumentError && !/a-secret/.test(error.message),
        text,
      );
    }
  });
});

test('isLoopback() knows this machine from others', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', 'LOCALHOST', '::1', '[::1]']) assert.ok(isLoopback(host));
  const others = ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.example', 'localhost.evil.example', '127.evil', ''];
  for (const host of others) assert.ok(!isLoopback(host), host);
});

describe('resolveAddress()', () => {
  test('finds the head of this user on this machine', async (t) => {
    const { port, token } = await testDaemon(t);
    const found = { url: `http://127.0.0.1:${port}`, token, fingerprint: undefined };
    for (const address of ['auto', `http://127.0.0.1:${port}`, `http://localhost:${port}/`, `127.0.0.1:${port}`]) {
      assert.deepEqual(await resolveAddress(address), found, address);
    }
  });

  test('reads a join string, also without a head here', async (t) => {
    temporaryHome(t);
    const token = 'a-token-of-another-machine';
    const fingerprint = Array.from({ length: 32 }, () => '0A').join(':');
    assert.deepEqual(await resolveAddress(joinString({ host: '::1', port: 7, token, fingerprint })), {
      url: 'https://[::1]:7',
      token,
      fingerprint,
    });
    assert.deepEqual(await resolveAddress(joinString({ host: 'h', port: 7, token, fingerprint: undefined })), {
      url: 'http://h:7',
      token,
      fingerprint: undefined,
    });
  });

  test('gives the fingerprint of a head that speaks TLS', async (t) => {
    const { port, token, daemon } = await testDaemon(t, {}, { host: '0.0.0.0' });
    const { fingerprint, address } = daemon.record;
    assert.ok(fingerprint);
    const found = { url: `https://127.0.0.1:${port}`, token, fingerprint };
    for (const asked of ['auto', `https://127.0.0.1:${port}`, address]) {
      assert.deepEqual(await resolveAddress(asked), found);
    }
  });

  test('says what to do when no head is there', async (t) => {
    temporaryHome(t);
    await assert.rejects(resolveAddress('auto'), (error) => {
      assert.ok(error instanceof ConnectionError);
      assert.match(error.message, /gridbook start --head/);
      return true;
    });
    await assert.rejects(resolveAddress('http://127.0.0.1:8265'), ConnectionError);
  });

  test('never gives the token for an address that is not a daemon of this user', async (t) => {
    const { port } = await testDaemon(t);
    for (const address of [`http://127.0.0.1:${port + 1}`, `http://evil.example:${port}`, `10.9.8.7:${port}`]) {
      await assert.rejects(resolveAddress(address), ConnectionError, address);
    }
  });

  test('refuses what is no address', async (t) => {
    temporaryHome(t);
    for (const address of [
      '',
      'nonsense',
      'http://',
      'http://h',
      'ftp://h:1',
      'http://user:pw@h:1',
      'http://h:1/path',
      'gridbook://x',
    ]) {
      await assert.rejects(resolveAddress(address), InvalidArgumentError, address);
    }
  });

  test('asks which one when several heads run, and takes no node for a head', async (t) => {
    const { home, port } = await testDaemon(t);
    const join = { url: `http://127.0.0.1:${port}`, token: 'a-token-of-a-cluster', fingerprint: null };
    const node = await openDaemon(headConfig(home, { join }), { services: () => ({}) });
    t.after(() => node.stop(0));
    assert.equal((await resolveAddress('auto')).url, `http://127.0.0.1:${port}`);
    assert.equal((await resolveAddress(`127.0.0.1:${node.port}`)).token, join.token);
    const second = await openDaemon(headConfig(home), { services: () => ({}) });
    t.after(() => second.stop(0));
    await assert.rejects(resolveAddress('auto'), InvalidArgumentError);
  });

  test('refuses a token that others can read', async (t) => {
    const { home } = await testDaemon(t);
    chmodSync(join(home, 'token'), 0o644);
    await assert.rejects(resolveAddress('auto'), AuthenticationError);
  });
});
