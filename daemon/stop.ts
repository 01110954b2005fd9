// Stops daemons of this user on this machine, gracefully, and waits until they are gone.

import { setTimeout as wait } from 'node:timers/promises';
import {
  ConnectionError,
  type DaemonRecord,
  GridbookError,
  homeDirectory,
  hostAndPort,
  InvalidArgumentError,
  isRunning,
  joinScheme,
  nowMs,
  parseJoinString,
  readDaemonToken,
  resolveAddress,
  runningDaemons,
} from '../sdk/internal.ts';
import { askDaemon } from './control-client.ts';
import { stopGraceMs } from './stop-grace.ts';

/** What a daemon gets beyond the grace of its tasks before it is killed. */
const killAfterMs = stopGraceMs + 5000;
const pollMs = 25;

export interface StopOptions {
  /** All daemons of this user on this machine. */
  readonly all?: boolean | undefined;
  /** The one at this address. */
  readonly address?: string | undefined;
}

/** A daemon that is gone. */
export interface StoppedDaemon {
  readonly url: string;
  readonly pid: number;
  /** Whether it had to be killed. */
  readonly wasKilled: boolean;
}

/**
 * Stops daemons. Without options the only one that runs.
 *
 * @throws ConnectionError when none of this user's is meant; InvalidArgumentError when it is not clear which one is.
 */
export async function stopDaemon({ all = false, address }: StopOptions): Promise<StoppedDaemon[]> {
  const home = homeDirectory();
  const running = runningDaemons(home);
  if (address !== undefined) {
    const port = await portOf(address);
    return Promise.all(running.filter((daemon) => daemon.port === port).map((daemon) => stopOne(home, daemon)));
  }
  if (running.length === 0) throw new ConnectionError('No daemon of yours runs on this machine');
  if (running.length > 1 && !all) {
    const urls = running.map(({ record }) => new URL(record.url).host).join(', ');
    throw new InvalidArgumentError(`Several daemons of yours run: say --all, or --address with one of ${urls}`);
  }
  return Promise.all(running.map((daemon) => stopOne(home, daemon)));
}

/** The port of a daemon of this user here. */
async function portOf(address: string): Promise<number> {
  const plain = address.startsWith(joinScheme) ? parseJoinString(address) : undefined;
  const { url } = await resolveAddress(plain === undefined ? address : hostAndPort(plain.host, plain.port));
  return Number(new URL(url).port);
}

async function stopOne(home: string, { port, record }: { port: number; record: DaemonRecord }): Promise<StoppedDaemon> {
  const { url, pid } = record;
  const startedAt = nowMs();
  let isAsked = false;
  try {
    const place = { url, token: readDaemonToken(home, port), fingerprint: record.fingerprint ?? undefined };
    await askDaemon(place, { method: 'POST', path: '/v1/stop', timeoutMs: 2000 });
    isAsked = true;
  } catch (error) {
    // One of another version, or whose token was lost, is still this user's process, and a signal asks for the same.
    if (!(error instanceof GridbookError)) throw error;
  }
  if (!isAsked) signal(record, 'SIGTERM');
  while (isRunning(record)) {
    if (nowMs() - startedAt > killAfterMs) {
      signal(record, 'SIGKILL');
      while (isRunning(record)) await wait(pollMs);
      return { url, pid, wasKilled: true };
    }
    await wait(pollMs);
  }
  return { url, pid, wasKilled: false };
}

/** Only to the very process of the record. */
function signal(record: DaemonRecord, name: NodeJS.Signals): void {
  if (isRunning(record)) process.kill(record.pid, name);
}
