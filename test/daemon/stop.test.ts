// stopDaemon() waits for the process itself, not for its answer.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ensureDaemonDirectory, writeRecord } from '../../daemon/home.ts';
import { stopDaemon } from '../../daemon/stop.ts';
import { ensureToken } from '../../daemon/tokens.ts';
import { processStartOf } from '../../sdk/internal.ts';
import { temporaryHome } from '../helpers/daemon-home.ts';

const fixture = fileURLToPath(new URL('../fixtures/daemon/lingering-daemon.ts', import.meta.url));

test('stopDaemon() returns once the process has gone', async (t) => {
  const home = temporaryHome(t);
  ensureToken(home);
  const child = fork(fixture);
  t.after(() => child.kill('SIGKILL'));
  const [{ port }] = await once(child, 'message');
  assert.ok(child.pid !== undefined && Number.isInteger(port));
  const record = {
    pid: child.pid,
    processStart: processStartOf(child.pid),
    url: `http://127.0.0.1:${port}`,
    address: `127.0.0.1:${port}`,
    fingerprint: null,
    incarnation: 'a',
    startedAt: new Date().toISOString(),
    head: true,
  };
  writeRecord(ensureDaemonDirectory(home, port), record, undefined);
  const order: string[] = [];
  const asked = once(child, 'message');
  const stopping = stopDaemon({}).then((stopped) => {
    order.push('returned');
    return stopped;
  });
  assert.deepEqual(await asked, ['asked POST /v1/stop', undefined]);
  for (let i = 0; i < 50; i++) {
    const answer = once(child, 'message');
    child.send(`${i}`);
    await answer;
  }
  order.push('told to end');
  child.send('end');
  assert.deepEqual(await stopping, [{ url: record.url, pid: record.pid, wasKilled: false }]);
  assert.deepEqual(order, ['told to end', 'returned']);
});
