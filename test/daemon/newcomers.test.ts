// Newcomers alone, on a server without time limits of its own.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { type NewcomerLimits, Newcomers } from '../../daemon/newcomers.ts';

async function serverWith(t: TestContext, limits: NewcomerLimits) {
  const newcomers = new Newcomers(limits);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const sockets: Socket[] = [];
  t.after(() => {
    newcomers.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  /** A connection that is counted, on both ends. */
  const come = async (): Promise<{ here: Socket; there: Socket }> => {
    const coming = once(server, 'connection');
    const there = connect({ host: '127.0.0.1', port: address.port });
    there.on('error', () => {}).resume();
    const [here]: Socket[] = await coming;
    assert.ok(here);
    sockets.push(here, there);
    newcomers.add(here);
    return { here, there };
  };
  return { newcomers, come };
}

describe('Newcomers', () => {
  test('closes whoever shows no token in time, and nobody else', async (t) => {
    const { newcomers, come } = await serverWith(t, { deadlineMs: 50, countMax: 10 });
    const known = await come();
    newcomers.welcome(known.here);
    const late = [await come(), await come()];
    await Promise.all(late.map(({ there }) => there.closed || once(there, 'close')));
    assert.equal(newcomers.count, 0);
    assert.ok(!known.here.destroyed);
  });

  test('closes the oldest when there are too many', async (t) => {
    const { newcomers, come } = await serverWith(t, { deadlineMs: 3_600_000, countMax: 2 });
    const all = [await come(), await come(), await come(), await come()];
    assert.deepEqual(
      all.map(({ here }) => here.destroyed),
      [true, true, false, false],
    );
    assert.equal(newcomers.count, 2);
  });

  test('forgets those that leave', async (t) => {
    const { newcomers, come } = await serverWith(t, { deadlineMs: 3_600_000, countMax: 2 });
    const { here, there } = await come();
    here.resume();
    there.destroy();
    await once(here, 'close');
    assert.equal(newcomers.count, 0);
  });
});
