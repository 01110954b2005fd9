// What a part of the daemon offers through its one listener: routes, each with the one way to reach it.
//
// The listener (server.ts) owns sockets, TLS, limits and authentication; whatever arrives here has passed them.

import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { WebSocket } from 'ws';

/** What a route is given; parameters are those that its path names with a colon. */
export interface RouteRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body as JSON; undefined when there was none. */
  readonly body: unknown;
  readonly signal: AbortSignal;
}

/** What a route answers: a status, and a value that is sent as JSON, or bytes that are streamed. */
export type RouteAnswer =
  | { readonly status: number; readonly json: unknown }
  | { readonly status: number; readonly stream: Readable; readonly byteLength: number };

/** A route that answers requests, such as `GET /v1/status`. */
export interface HttpRoute {
  readonly type: 'http';
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  handle(request: RouteRequest): RouteAnswer | Promise<RouteAnswer>;
}

/** A route that speaks WebSocket, such as `/v1/session`. */
export interface WebSocketRoute {
  readonly type: 'websocket';
  readonly path: string;
  /** The longest message that the peer may send, in bytes. */
  readonly messageBytesMax: number;
  onOpen(socket: WebSocket, params: Readonly<Record<string, string>>): void;
}

/** A route whose upgraded connection is passed on as bytes, such as `/v1/worker/:lease`. */
export interface PipeRoute {
  readonly type: 'pipe';
  readonly path: string;
  /**
   * Takes over the connection, the request that asked for it included; must end it in any case.
   *
   * @param head - what came after the request.
   */
  onUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    params: Readonly<Record<string, string>>,
  ): void | Promise<void>;
}

export type Route = HttpRoute | WebSocketRoute | PipeRoute;

/** A part of the daemon: the head, or the node. */
export interface Service {
  readonly routes: readonly Route[];
  /** What it says of itself in `GET /v1/status`. */
  status(): Record<string, unknown>;
  /** Ends it: what runs gets `graceMs` to end by itself, or less when it is called again. */
  close(graceMs: number): Promise<void>;
}
