// Passes the bytes of a connection on to a worker's Unix socket, and back.
//
// Owns: the connections that are piped. Does not own: who may have one (the listener), which worker (node.ts).
//
// Invariants:
//   Y1. Of the request only what opens a WebSocket goes on: no token, no cookie, no path reaches a worker.
//   Y2. Each side is read only as fast as the other takes it, and both end together.

import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The headers that a worker needs (Y1). */
const passedOn = [
  'upgrade',
  'connection',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'x-gridbook-version',
];

/** What a header's value may not hold: it would begin another header. */
const lineBreak = /[\r\n]/;

function requestFor(request: IncomingMessage): string {
  const lines = ['GET / HTTP/1.1', 'host: worker'];
  for (const name of passedOn) {
    const value = request.headers[name];
    if (typeof value === 'string' && !lineBreak.test(value)) lines.push(`${name}: ${value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Answers a request to upgrade with a refusal, and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: string, error: string): void {
  const body = JSON.stringify({ error });
  const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
  // A peer that keeps its side open is not waited for.
  socket.on('finish', () => socket.destroy());
}

export class WorkerPipes {
  readonly #open = new Set<{ client: Duplex; worker: Socket }>();

  get size(): number {
    return this.#open.size;
  }

  /** Takes a connection over; ends it in any case. */
  pipe(path: string, request: IncomingMessage, client: Duplex, head: Buffer): void {
    const worker = connect(path);
    const pair = { client, worker };
    this.#open.add(pair);
    const end = (): void => {
      this.#open.delete(pair);
      worker.destroy();
      client.destroy();
    };
    client.on('error', end);
    client.on('close', end);
    let failure = 'it is in use';
    worker.on('error', (error) => {
      failure = error.message;
    });
    worker.on('close', () => {
      // One that takes no connection, or no more of them, has said nothing, and is not heard of by the peer otherwise.
      if (worker.bytesRead > 0 || client.destroyed) return end();
      this.#open.delete(pair);
      client.off('close', end);
      client.unpipe(worker);
      refuseUpgrade(client, '502 Bad Gateway', `the worker cannot be reached: ${failure}`);
    });
    worker.on('connect', () => {
      worker.write(requestFor(request));
      if (head.length > 0) worker.write(head);
      worker.pipe(client, { end: false }); // Y2
      client.pipe(worker);
    });
  }

  close(): void {
    for (const { client, worker } of this.#open) {
      client.destroy();
      worker.destroy();
    }
    this.#open.clear();
  }
}
