// What `gridbook start`, `status` and `stop` cannot do: one line says so, within a second.

import assert from 'node:assert/strict';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { joinString } from '../../sdk/internal.ts';
import { assertWithin, timeOf } from '../helpers/bar.ts';
import { freePort } from '../helpers/cluster-process.ts';
import { assertFailed, gridbook, homeFor, killDaemon, startHead } from '../helpers/daemon-command.ts';
import { temporaryHome } from '../helpers/daemon-home.ts';

/** Without the code that tests keep compiled. */
const asUsersHaveIt = { NODE_COMPILE_CACHE: undefined };

/** It fails in one line that says what is asked for, in less than a second. */
function isRefused(args: readonly string[], message: RegExp, env: NodeJS.ProcessEnv = asUsersHaveIt): Promise<void> {
  return assertWithin(1000, `to refuse gridbook ${args.join(' ')}`, () =>
    timeOf(async () => assertFailed(await gridbook(args, { env }), message)),
  );
}

describe('what cannot be done is told within a second', () => {
  test('of start in a home that is no directory, cannot be made, or takes no files', async (t) => {
    const home = temporaryHome(t);
    writeFileSync(join(home, 'daemons'), '');
    const start = ['start', '--head', '--port', '0'];
    const underProc = { GRIDBOOK_HOME: '/proc/gridbook/home' };
    await isRefused(start, /Cannot keep files in \/proc\/gridbook\/home: .*; set GRIDBOOK_HOME/, underProc);
    assertFailed(await gridbook([...start, '--foreground'], { env: underProc }), /Cannot keep files in \/proc/);
    assertFailed(await gridbook(['status'], { env: underProc }), /No head of yours runs/);
    const file = join(home, 'daemons');
    assertFailed(await gridbook(start, { env: { GRIDBOOK_HOME: file } }), /daemons: it is no directory; set/);
    assertFailed(await gridbook(start), new RegExp(`in ${home}: ${file}: it is no directory; set`));
    const open = temporaryHome(t);
    chmodSync(open, 0o777);
    assertFailed(await gridbook(['status']), /No head of yours runs/);
    assert.deepEqual(readdirSync(open), [], 'no code is kept where others may write');
  });

  test('of start, status and stop, with a daemon, with what is left of one, and without', async (t) => {
    const { port, record, join: joinText, token } = await startHead(t);
    const program = createTcpServer().listen(0, '127.0.0.1');
    const error = 'the daemon speaks version 7 of the protocol, the request version 1';
    const other = createServer((_request, response) => response.writeHead(426).end(JSON.stringify({ error })));
    other.listen(0, '127.0.0.1');
    t.after(() => {
      program.close();
      other.close();
    });
    const portOf = (server: { address(): unknown }): number => Object(server.address()).port;
    const at = (changes: { port?: number; token?: string }): string =>
      joinString({ host: '127.0.0.1', port, token, fingerprint: undefined, ...changes });
    const wrongToken = at({ token: `${token.slice(0, -2)}__` });
    const nobody = at({ port: await freePort() });

    await isRefused(['start', '--head', '--port', String(port)], /a daemon of yours runs at/);
    await isRefused(['start', '--head', '--port', String(portOf(program))], /the port is in use; choose another/);
    for (const command of ['start', 'status']) {
      await isRefused([command, '--address', wrongToken], /the token is missing or wrong/);
      await isRefused([command, '--address', nobody], /nothing listens there/);
      await isRefused([command, '--address', at({ port: portOf(other) })], /version 7.*version 1/);
    }
    await killDaemon(record);
    await isRefused(['start', '--address', joinText], /nothing listens there/);
    await isRefused(['status'], /No head of yours runs/);
    await isRefused(['stop'], /No daemon of yours runs/);
  });
});

describe('wrong usage', () => {
  const wrong: [args: string[], message: RegExp][] = [
    [['start'], /--head.*--address/],
    [['start', '--head', '--address', 'x'], /cannot be used with/],
    [['start', '--head', '--labels', 'a'], /name=value/],
    [['start', '--head', '--resources', '[1]'], /JSON of names and numbers/],
    [['start', '--head', '--resources', '{"gpus":-1}'], /resources\.gpus/],
    [['start', '--head', '--resources', '{"cpus":4}'], /resources\.cpus.* is how many workers.*--workers/],
    [['start', '--head', '--port', '99999'], /port/],
    [['start', '--head', '--log-level', 'loud'], /Allowed choices/],
    [['stop', '--all', '--address', 'x'], /cannot be used with/],
    [['status', '--address', 'nonsense'], /neither "auto", a join string/],
  ];
  for (const [args, message] of wrong) {
    test(`gridbook ${args.join(' ')} is refused in one line`, async (t) => {
      homeFor(t);
      const ended = await gridbook(args);
      assertFailed(ended, message);
      assert.equal(ended.status, 2);
    });
  }
});
