// Stops daemons of this user on this machine, gracefully, and waits until they are gone.
//
// Invariants:
//   S1. A signal goes to a daemon's process only: to the one that started when the record says so or, where the system does
//       not say that, to one that answers as the daemon of the record.

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import {
  ConnectionError,
  type DaemonRecord,
  daemonDirectory,
  GridbookError,
  homeDirectory,
  hostAndPort,
  InvalidArgumentError,
  isRunning,
  joinScheme,
  nowMs,
  parseJoinString,
  type ResolvedAddress,
  readDaemonToken,
  resolveAddress,
  runningDaemons,
} from '../sdk/internal.ts';
import { askDaemon } from './control-client.ts';
import { stopGraceMs } from './stop-grace.ts';

/** What a daemon gets beyond the grace of its tasks before it is killed. */
const killAfterMs = stopGraceMs + 5000;
/** How long a process may still be there that was killed, in milliseconds. */
const killedMs = 5000;
const pollMs = 25;
/** How long a daemon may take to answer, in milliseconds. */
const answerMs = 2000;

/** Which daemons are stopped. */
export interface StopOptions {
  /** All daemons of this user on this machine. @default false */
  readonly all?: boolean | undefined;
  /** The one at this address: its host and port, or its join string. */
  readonly address?: string | undefined;
}

type RunningDaemon = ReturnType<typeof runningDaemons>[number];

/** A daemon that is gone. */
export interface StoppedDaemon {
  /** Where it was. */
  readonly url: string;
  /** The number that its process had. */
  readonly pid: number;
  /** Whether it had to be killed. */
  readonly wasKilled: boolean;
}

/**
 * Stops daemons of this user on this machine, and waits until they are gone: running tasks get 10 s, then are killed.
 *
 * @param options - which ones; `{}` is the only one that runs.
 * @returns those that are gone.
 * @example
 * ```ts
 * import { startDaemon, stopDaemon } from 'gridbook/daemon';
 *
 * await startDaemon({ port: 0, workers: 1 });
 * const [stopped] = await stopDaemon({});
 * console.log(stopped?.wasKilled); // prints: false
 * ```
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

async function stopOne(home: string, { port, record }: RunningDaemon): Promise<StoppedDaemon> {
  const { url, pid } = record;
  const startedAt = nowMs();
  let isAsked = false;
  let isKnown = record.processStart !== null;
  try {
    const place = { url, token: readDaemonToken(home, port), fingerprint: record.fingerprint ?? undefined };
    if (!isKnown) await checkAnswers(place, record);
    isKnown = true;
    await askDaemon(place, { method: 'POST', path: '/v1/stop', timeoutMs: answerMs });
    isAsked = true;
  } catch (error) {
    // One of another version, or whose token was lost, is still this user's process, and a signal asks for the same.
    if (!(error instanceof GridbookError)) throw error;
    if (!isKnown) throw notAnswering(home, { port, record }, error); // S1
  }
  if (!isAsked) signal(record, 'SIGTERM');
  while (isRunning(record)) {
    if (nowMs() - startedAt > killAfterMs) {
      signal(record, 'SIGKILL');
      while (isRunning(record)) {
        if (nowMs() - startedAt > killAfterMs + killedMs) throw new ConnectionError(unkillable(record));
        await wait(pollMs);
      }
      return { url, pid, wasKilled: true };
    }
    await wait(pollMs);
  }
  return { url, pid, wasKilled: false };
}

/** @throws GridbookError when whoever answers is not the daemon of the record. */
async function checkAnswers(place: ResolvedAddress, { pid, incarnation }: DaemonRecord): Promise<void> {
  const { json } = await askDaemon(place, { method: 'GET', path: '/v1/status', timeoutMs: answerMs });
  const { success } = z
    .looseObject({ daemon: z.looseObject({ pid: z.literal(pid), incarnation: z.literal(incarnation) }) })
    .safeParse(json);
  if (!success) throw new ConnectionError(`Another daemon answers at ${place.url}`);
}

function notAnswering(home: string, { port, record }: RunningDaemon, cause: GridbookError): ConnectionError {
  const { url, pid } = record;
  const recordPath = join(daemonDirectory(home, port), 'daemon.json');
  return new ConnectionError(
    `Cannot stop the daemon at ${url}: it does not answer, and process ${pid} may be another one by now. If it is the daemon, "kill ${pid}" ends it; otherwise remove ${recordPath}`,
    { cause },
  );
}

function unkillable({ url, pid }: DaemonRecord): string {
  return `Cannot end the daemon at ${url}: its process ${pid} is still there ${killedMs / 1000} s after it was killed; the system holds it, such as for a disk that does not answer`;
}

/** S1 */
function signal(record: DaemonRecord, name: NodeJS.Signals): void {
  if (isRunning(record)) process.kill(record.pid, name);
}
