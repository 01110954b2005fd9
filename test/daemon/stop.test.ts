// stopDaemon() waits for the process itself, not for its answer.

import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startInBackground } from '../../daemon/background.ts';
import { ensureDaemonDirectory, writeRecord } from '../../daemon/home.ts';
import { stopDaemon } from '../../daemon/stop.ts';
import { ensureToken } from '../../daemon/tokens.ts';
import { ConnectionError, processStartOf, readDaemonToken, runningDaemons } from '../../sdk/internal.ts';
import { homeFor } from '../helpers/daemon-command.ts';
import { goodHeaders, headConfig, send, temporaryHome, testDaemon } from '../helpers/daemon-home.ts';

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

describe('stopDaemon(), where the system does not say when a process started', () => {
  test('signals no process that does not answer as the daemon of the record', async (t) => {
    const { home, port, daemon } = await testDaemon(t);
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    t.after(() => child.kill('SIGKILL'));
    assert.ok(child.pid !== undefined);
    // At the port is another daemon, whose token is the same.
    const record = { ...daemon.record, pid: child.pid, processStart: null };
    writeRecord(ensureDaemonDirectory(home, port), record, undefined);
    assert.equal(runningDaemons(home).length, 1);
    await assert.rejects(stopDaemon({}), (error) => {
      assert.ok(error instanceof ConnectionError);
      assert.match(error.message, new RegExp(`process ${child.pid} may be another one by now`));
      return true;
    });
    assert.deepEqual([child.exitCode, child.signalCode], [null, null]);
    const headers = goodHeaders({ home, port, daemon, token: readDaemonToken(home, port) });
    assert.match((await send(port, 'GET', '/v1/status', headers)).text, /"state":"running"/);
    writeRecord(ensureDaemonDirectory(home, port), daemon.record, undefined);
  });

  test('stops one that answers as the daemon of the record', async (t) => {
    const home = homeFor(t);
    const port = await startInBackground(headConfig(home));
    const record = runningDaemons(home)[0]?.record;
    assert.ok(record !== undefined);
    writeRecord(ensureDaemonDirectory(home, port), { ...record, processStart: null }, undefined);
    assert.deepEqual(await stopDaemon({}), [{ url: record.url, pid: record.pid, wasKilled: false }]);
  });
});
