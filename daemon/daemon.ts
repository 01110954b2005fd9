// A daemon: its listener, its identity, and the parts that do the work, opened and closed as one.
//
// Owns: the order of starting and stopping. Does not own: the process (daemon-process.ts), what the parts do.
//
// Invariants:
//   D1. Programs find the daemon exactly while it serves: its record is written last, and removed once nothing is served.
//   D2. A stop takes at most its grace and `closeMarginMs`, whatever a part does.
//   D3. A start that fails leaves nothing behind that runs: no part, no listener, no sockets.

import { randomUUID } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type DaemonRecord, ensureHome, hostAndPort, isLoopback, processStartOf } from '../sdk/internal.ts';
import { type Certificate, ensureCertificate } from './certificates.ts';
import type { DaemonConfig } from './config.ts';
import { daemonRoutes } from './daemon-routes.ts';
import { lockDirectory } from './directory-lock.ts';
import { forgetEndedDaemons } from './ended-daemons.ts';
import { Guard, isWildcard } from './guard.ts';
import {
  ensureDaemonDirectory,
  openSocketsDirectory,
  removeRecord,
  removeSockets,
  startingIn,
  writeRecord,
} from './home.ts';
import { type Logger, openLog, RotatingFile } from './log.ts';
import { Listener } from './server.ts';
import type { Route, Service } from './service.ts';
import { openServices } from './services.ts';
import { stopGraceMs } from './stop-grace.ts';
import { ensureToken, TokenCheck } from './tokens.ts';

/** What a stop takes beside that, at most. */
const closeMarginMs = 3000;

/** What the parts of a daemon are made with. */
export interface ServicePlace {
  readonly config: DaemonConfig;
  readonly log: Logger;
  readonly incarnation: string;
  /** A private directory for Unix sockets, removed with the daemon. */
  readonly socketsPath: string;
  /** The name of its node, for people. */
  readonly name: string;
  /** `http:` or `https:`, as programs on this machine reach it. */
  readonly url: string;
  /** `host:port` for other machines; null when only this machine reaches it. */
  readonly address: string | null;
  /** SHA-256 of its certificate, as hexadecimal pairs with colons; null without TLS. */
  readonly fingerprint: string | null;
  /** What a client shows to be let in; never to be logged, or passed to a task. */
  readonly token: string;
}

/** The parts of a daemon, by the names under which `GET /v1/status` has them. */
export type Services = Readonly<Record<string, Service>>;

export type OpenServices = (place: ServicePlace) => Services | Promise<Services>;

export interface DaemonOptions {
  /** @default the parts of a real daemon */
  readonly services?: OpenServices;
  /** Whether log lines go to standard error, too. @default false */
  readonly echo?: boolean;
}

/** A daemon that serves. */
export interface Daemon {
  readonly port: number;
  readonly record: DaemonRecord;
  readonly routes: readonly Route[];
  readonly log: Logger;
  /** Ends it; what runs gets `graceMs`. A second call ends it sooner if its grace is over sooner. */
  stop(graceMs: number): Promise<void>;
  /** When it has ended, also by `POST /v1/stop`. */
  readonly ended: Promise<void>;
}

/**
 * Opens a daemon.
 *
 * @throws ConnectionError when it cannot listen, AuthenticationError when its home directory is not the user's alone,
 *   ResourceError when nothing can be kept there.
 */
export function openDaemon(config: DaemonConfig, options: DaemonOptions = {}): Promise<Daemon> {
  return startingIn(config.home, () => open(config, options));
}

async function open(config: DaemonConfig, options: DaemonOptions): Promise<Daemon> {
  const { home, host } = config;
  ensureHome(home);
  const token = config.join?.token ?? ensureToken(home);
  const certificate = isLoopback(host) || config.insecure ? undefined : await ensureCertificate(home);
  const listener = await Listener.open({ host, port: config.port, certificate });
  return serve(config, options, listener, certificate, token);
}

async function serve(
  config: DaemonConfig,
  { services: openParts = openServices, echo = false }: DaemonOptions,
  listener: Listener,
  certificate: Certificate | undefined,
  token: string,
): Promise<Daemon> {
  await using undoing = new AsyncDisposableStack(); // D3
  undoing.defer(() => listener.close());
  const { home, host } = config;
  const { port } = listener;
  const directory = ensureDaemonDirectory(home, port);
  const unlock = lockDirectory(directory, port);
  undoing.defer(unlock);
  const file = new RotatingFile(join(directory, 'daemon.log'));
  undoing.defer(() => file.close());
  const log = openLog(file, { level: config.logLevel, secret: token, echo });
  forgetEndedDaemons(home, port, log);
  const incarnation = randomUUID();
  const record = recordOf(config, port, incarnation, certificate?.fingerprint);
  const socketsPath = openSocketsDirectory(directory);
  undoing.defer(() => removeSockets(directory));
  const services = await openParts({
    config,
    log,
    incarnation,
    socketsPath,
    name: `${hostname()}:${port}`,
    url: record.url,
    address: isReachedFrom(config) ? record.address : null,
    fingerprint: record.fingerprint,
    token,
  });
  const closeAll = (graceMs: number): Promise<unknown> =>
    Promise.all(
      Object.values(services).map((service) =>
        closed(service, graceMs).catch((error: unknown) => log.error({ error: String(error) }, 'a part did not close')),
      ),
    );
  undoing.defer(async () => void (await closeAll(0)));

  const ended = Promise.withResolvers<void>();
  let isStopping = false;
  let isClosed = false;
  const hurry = Promise.withResolvers<void>();
  const limits: NodeJS.Timeout[] = [];
  const stop = async (graceMs: number): Promise<void> => {
    if (isClosed) return ended.promise;
    limits.push(setTimeout(() => hurry.resolve(), graceMs + closeMarginMs));
    if (isStopping) {
      void closeAll(graceMs);
      return ended.promise;
    }
    isStopping = true;
    log.info({ graceMs }, 'stopping');
    listener.stopServing();
    await Promise.race([closeAll(graceMs), hurry.promise]); // D2
    isClosed = true;
    limits.forEach(clearTimeout);
    await listener.close();
    removeSockets(directory);
    removeRecord(directory, incarnation); // D1
    unlock();
    log.info('stopped');
    file.close();
    ended.resolve();
  };
  const state = { record, log, services, isStopping: () => isStopping, stop: () => void stop(stopGraceMs) };
  const isSecure = certificate !== undefined;
  const routes = [...daemonRoutes(state), ...Object.values(services).flatMap((service) => service.routes)];
  const guard = new Guard({ token: new TokenCheck(token), host, port, isSecure });
  listener.serve({ guard, routes, log });
  writeRecord(directory, record, config.join === null ? undefined : token); // D1
  log.info({ url: record.url, pid: process.pid, incarnation, head: record.head, isSecure }, 'started');
  if (!isSecure && !isLoopback(host)) log.warn('speaks in cleartext: whoever listens on the network gets the token');
  undoing.move(); // from here on it is `stop` that ends it
  return { port, record, routes, log, stop, ended: ended.promise };
}

async function closed(service: Service, graceMs: number): Promise<void> {
  await service.close(graceMs);
}

function recordOf(
  config: DaemonConfig,
  port: number,
  incarnation: string,
  fingerprint: string | undefined,
): DaemonRecord {
  const { host } = config;
  const scheme = fingerprint === undefined ? 'http' : 'https';
  const here = isWildcard(host) ? '127.0.0.1' : host;
  return {
    pid: process.pid,
    processStart: processStartOf(process.pid),
    url: `${scheme}://${hostAndPort(here, port)}`,
    address: hostAndPort(isWildcard(host) ? outsideHost() : host, port),
    fingerprint: fingerprint ?? null,
    incarnation,
    startedAt: new Date().toISOString(),
    head: config.join === null,
  };
}

/** By what other machines may reach one that listens on all of its addresses. */
function outsideHost(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? hostname();
}

/** Whether a node's address means it where its head is: one that only its own machine reaches means another one there. */
function isReachedFrom({ host, join: head }: DaemonConfig): boolean {
  return head === null || !isLoopback(host) || isLoopback(new URL(head.url).hostname);
}
