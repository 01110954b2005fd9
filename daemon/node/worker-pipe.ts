// Passes the bytes of a connection on to a worker's Unix socket, and back.
//
// Owns: the connections that are piped. Does not own: who may have one (the listener), which worker (node.ts).
//
// Invariants:
//   Y1. Of the request only what opens a WebSocket goes on (upgrade-request.ts).
//   Y2. Each side is read only as fast as the other takes it, and both end together.

import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { refuseUpgrade } from '../answers.ts';
import { upgradeRequest } from '../upgrade-request.ts';

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
      refuseUpgrade(client, 502, { error: `the worker cannot be reached: ${failure}` });
    });
    worker.on('connect', () => {
      worker.write(upgradeRequest(request, '/', 'worker')); // Y1
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
