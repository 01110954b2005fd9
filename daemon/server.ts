// The one listener of a daemon: HTTP and WebSocket on one port, by TLS when it has a certificate.
//
// Owns: sockets, limits, and who may pass. Does not own: what routes do.
//
// Invariants:
//   S1. Every request and every upgrade passes the guard before a route, a body or a frame is looked at.
//   S2. Before that, a connection costs at most its headers and five seconds (newcomers.ts).
//   S3. Whatever peers send, the daemon goes on: what a route throws is logged, and ends that request only.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer } from 'ws';
import { answer, readJson, refuse, refuseUpgrade } from './answers.ts';
import type { Certificate } from './certificates.ts';
import type { Guard } from './guard.ts';
import type { Logger } from './log.ts';
import { type NewcomerLimits, Newcomers } from './newcomers.ts';
import { listenError } from './port-check.ts';
import { RefusalLog } from './refusal-log.ts';
import { Router } from './router.ts';
import type { HttpRoute, Route, RouteAnswer, WebSocketRoute } from './service.ts';

const headerBytesMax = 16 * 1024;
const headersTimeoutMs = 5000;
const requestTimeoutMs = 30_000;
/** How long a client may take nothing of an answer that is streamed to it. */
const stallMaxMs = 60_000;

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** By TLS with this; undefined: in cleartext. */
  readonly certificate: Certificate | undefined;
  readonly newcomers?: NewcomerLimits;
  /** How long a client may take nothing of an answer that is streamed to it, in milliseconds. @default 60,000 */
  readonly stallMs?: number;
}

/** What a listener serves once everything behind it is there. */
export interface Serving {
  readonly guard: Guard;
  readonly routes: readonly Route[];
  readonly log: Logger;
}

interface Active {
  readonly guard: Guard;
  readonly router: Router;
  readonly log: Logger;
  readonly refusals: RefusalLog;
}

export class Listener {
  readonly #server: Server;
  readonly #newcomers: Newcomers;
  readonly #upgraded = new Set<Duplex>();
  readonly #webSockets = new Map<WebSocketRoute, WebSocketServer>();
  readonly #stallMs: number;
  #active: Active | undefined;
  #isStopping = false;

  private constructor(server: Server, { newcomers, stallMs = stallMaxMs }: ListenOptions) {
    this.#server = server;
    this.#stallMs = stallMs;
    this.#newcomers = new Newcomers(newcomers);
    server.on('connection', (socket: Socket) => this.#newcomers.add(socket));
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      this.#onRequest(request, response).catch((error: unknown) => this.#onFailure(error, request, response)); // S3
    };
    server.on('request', onRequest);
    // Otherwise a body would be asked for before the token was looked at.
    server.on('checkContinue', onRequest);
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#onUpgrade(request, socket, head),
    );
    server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Takes the port; connections are served from `serve` on. @throws ConnectionError when it cannot be had. */
  static async open(options: ListenOptions): Promise<Listener> {
    const { host, port, certificate } = options;
    const limits = {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 1000,
    };
    const server =
      certificate === undefined
        ? createServer(limits)
        : createSecureServer({
            ...limits,
            key: certificate.key,
            cert: certificate.cert,
            minVersion: 'TLSv1.3',
            handshakeTimeout: headersTimeoutMs,
          });
    const listener = new Listener(server, options);
    server.listen({ host, port, backlog: 4096 });
    try {
      await once(server, 'listening');
    } catch (cause) {
      listener.#newcomers.close();
      throw listenError(host, port, cause);
    }
    // Such as a connection that could not be taken for lack of descriptors (S3).
    server.on('error', (error) => listener.#active?.log.error({ err: error }, 'the listener failed'));
    return listener;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new TypeError('The listener has no port');
    return address.port;
  }

  /** The router's own table. */
  get routes(): readonly Route[] {
    return this.#active?.router.routes ?? [];
  }

  serve({ guard, routes, log }: Serving): void {
    for (const route of routes) {
      if (route.type !== 'websocket') continue;
      const { messageBytesMax } = route;
      const server = new WebSocketServer({
        noServer: true,
        maxPayload: messageBytesMax,
        perMessageDeflate: false,
        clientTracking: false,
      });
      this.#webSockets.set(route, server);
    }
    this.#active = { guard, router: new Router(routes), log, refusals: new RefusalLog(log) };
  }

  /** From now on only requests that change nothing are served; what is connected stays. */
  stopServing(): void {
    this.#isStopping = true;
  }

  /** Who does not pass, or a route with its parameters (S1). */
  #enter(request: IncomingMessage, isUpgrade: boolean): { refusal: Refused } | { entered: Entered } {
    const active = this.#active;
    if (active === undefined) return { refusal: { status: 503, message: 'the daemon is starting' } };
    const refusal = active.guard.refusalOf(request);
    if (refusal !== undefined) {
      active.refusals.add(request, refusal);
      return { refusal };
    }
    this.#newcomers.welcome(request.socket);
    const { method = '', url = '' } = request;
    if (this.#isStopping && (isUpgrade || method !== 'GET')) {
      return { refusal: { status: 503, message: 'the daemon is stopping' } };
    }
    const [pathname = ''] = url.split(/[?#]/, 1);
    const match = active.router.match(method, pathname, isUpgrade);
    if ('status' in match) return { refusal: match };
    const query = new URLSearchParams(url.slice(pathname.length));
    return { entered: { ...match, query, log: active.log } };
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    const way = this.#enter(request, false);
    if ('refusal' in way) return refuse(request, response, way.refusal.status, { error: way.refusal.message });
    const { route, params, query } = way.entered;
    if (route.type !== 'http') throw new TypeError(`${route.path} takes no requests`);
    if (request.headers.expect !== undefined) response.writeContinue();
    await this.#handle(route, params, query, request, response);
  }

  async #handle(
    route: HttpRoute,
    params: Readonly<Record<string, string>>,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const given = await readJson(request);
    if ('status' in given) return refuse(request, response, given.status, { error: given.message });
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answered = await route.handle({ params, query, body: given.body, signal: gone.signal });
    if ('stream' in answered) await sendStream(response, answered, this.#stallMs);
    else if (!response.destroyed) answer(response, answered.status, answered.json);
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const way = this.#enter(request, true);
    if ('refusal' in way) {
      refuseUpgrade(socket, way.refusal.status, { error: way.refusal.message });
      return;
    }
    const { route, params, log } = way.entered;
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
    if (route.type === 'websocket') {
      this.#webSockets.get(route)?.handleUpgrade(request, socket, head, (webSocket) => {
        // A frame that is refused is not read to its end, as `ws` would do for half a minute.
        webSocket.on('error', (error) => {
          log.debug({ path: route.path, error: error.message }, 'a peer was cut');
          webSocket.terminate();
        });
        guarded(log, route, socket, () => route.onOpen(webSocket, params));
      });
    } else if (route.type === 'pipe') {
      guarded(log, route, socket, () => route.onUpgrade(request, socket, head, params));
    }
  }

  #onFailure(error: unknown, { url, socket }: IncomingMessage, response: ServerResponse): void {
    this.#active?.log.error({ path: url?.slice(0, 200), error: textOf(error) }, 'a request failed');
    if (response.headersSent) socket.destroy();
    else answer(response, 500, { error: 'the daemon failed at this request; its log says why' });
  }

  /** Ends all connections, and waits until they are gone. */
  async close(): Promise<void> {
    this.#newcomers.close();
    this.#active?.refusals.close();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#upgraded) socket.destroy();
    this.#server.closeAllConnections();
    for (const server of this.#webSockets.values()) server.close();
    await closed;
  }
}

interface Entered {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly log: Logger;
}

interface Refused {
  readonly status: number;
  readonly message: string;
}

/** As fast as the peer takes it; a peer that goes away, or takes nothing, or a source that fails, ends this answer only. */
async function sendStream(
  response: ServerResponse,
  { status, stream, byteLength }: Extract<RouteAnswer, { stream: unknown }>,
  stallMs: number,
): Promise<void> {
  response.setTimeout(stallMs, () => response.destroy());
  response.writeHead(status, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': byteLength,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  await pipeline(stream, response).catch(() => response.destroy());
}

/** Runs the start of a route; what goes wrong there ends its connection (S3). */
function guarded(log: Logger, { path }: Route, socket: Duplex, start: () => void | Promise<void>): void {
  const onError = (error: unknown): void => {
    log.error({ path, error: textOf(error) }, 'a connection failed');
    socket.destroy();
  };
  try {
    Promise.resolve(start()).catch(onError);
  } catch (error) {
    onError(error);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
