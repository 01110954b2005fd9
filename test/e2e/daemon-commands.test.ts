// `gridbook start`, `status` and `stop` with real processes: what they print, how they fail, and what they leave behind.

import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { ensureToken } from '../../daemon/tokens.ts';
import { connect } from '../../sdk/index.ts';
import { isRunning, joinString, parseJoinString, runningDaemons } from '../../sdk/internal.ts';
import { freePort } from '../helpers/cluster-process.ts';
import { assertFailed, gridbook, homeFor, killDaemon, startHead } from '../helpers/daemon-command.ts';
import { send, temporaryHome } from '../helpers/daemon-home.ts';
import { gridbookMain, type Outcome } from '../repl/gridbook-command.ts';

/** Types the printed line for other machines into a shell; gives what `gridbook` had for arguments there, too. */
async function runPrinted(
  t: TestContext,
  printed: string,
  given: NodeJS.ProcessEnv,
): Promise<Outcome & { args: string }> {
  const [line = ''] = /^.*gridbook start --address.*$/m.exec(printed) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'gridbook-path-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const script = ['#!/bin/sh', 'echo "$*" > "$0.args"', `exec "${process.execPath}" "${gridbookMain}" "$@"`, ''];
  writeFileSync(join(folder, 'gridbook'), script.join('\n'), { mode: 0o755 });
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn('/bin/sh', [], { env: { ...env, ...given, PATH: `${folder}:${env['PATH']}` }, stdio: 'pipe' });
  child.stdin.end(`${line}\n`);
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { status: child.exitCode, stdout, stderr, args: readFileSync(join(folder, 'gridbook.args'), 'utf8') };
}

/** The processes that these have started. */
function childrenOf(pids: readonly number[]): number[] {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return all.filter((pid) => {
    try {
      const parent = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
      return pids.includes(Number(parent));
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

describe('gridbook start --head', () => {
  test('serves when it returns, and prints how it is reached; stop waits until it is gone', async (t) => {
    const { port, pid, record, join: joinText, stdout, home } = await startHead(t);
    assert.match(stdout, new RegExp(`^Head at http://127\\.0\\.0\\.1:${port}, process ${pid}\n`));
    assert.ok(stdout.includes(`export GRIDBOOK_ADDRESS='${joinText}'`));
    const [, log = ''] = /^Log: (.+)$/m.exec(stdout) ?? [];
    assert.match(readFileSync(log, 'utf8'), /"msg":"started"/);

    for (const env of [{}, { GRIDBOOK_ADDRESS: 'auto' }, { GRIDBOOK_ADDRESS: joinText }]) {
      const { status, stdout: shown } = await gridbook(['status'], { env });
      assert.equal(status, 0);
      assert.match(shown, new RegExp(`^Head at http://127\\.0\\.0\\.1:${port}: running for .*process ${pid}`));
    }
    const json = JSON.parse((await gridbook(['status', '--json', '--address', `127.0.0.1:${port}`])).stdout);
    assert.equal(json.daemon.pid, pid);
    assert.equal(json.daemon.head, true);

    const stopped = await gridbook(['stop']);
    assert.equal(stopped.status, 0);
    assert.equal(stopped.stdout, `Stopped http://127.0.0.1:${port}, process ${pid}\n`);
    assert.ok(!isRunning(record));
    assert.deepEqual(runningDaemons(home), []);
    assert.deepEqual(readdirSync(join(home, 'daemons', String(port))).sort(), ['daemon.err', 'daemon.log']);
  });

  test('keeps its token out of arguments, environments, logs, and its record', async (t) => {
    const { home, pid, port, join: joinText, token, stdout } = await startHead(t);
    const node = await runPrinted(t, stdout, { GRIDBOOK_ADDRESS: joinText });
    assert.equal(node.status, 0, node.stderr);
    assert.equal(node.args, 'start --address -\n');
    await gridbook(['status', '--address', joinText]);
    const daemons = runningDaemons(home).map(({ record }) => record.pid);
    assert.equal(daemons.length, 2);
    // What a task sees of its own process, and all that the daemons have started.
    await using session = await connect({ address: joinText });
    const seen = await session.remote(() =>
      JSON.stringify([process.env, process.argv, process.execArgv, process.title]),
    )();
    assert.ok(!seen.includes(token), 'a task sees the token');
    const workers = childrenOf(daemons);
    assert.ok(workers.length > 2, 'there are workers');
    const pids = [...daemons, ...workers];
    for (const each of pids) {
      for (const name of ['cmdline', 'environ']) {
        const told = await readFile(`/proc/${each}/${name}`, 'latin1').catch(() => ''); // it has ended meanwhile
        assert.ok(!told.includes(token), `${name} of ${each}`);
      }
    }
    const directory = join(home, 'daemons', String(port));
    for (const name of readdirSync(directory).filter((n) => n !== 'sockets')) {
      assert.ok(!readFileSync(join(directory, name), 'utf8').includes(token), name);
    }
    assert.ok(pids.includes(pid));
    assert.equal((await gridbook(['stop', '--all'])).status, 0);
  });

  test('has workers that find their compiled code where it has its own, and of which tasks know nothing', async (t) => {
    await startHead(t);
    await using session = await connect({ address: 'auto' });
    const [directory, variable] = await session.remote(() => {
      const { getCompileCacheDir } = process.getBuiltinModule('node:module');
      return [getCompileCacheDir(), process.env['NODE_COMPILE_CACHE']];
    })();
    assert.match(directory ?? '', /node_modules\/\.cache\/gridbook\/[^/]+$/);
    assert.equal(variable, undefined);
  });

  test('is refused on the port of another daemon, and of another program', async (t) => {
    const { port } = await startHead(t);
    assertFailed(
      await gridbook(['start', '--head', '--port', String(port)]),
      new RegExp(`Cannot listen on port ${port}: a daemon of yours runs at http://127\\.0\\.0\\.1:${port} `),
    );
    const other = createTcpServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    assertFailed(await gridbook(['start', '--head', '--port', String(address.port)]), /the port is in use/);
    assert.equal((await gridbook(['stop'])).status, 0);
  });

  test('takes the place of one that was killed, with the same token', async (t) => {
    const { home, port, pid, record, join: joinText } = await startHead(t);
    await killDaemon(record);
    assertFailed(await gridbook(['status']), /No head of yours runs/);
    assertFailed(await gridbook(['stop']), /No daemon of yours runs/);
    const again = await gridbook(['start', '--head', '--port', String(port)]);
    assert.equal(again.status, 0, again.stderr);
    assert.ok(again.stdout.includes(joinText));
    assert.notEqual(runningDaemons(home)[0]?.record.pid, pid);
    assert.equal((await gridbook(['stop'])).status, 0);
  });

  test('takes under 90 MB when it idles', async (t) => {
    // The first start after a change of the sources compiles them, and is larger.
    await startHead(t).then(() => gridbook(['stop']));
    const { pid } = await startHead(t);
    const json = JSON.parse((await gridbook(['status', '--json'])).stdout);
    assert.equal(json.daemon.pid, pid);
    assert.ok(json.daemon.memoryBytes < 90e6, `${json.daemon.memoryBytes}`);
    await gridbook(['stop']);
  });

  const inForeground = (): ChildProcessByStdio<null, Readable, Readable> => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = [gridbookMain, 'start', '--head', '--port', '0', '--foreground'];
    return spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  };

  test('runs in the foreground until it is told to stop', async (t) => {
    const home = homeFor(t);
    const child = inForeground();
    const closed = once(child, 'close');
    const log = text(child.stderr);
    const [first] = await once(child.stdout.setEncoding('utf8'), 'data');
    assert.match(String(first), /^Head at http/);
    assert.equal(runningDaemons(home)[0]?.record.pid, child.pid);
    child.kill('SIGTERM');
    await closed;
    assert.equal(child.exitCode, 0);
    assert.deepEqual(runningDaemons(home), []);
    for (const line of (await log).trim().split('\n')) assert.ok('level' in JSON.parse(line), line);
  });

  test('goes on in the foreground when nobody reads its log there any more', async (t) => {
    const home = homeFor(t);
    const child = inForeground();
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    child.stderr.destroy();
    const [{ port } = { port: 0 }] = runningDaemons(home);
    for (let refused = 0; refused < 3; refused++) {
      assert.equal((await send(port, 'GET', '/', { Host: `127.0.0.1:${port}` })).status, 401); // each is logged
    }
    child.kill('SIGTERM');
    await closed;
    assert.equal(child.exitCode, 0);
    const log = readFileSync(join(home, 'daemons', String(port), 'daemon.log'), 'utf8');
    assert.match(log, /"status":401[\s\S]*"stopped"/);
  });
});

describe('gridbook start --address', () => {
  test('starts a node of the head, by TLS too', async (t) => {
    const { home, join: joinText, token } = await startHead(t, ['--host', '0.0.0.0']);
    const { host: _, ...address } = parseJoinString(joinText);
    assert.notEqual(address.fingerprint, undefined);
    const here = joinString({ ...address, host: '127.0.0.1' });
    const { status, stdout, stderr } = await gridbook(['start', '--address', here, '--labels', 'rack=a,gpu=no']);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^Node at http:\/\/127\.0\.0\.1:\d+, process \d+\nLog: .*\n$/);
    const node = runningDaemons(home).find(({ record }) => !record.head);
    assert.ok(node);
    assert.ok(!readFileSync(join(home, 'daemons', String(node.port), 'daemon.log'), 'utf8').includes(token));
    assertFailed(await gridbook(['stop']), /Several daemons.*--all/);
    const one = await gridbook(['stop', '--address', `127.0.0.1:${node.port}`]);
    assert.equal(one.stdout, `Stopped ${node.record.url}, process ${node.record.pid}\n`);
    assert.match((await gridbook(['stop', '--all'])).stdout, /^Stopped https:.*\n$/);
    assert.deepEqual(runningDaemons(home), []);
  });

  test('fails at a head that is not there, refuses the token, is another, or speaks another version', async (t) => {
    const { port, token } = await startHead(t);
    const address = { host: '127.0.0.1', port, token, fingerprint: undefined };
    const start = (changes: Partial<typeof address>): Promise<Outcome> =>
      gridbook(['start', '--address', joinString({ ...address, ...changes })]);
    assertFailed(await start({ port: await freePort() }), /nothing listens there/);
    assertFailed(await start({ token: `${token.slice(0, -2)}__` }), /token is missing or wrong/);
    assertFailed(await gridbook(['start', '--address', 'gridbook://nonsense']), /join string is not of the form/);
    const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
    const secure = joinString({ ...address, fingerprint });
    assertFailed(await gridbook(['start', '--address', secure]), /TLS/);

    const other = createServer((_request, response) => {
      response
        .writeHead(426)
        .end(JSON.stringify({ error: 'the daemon speaks version 7 of the protocol, the request version 1' }));
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const place = other.address();
    assert.ok(typeof place === 'object' && place !== null);
    assertFailed(await start({ port: place.port }), /version 7.*version 1/);
    assertFailed(await gridbook(['status', '--address', joinString({ ...address, port: place.port })]), /version 7/);
    assert.equal((await gridbook(['stop'])).status, 0);
  });
});

describe('gridbook status and gridbook stop', () => {
  test('fail in one line without a daemon', async (t) => {
    homeFor(t);
    assertFailed(await gridbook(['status']), /No head of yours runs/);
    assertFailed(await gridbook(['status', '--watch']), /No head of yours runs/);
    assertFailed(await gridbook(['stop']), /No daemon of yours runs/);
    assertFailed(await gridbook(['stop', '--all']), /No daemon of yours runs/);
    assertFailed(await gridbook(['stop', '--address', '127.0.0.1:8265']), /No daemon of yours runs/);
  });

  test('fail in one line with another token, which stop does not need', async (t) => {
    const { home, record } = await startHead(t);
    writeFileSync(join(home, 'token'), ensureToken(home).split('').reverse().join(''));
    assertFailed(await gridbook(['status']), /token is missing or wrong/);
    assert.equal((await gridbook(['stop'])).status, 0);
    assert.ok(!isRunning(record));
  });

  test('stop ends only daemons of its own home', async (t) => {
    const { record, home } = await startHead(t);
    const env = { GRIDBOOK_HOME: temporaryHome(t) };
    assertFailed(await gridbook(['stop', '--all'], { env }), /No daemon of yours runs/);
    assert.ok(isRunning(record));
    assert.equal((await gridbook(['stop'], { env: { GRIDBOOK_HOME: home } })).status, 0);
  });

  test('status --watch shows it again and again, also when it goes, until it is interrupted', async (t) => {
    const { port } = await startHead(t);
    const { NODE_TEST_CONTEXT: _, GRIDBOOK_ADDRESS: __, ...env } = process.env;
    const args = [gridbookMain, 'status', '--watch', '--json'];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    child.stdout.setEncoding('utf8');
    const until = async (expected: RegExp): Promise<void> => {
      for (let seen = ''; !expected.test(seen); ) seen += String((await once(child.stdout, 'data'))[0]);
    };
    await until(new RegExp(`"daemon".*:${port}"[\\s\\S]*\n.*"daemon"`));
    await gridbook(['stop']);
    await until(/"error":"No head/);
    child.kill('SIGINT');
    await closed;
    assert.equal(child.exitCode, 0);
  });
});
