// Beyond loopback a daemon speaks TLS, and its certificate's fingerprint is what proves it.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ensureCertificate } from '../../daemon/certificates.ts';
import { askDaemon } from '../../daemon/control-client.ts';
import { AuthenticationError, ConnectionError, hostAndPort } from '../../sdk/internal.ts';
import { openPeer } from '../../sdk/protocol/peer-connection.ts';
import { goodHeaders, send, sendBytes, temporaryHome, testDaemon } from '../helpers/daemon-home.ts';

const status = { method: 'GET', path: '/v1/status' } as const;

describe('a daemon beyond loopback', () => {
  test('speaks TLS and nothing else', async (t) => {
    const to = await testDaemon(t, {}, { host: '0.0.0.0' });
    const { record } = to.daemon;
    assert.match(record.url, /^https:/);
    const lines = Object.entries(goodHeaders(to)).map(([name, value]) => `${name}: ${value}\r\n`);
    const answer = await sendBytes(to.port, `GET /v1/status HTTP/1.1\r\n${lines.join('')}\r\n`);
    assert.doesNotMatch(answer, /HTTP/);
    const place = { url: record.url, token: to.token, fingerprint: record.fingerprint ?? undefined };
    const { json } = await askDaemon(place, status);
    assert.match(JSON.stringify(json), /"state":"running"/);
    for (const url of ['http://127.0.0.1', 'http://localhost']) {
      await assert.rejects(askDaemon({ ...place, url: `${url}:${to.port}` }, status), ConnectionError);
    }
  });

  test('is left by a client that was told of another certificate, before the token is sent', async (t) => {
    const { key, cert, fingerprint } = await ensureCertificate(temporaryHome(t));
    let requests = 0;
    const impostor = createServer({ key, cert }, (_request, response) => {
      requests++;
      response.end('{}');
    });
    impostor.listen(0, '127.0.0.1');
    t.after(() => impostor.close());
    await new Promise((resolve) => impostor.once('listening', resolve));
    const address = impostor.address();
    assert.ok(typeof address === 'object' && address !== null);
    const url = `https://${hostAndPort('127.0.0.1', address.port)}`;
    const other = `${fingerprint.startsWith('00') ? '11' : '00'}${fingerprint.slice(2)}`;
    for (const told of [other, undefined]) {
      await assert.rejects(
        askDaemon({ url, token: 'a-token-that-nobody-gets', fingerprint: told }, status),
        AuthenticationError,
      );
    }
    assert.equal(requests, 0);
    await askDaemon({ url, token: 'a-token-of-the-right-one', fingerprint }, status);
    assert.equal(requests, 1);
  });

  test('is reached by WebSocket with the fingerprint of its record', async (t) => {
    const talked = Promise.withResolvers<void>();
    const services = {
      part: {
        routes: [
          { type: 'websocket' as const, path: '/v1/talk', messageBytesMax: 100, onOpen: () => talked.resolve() },
        ],
        status: () => ({}),
        close: async () => {},
      },
    };
    const to = await testDaemon(t, { services: () => services }, { host: '0.0.0.0' });
    const { url, fingerprint } = to.daemon.record;
    const place = { url, token: to.token, fingerprint: fingerprint ?? undefined };
    const socket = await openPeer(place, { path: '/v1/talk', messageBytesMax: 100 });
    await talked.promise;
    socket.terminate();
  });

  test('speaks in cleartext when it was told so out loud, and logs it', async (t) => {
    const to = await testDaemon(t, {}, { host: '0.0.0.0', insecure: true });
    assert.match(to.daemon.record.url, /^http:/);
    assert.equal(to.daemon.record.fingerprint, null);
    assert.equal((await send(to.port, 'GET', '/v1/status', goodHeaders(to))).status, 200);
    assert.match(readFileSync(join(to.home, 'daemons', String(to.port), 'daemon.log'), 'utf8'), /"warn".*cleartext/);
  });
});

describe('ensureCertificate()', () => {
  test('makes one that is kept, private, and valid', async (t) => {
    const home = temporaryHome(t);
    const first = await ensureCertificate(home);
    assert.deepEqual(await ensureCertificate(home), first);
    assert.equal(statSync(join(home, 'certificate.pem')).mode & 0o777, 0o600);
    const parsed = new X509Certificate(first.cert);
    assert.equal(parsed.fingerprint256, first.fingerprint);
    assert.ok(Date.parse(parsed.validTo) - Date.now() > 365 * 86_400_000);
    assert.ok(parsed.verify(parsed.publicKey));
  });

  test('gives the same to all that ask at once', async (t) => {
    const home = temporaryHome(t);
    const all = await Promise.all(Array.from({ length: 5 }, () => ensureCertificate(home)));
    assert.equal(new Set(all.map(({ fingerprint }) => fingerprint)).size, 1);
  });

  test('makes a new one for a file that is broken, and refuses a key that others can read', async (t) => {
    const home = temporaryHome(t);
    const path = join(home, 'certificate.pem');
    writeFileSync(path, 'nothing of the kind', { mode: 0o600 });
    const { fingerprint } = await ensureCertificate(home);
    assert.match(fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    chmodSync(path, 0o644);
    await assert.rejects(ensureCertificate(home), AuthenticationError);
  });
});
