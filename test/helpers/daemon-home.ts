// Daemons for tests: each with a home directory of its own, on a free port of loopback, gone at the end of the test.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { DaemonConfig } from '../../daemon/config.ts';
import { type Daemon, type DaemonOptions, openDaemon } from '../../daemon/daemon.ts';
import { memoryPathHere } from '../../daemon/node/object-store.ts';
import { storePrefix } from '../../daemon/node/store-directory.ts';
import { controlVersion, readDaemonToken } from '../../sdk/internal.ts';

/**
 * A private home directory, which `GRIDBOOK_HOME` names until the end of the test.
 *
 * @param stop - ends what runs in it, before it is removed.
 */
export function temporaryHome(t: TestContext, stop: (home: string) => void | Promise<void> = () => {}): string {
  const home = mkdtempSync(join(tmpdir(), 'gridbook-test-'));
  const before = process.env['GRIDBOOK_HOME'];
  process.env['GRIDBOOK_HOME'] = home;
  t.after(async () => {
    await stop(home);
    if (before === undefined) delete process.env['GRIDBOOK_HOME'];
    else process.env['GRIDBOOK_HOME'] = before;
    removeLeftObjects(home);
    rmSync(home, { recursive: true, force: true });
  });
  return home;
}

/** Removes the objects in memory of killed daemons: the next one of their home would do it, but the home goes now. */
export function removeLeftObjects(home: string): void {
  const path = memoryPathHere();
  if (path === undefined) return;
  const left = readdirSync(path).filter((name) => name.startsWith(storePrefix(join(home, 'objects'))));
  for (const name of left) rmSync(join(path, name), { recursive: true, force: true });
}

/** What a head on loopback is started with. */
export function headConfig(home: string, changes: Partial<DaemonConfig> = {}): DaemonConfig {
  return {
    home,
    host: '127.0.0.1',
    port: 0,
    insecure: false,
    resources: { cpus: 1 },
    labels: {},
    logLevel: 'info',
    join: null,
    ...changes,
  };
}

export interface TestDaemon {
  readonly home: string;
  readonly daemon: Daemon;
  readonly port: number;
  readonly token: string;
}

/** A daemon in this process, with services of the test's own. */
export async function testDaemon(
  t: TestContext,
  options: DaemonOptions = {},
  changes: Partial<DaemonConfig> = {},
): Promise<TestDaemon> {
  let opened: Daemon | undefined;
  const home = temporaryHome(t, () => opened?.stop(0));
  const daemon = await openDaemon(headConfig(home, changes), { services: () => ({}), ...options });
  opened = daemon;
  return { home, daemon, port: daemon.port, token: readDaemonToken(home, daemon.port) };
}

/** The headers of a client that may come in. */
export function goodHeaders({ port, token }: TestDaemon): Record<string, string> {
  return {
    Host: `127.0.0.1:${port}`,
    Authorization: `Bearer ${token}`,
    'X-Gridbook-Version': String(controlVersion),
  };
}

/** The headers of an upgrade to WebSocket. */
export const upgradeHeaders = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
}

/** Sends a request as it is given, and waits for the answer; 101 for an upgrade that was let in, whose connection ends. */
export function send(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string | Buffer,
): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const length: Record<string, string> =
    body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const asked = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: { ...headers, ...length },
    agent: false,
    setDefaultHeaders: false,
  });
  asked.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
  });
  asked.on('upgrade', (response, socket) => {
    socket.destroy();
    resolve({ status: response.statusCode ?? 0, text: '', headers: response.headers });
  });
  asked.on('error', reject);
  asked.end(body);
  return promise;
}

/** Sends bytes as they are; gives all that came back until the daemon closed the connection. */
export function sendBytes(port: number, bytes: string | Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', port });
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  // A connection that is reset with something unread still gives what came before.
  socket.on('error', () => {});
  socket.on('close', () => resolve(text));
  socket.write(bytes);
  return promise;
}
