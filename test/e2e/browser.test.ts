// A real browser on a hostile page, and a name that its owner made to mean this machine: nothing that the page can send
// gets through to a daemon, though the browser itself is on the daemon's machine.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { controlVersion } from '../../sdk/internal.ts';
import { ProcessCluster } from '../helpers/cluster-process.ts';
import { needs } from '../helpers/needs.ts';

const browser = 'chromium';
const lacks = needs(
  'Chromium',
  () => spawnSync(browser, ['--version'], { stdio: 'ignore' }).status === 0,
  'install it, such as from the package chromium of Debian',
);
/** A name that is not this machine's, and that the browser is told means it: what DNS rebinding comes to. */
const rebound = 'rebound.example';

/** Tries all that a page can, at each address, and tells its own server what came of it. */
function page(port: number, token: string): string {
  return `<!doctype html><script type="module">
const places = ['${rebound}', '127.0.0.1', 'localhost'].map((host) => host + ':${port}');
const results = [];
async function attempt(what, run) {
  const tooLong = new Promise((resolve) => setTimeout(resolve, 1000, 'nothing'));
  try { results.push(what + ': ' + (await Promise.race([run(), tooLong]))); } catch (error) { results.push(what + ': failed'); }
}
document.cookie = 'token=${token}';
for (const place of places) {
  const url = 'http://' + place + '/v1/status';
  await attempt('read ' + place, async () => (await fetch(url)).status);
  await attempt('read with token ' + place, async () =>
    (await fetch(url, { headers: { Authorization: 'Bearer ${token}', 'X-Gridbook-Version': '${controlVersion}' } })).status);
  await attempt('blind stop ' + place, async () =>
    (await fetch('http://' + place + '/v1/stop', { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' })).type);
  await attempt('form stop ' + place, async () => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    frame.name = 'f' + results.length;
    const form = document.body.appendChild(document.createElement('form'));
    Object.assign(form, { method: 'POST', action: 'http://' + place + '/v1/stop', target: frame.name });
    const loaded = new Promise((resolve) => { frame.onload = () => resolve('sent'); });
    form.submit();
    return loaded;
  });
  for (const path of ['/v1/session', '/v1/node', '/v1/worker/a1']) {
    await attempt('websocket ' + path + ' ' + place, () => new Promise((resolve, reject) => {
      const socket = new WebSocket('ws://' + place + path + '?token=${token}');
      socket.onopen = () => resolve('open');
      socket.onerror = () => reject(new Error('refused'));
    }));
  }
}
await fetch('/results', { method: 'POST', body: JSON.stringify(results) });
</script>`;
}

test(
  'a hostile page, also by DNS rebinding and with the token, reads nothing, stops nothing and opens no WebSocket',
  lacks,
  async () => {
    await using cluster = await ProcessCluster.open([0]);
    const { port } = cluster.head;
    const told = Promise.withResolvers<string[]>();
    const evil = createServer((request, response) => {
      if (request.method === 'POST') void text(request).then((body) => told.resolve(JSON.parse(body)));
      response.setHeader('Content-Type', 'text/html').end(request.url === '/' ? page(port, cluster.token) : '');
    }).listen(0, '127.0.0.1');
    await once(evil, 'listening');
    const address = evil.address();
    assert.ok(typeof address === 'object' && address !== null);
    const profile = mkdtempSync(join(tmpdir(), 'gridbook-browser-'));
    const child = spawn(
      browser,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--no-first-run',
        '--disable-background-networking',
        `--user-data-dir=${profile}`,
        `--host-resolver-rules=MAP ${rebound} 127.0.0.1`,
        '--remote-debugging-port=0',
        `http://${rebound}:${address.port}/`,
      ],
      { stdio: 'ignore', detached: true },
    );
    const exit = once(child, 'exit');
    try {
      const results = await told.promise;
      assert.ok(results.length >= 3 * 7);
      // What a page sends blindly it hears nothing of; all else must have failed or been refused.
      const through = results.filter((result) => /: (200|202|open)$/.test(result));
      assert.deepEqual(through, []);
      const status = await cluster.statusOf(cluster.head);
      assert.deepEqual([status.daemon.pid, status.daemon['state']], [cluster.head.pid, 'running']);
      assert.deepEqual(status.head?.sessions, []);
      assert.equal(status.head?.nodes.length, 1);
      const log = readFileSync(join(cluster.home, 'daemons', String(port), 'daemon.log'), 'utf8');
      assert.match(log, /"status":403.*"host":"rebound\.example:\d+"/, 'the rebound name arrived, and was refused');
      assert.match(log, /"status":403.*"origin":"http:\/\/rebound\.example:\d+"/);
    } finally {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await exit;
      evil.closeAllConnections();
      evil.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }
  },
);
