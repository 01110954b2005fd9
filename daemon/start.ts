// Starts a daemon of this user on this machine, in the background or in this process.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  ConnectionError,
  type DaemonRecord,
  daemonDirectory,
  ensureHome,
  headPortDefault,
  homeDirectory,
  InvalidArgumentError,
  isLoopback,
  joinString,
  type ResolvedAddress,
  readDaemonToken,
  resolveAddress,
  runningDaemons,
} from '../sdk/internal.ts';
import { startInBackground } from './background.ts';
import { type DaemonConfig, daemonConfig } from './config.ts';
import { askDaemon } from './control-client.ts';
import { checkPort } from './port-check.ts';

const hostDefault = '127.0.0.1';

/** With what a daemon is started. */
export interface StartOptions {
  /** The head that its node belongs to: its join string, or `auto` for that of this machine. @default it is a head itself */
  readonly join?: string | undefined;
  /** Where it listens. @default 127.0.0.1, for a node the address by which it reaches its head */
  readonly host?: string | undefined;
  /** 0: any free one. @default 8265, for a node any free one */
  readonly port?: number | undefined;
  /** How many workers of one cpu run at once. @default the number of cores */
  readonly workers?: number | undefined;
  /** What else its node has, by name, such as `{ gpus: 1 }`. @default nothing */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** By what tasks may choose its node, such as `{ zone: 'eu' }`. @default none */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Whether it may speak in cleartext beyond loopback. @default false */
  readonly insecure?: boolean | undefined;
  /** The least of what is logged: one of `logLevels`. @default info */
  readonly logLevel?: string | undefined;
}

/** A daemon that was started. */
export interface StartedDaemon {
  /** The number of its process. */
  readonly pid: number;
  /** `http:` or `https:`, as programs on this machine reach it. */
  readonly url: string;
  /** What other machines need to join it, or to use it; a secret. Undefined for a node. */
  readonly joinString: string | undefined;
  /** Whether other machines can reach it at all. */
  readonly isLocal: boolean;
  /** Whether it speaks TLS. */
  readonly isSecure: boolean;
  /** The file of its log. */
  readonly logPath: string;
}

/**
 * Starts a daemon in the background, and waits until it answers.
 *
 * @param options - what it is, and where it listens.
 * @returns where it is; of a head, what others need to join it.
 * @example
 * ```ts
 * import { connect } from 'gridbook';
 * import { startDaemon, stopDaemon } from 'gridbook/daemon';
 *
 * const { joinString } = await startDaemon({ port: 0, workers: 1 });
 * const session = await connect({ address: joinString });
 * console.log(await session.remote((x: number) => x + 1)(41)); // prints: 42
 * await session.close();
 * await stopDaemon({ all: true });
 * ```
 * @throws InvalidArgumentError for options that are not of their form; ResourceError when nothing can be kept in the home
 *   directory; ConnectionError, AuthenticationError or VersionError when it cannot start, or cannot have its head.
 */
export async function startDaemon(options: StartOptions): Promise<StartedDaemon> {
  const config = await configOf(options);
  if (config.port !== 0) await checkPort(config.host, config.port);
  const port = await startInBackground(config);
  const { home } = config;
  const record = runningDaemons(home).find((daemon) => daemon.port === port)?.record;
  if (record === undefined) throw new ConnectionError('Cannot start the daemon: it ended as soon as it served');
  const place = { url: record.url, token: readDaemonToken(home, port), fingerprint: record.fingerprint ?? undefined };
  await askDaemon(place, { method: 'GET', path: '/v1/status' });
  return startedOf(home, port, record);
}

/**
 * Runs a daemon in this process until it is told to stop. Its log goes to standard error, too.
 *
 * @param options - as `startDaemon` takes them.
 * @param onReady - told once it serves.
 * @throws as `startDaemon`.
 * @example
 * ```ts
 * import { runDaemonHere } from 'gridbook/daemon';
 *
 * await runDaemonHere({ port: 0, workers: 1 }, ({ url, pid }) => {
 *   console.log(`serving at ${url}`); // prints: serving at http://127.0.0.1:…
 *   process.kill(pid, 'SIGTERM'); // stops it, as Ctrl-C does
 * });
 * ```
 */
export async function runDaemonHere(options: StartOptions, onReady: (daemon: StartedDaemon) => void): Promise<void> {
  const config = await configOf(options);
  // Only here is a whole daemon part of this process: who starts one elsewhere, stops or asks one, is done sooner without.
  const { runDaemon } = await import('./daemon-process.ts');
  await runDaemon(config, true, ({ port, record }) => onReady(startedOf(config.home, port, record)));
}

function startedOf(home: string, port: number, record: DaemonRecord): StartedDaemon {
  const { url, address, fingerprint, pid, head } = record;
  const outside = new URL(`http://${address}`);
  const host = outside.hostname.replace(/^\[|\]$/g, '');
  const token = readDaemonToken(home, port);
  return {
    pid,
    url,
    joinString: head ? joinString({ host, port, token, fingerprint: fingerprint ?? undefined }) : undefined,
    isLocal: isLoopback(host),
    isSecure: fingerprint !== null,
    logPath: join(daemonDirectory(home, port), 'daemon.log'),
  };
}

async function configOf(options: StartOptions): Promise<DaemonConfig> {
  const home = homeDirectory();
  ensureHome(home);
  const head = options.join === undefined ? undefined : await resolveAddress(options.join);
  const port = options.port ?? (head === undefined ? headPortDefault : 0);
  const taken = port === 0 ? undefined : runningDaemons(home).find((daemon) => daemon.port === port);
  if (taken !== undefined) {
    const { url, pid } = taken.record;
    throw new ConnectionError(
      `Cannot listen on port ${port}: a daemon of yours runs at ${url} (process ${pid}); "gridbook stop --address ${new URL(url).host}" ends it`,
    );
  }
  const reached = head === undefined ? hostDefault : await reachHead(head);
  const { workers = availableParallelism(), resources = {}, labels = {}, insecure = false } = options;
  if ('cpus' in resources) {
    throw new InvalidArgumentError(
      'resources.cpus of a node is how many workers it has: give workers (--workers) instead',
    );
  }
  const { success, data, error } = daemonConfig.safeParse({
    home,
    host: options.host ?? reached,
    port,
    insecure,
    resources: { cpus: workers, ...resources },
    labels,
    logLevel: options.logLevel ?? 'info',
    join: head === undefined ? null : { ...head, fingerprint: head.fingerprint ?? null },
  });
  if (success) return data;
  const [issue] = error.issues;
  throw new InvalidArgumentError(`The option ${issue?.path.join('.')} is wrong: ${issue?.message}`);
}

/** Sees that the head is there and lets us in; gives our address on the way to it. */
async function reachHead(head: ResolvedAddress): Promise<string> {
  const { json, localAddress } = await askDaemon(head, { method: 'GET', path: '/v1/status' });
  const daemon: unknown = typeof json === 'object' && json !== null && 'daemon' in json ? json.daemon : undefined;
  const isHead = typeof daemon === 'object' && daemon !== null && 'head' in daemon && daemon.head === true;
  if (!isHead)
    throw new InvalidArgumentError(`The daemon at ${new URL(head.url).host} is no head: take the address of its head`);
  const plain = localAddress.replace(/^::ffff:/, '');
  return plain === '' || isLoopback(plain) ? hostDefault : plain;
}
