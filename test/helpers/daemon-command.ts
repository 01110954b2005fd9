// `gridbook start`, `status` and `stop` as tests run them: each in a home of the test's own, in which nothing is left running.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { type DaemonRecord, isRunning, parseJoinString, runningDaemons } from '../../sdk/internal.ts';
import { gridbookMain, type Outcome } from '../repl/gridbook-command.ts';
import { temporaryHome } from './daemon-home.ts';

/** Runs the command with the home of the test. */
export async function gridbook(
  args: readonly string[],
  given: { env?: NodeJS.ProcessEnv; stdin?: string } = {},
): Promise<Outcome> {
  const { NODE_TEST_CONTEXT: _, GRIDBOOK_ADDRESS: __, ...env } = process.env;
  const child = spawn(process.execPath, [gridbookMain, ...args], { env: { ...env, ...given.env }, stdio: 'pipe' });
  child.stdin.end(given.stdin);
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { status: child.exitCode, stdout, stderr };
}

/** A home of the test's own; what still runs in it is killed at its end. */
export function homeFor(t: TestContext): string {
  return temporaryHome(t, async (home) => {
    for (const { record } of runningDaemons(home)) await killDaemon(record);
  });
}

/** Kills a daemon that may be about to end by itself, and waits until it is gone. */
export async function killDaemon(record: DaemonRecord): Promise<void> {
  while (isRunning(record)) {
    try {
      process.kill(record.pid, 'SIGKILL');
    } catch {
      return; // it has ended meanwhile
    }
    await new Promise(setImmediate);
  }
}

export interface Head {
  readonly home: string;
  readonly port: number;
  readonly pid: number;
  readonly record: DaemonRecord;
  readonly join: string;
  readonly token: string;
  readonly stdout: string;
}

export async function startHead(t: TestContext, args: readonly string[] = []): Promise<Head> {
  const home = homeFor(t);
  const { status, stdout, stderr } = await gridbook(['start', '--head', '--port', '0', '--workers', '1', ...args]);
  assert.equal(status, 0, stderr);
  const [daemon] = runningDaemons(home);
  assert.ok(daemon);
  const [joinText = ''] = /gridbook:\/\/[^'\s]+/.exec(stdout) ?? [];
  const { token } = parseJoinString(joinText);
  return { home, port: daemon.port, pid: daemon.record.pid, record: daemon.record, join: joinText, token, stdout };
}

/** It failed in one line that says what is asked for. */
export function assertFailed({ status, stdout, stderr }: Outcome, message: RegExp): void {
  assert.notEqual(status, 0);
  assert.equal(stdout, '');
  assert.match(stderr, message);
  assert.match(stderr, /^gridbook: [^\n]+\n$/);
}
