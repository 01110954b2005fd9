// The life of a daemon: how it starts to serve, and how it stops.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { openDaemon, type ServicePlace, type Services } from '../../daemon/daemon.ts';
import type { Service } from '../../daemon/service.ts';
import { runningDaemons } from '../../sdk/internal.ts';
import { goodHeaders, headConfig, send, temporaryHome, testDaemon, upgradeHeaders } from '../helpers/daemon-home.ts';

/** A part that closes when the test says so. */
function slowPart(): { service: Service; closing: Promise<number>; finish: () => void } {
  const closing = Promise.withResolvers<number>();
  const finished = Promise.withResolvers<void>();
  const service: Service = {
    routes: [
      {
        type: 'websocket',
        path: '/v1/talk',
        messageBytesMax: 100,
        onOpen: (s) => s.on('message', (d) => s.send(String(d))),
      },
    ],
    status: () => ({ is: 'slow' }),
    close: (graceMs) => {
      closing.resolve(graceMs);
      return finished.promise;
    },
  };
  return { service, closing: closing.promise, finish: finished.resolve };
}

describe('a daemon that is asked to stop', () => {
  test('gives its parts their grace, keeps what is connected, and takes nothing new', async (t) => {
    const { service, closing, finish } = slowPart();
    const services: Services = { slow: service };
    const to = await testDaemon(t, { services: () => services });
    const headers = goodHeaders(to);
    const talk = new WebSocket(`ws://127.0.0.1:${to.port}/v1/talk`, { headers });
    await once(talk, 'open');
    assert.equal((await send(to.port, 'POST', '/v1/stop', headers)).status, 202);
    assert.equal(await closing, 10_000);

    talk.send('still served');
    assert.equal(String((await once(talk, 'message'))[0]), 'still served');
    const { text } = await send(to.port, 'GET', '/v1/status', headers);
    assert.match(text, /"state":"stopping".*"slow":\{"is":"slow"\}/);
    assert.equal((await send(to.port, 'GET', '/v1/talk', { ...headers, ...upgradeHeaders })).status, 503);
    assert.equal((await send(to.port, 'POST', '/v1/stop', headers)).status, 503);
    assert.equal(runningDaemons(to.home).length, 1);

    const cut = once(talk, 'close');
    finish();
    await to.daemon.ended;
    await cut;
    assert.deepEqual(runningDaemons(to.home), []);
    await assert.rejects(send(to.port, 'GET', '/v1/status', headers), { code: 'ECONNREFUSED' });
  });

  test('stops all the same when a part fails to', async (t) => {
    const broken: Service = { routes: [], status: () => ({}), close: () => Promise.reject(new Error('it is stuck')) };
    const to = await testDaemon(t, { services: () => ({ broken }) });
    await to.daemon.stop(0);
    const log = readFileSync(join(to.home, 'daemons', String(to.port), 'daemon.log'), 'utf8');
    assert.match(log, /it is stuck[^\n]*\n.*"stopped"/);
  });

  test('waits no longer than its grace and a little for a part that never ends', async (t) => {
    const stuck: Service = { routes: [], status: () => ({}), close: () => new Promise(() => {}) };
    const to = await testDaemon(t, { services: () => ({ stuck }) });
    await to.daemon.stop(0);
    assert.deepEqual(runningDaemons(to.home), []);
  });
});

test('a daemon that has stopped and is asked to once more leaves no timer', async (t) => {
  const to = await testDaemon(t, { services: () => ({}) });
  await to.daemon.stop(0);
  const timers = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
  const before = timers();
  const again = to.daemon.stop(60_000);
  assert.equal(timers(), before);
  await again;
});

test('a part that cannot tell its status does not hide that of the others', async (t) => {
  const fine: Service = { routes: [], status: () => ({ is: 'fine' }), close: async () => {} };
  const broken: Service = {
    ...fine,
    status: () => {
      throw new Error('no status');
    },
  };
  const to = await testDaemon(t, { services: () => ({ broken, fine }) });
  const { status, text } = await send(to.port, 'GET', '/v1/status', goodHeaders(to));
  assert.equal(status, 200);
  assert.match(text, /"fine":\{"is":"fine"\}/);
});

test('a start that fails at its last step closes the parts that it has opened, and leaves no sockets', async (t) => {
  const closed: number[] = [];
  const part: Service = { routes: [], status: () => ({}), close: async (graceMs) => void closed.push(graceMs) };
  let socketsPath = '';
  const services = (place: ServicePlace): Services => {
    ({ socketsPath } = place);
    mkdirSync(join(dirname(socketsPath), 'daemon.json')); // where its record shall be
    return { part };
  };
  await assert.rejects(openDaemon(headConfig(temporaryHome(t)), { services }), {
    code: 'RESOURCES',
    message: /daemon\.json.*: illegal operation on a directory/,
  });
  assert.deepEqual(closed, [0]);
  assert.ok(!existsSync(socketsPath));
  const port = Number(dirname(socketsPath).split('/').at(-1));
  await assert.rejects(send(port, 'GET', '/v1/status', {}), { code: 'ECONNREFUSED' });
});

test('an error that nobody handles ends the process of a daemon, and is in its log', (t) => {
  const home = temporaryHome(t);
  const module = new URL('../../daemon/daemon-process.ts', import.meta.url);
  const config = headConfig(home, { resources: { cpus: 0 } });
  const script = `
    const { runDaemon } = await import(${JSON.stringify(module.href)});
    await runDaemon(${JSON.stringify(config)}, false, ({ port }) => {
      process.stdout.write(String(port), () => setImmediate(() => { throw new RangeError('thrown into the void'); }));
    });`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(status, 1);
  const lines = readFileSync(join(home, 'daemons', stdout, 'daemon.log'), 'utf8')
    .trim()
    .split('\n');
  const last: { level: string; err: { message: string } } = JSON.parse(lines.at(-1) ?? '');
  assert.deepEqual([last.level, last.err.message], ['fatal', 'thrown into the void']);
});
