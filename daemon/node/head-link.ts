// A node's connection to its head over the network, which comes back by itself for as long as the node runs.
//
// Owns: the WebSocket, its heartbeat, when it is tried again. Does not own: how it is opened, what messages mean.
//
// Invariants:
//   J1 of head-connection.ts. Further:
//   J2. A head that is silent for 5 s is dead; a stall of this process is no silence (T1 of heartbeat.ts).
//   J3. What is not a message of a head closes the connection, and nothing else; it is tried again like any other.

import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { type HeadToNode, Heartbeat, headToNode, type NodeToHead } from '../../sdk/internal.ts';
import type { HeadConnection } from './head-connection.ts';

const retryLeastMs = 100;
const retryMostMs = 5000;
/** How long a head is waited for that was told that the connection ends, in milliseconds. */
const closeWaitMs = 1000;

export interface HeadLinkOptions {
  /** Opens a WebSocket to the head's `/v1/node`; rejects when it cannot. */
  open(): Promise<WebSocket>;
  readonly log: Logger;
}

export class HeadLink implements HeadConnection {
  readonly #options: HeadLinkOptions;
  #socket: WebSocket | undefined;
  #retryMs = retryLeastMs;
  #retry: NodeJS.Timeout | undefined;
  #heartbeat: Heartbeat | undefined;
  #state: 'new' | 'running' | 'closed' = 'new';
  onOpen: () => void = () => {};
  onMessage: (message: HeadToNode) => void = () => {};
  onClose: () => void = () => {};

  constructor(options: HeadLinkOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    void this.#open();
  }

  async #open(): Promise<void> {
    let socket: WebSocket;
    try {
      socket = await this.#options.open();
    } catch (error) {
      if (this.#state === 'closed') return;
      this.#options.log.warn({ err: error }, 'the head cannot be reached; it is tried again');
      this.#retryLater();
      return;
    }
    socket.on('error', () => {}); // 'close' follows
    if (this.#state === 'closed') {
      socket.terminate();
      return;
    }
    if (socket.readyState !== socket.OPEN) {
      this.#retryLater();
      return;
    }
    this.#socket = socket;
    let heard = 0;
    for (const event of ['message', 'ping', 'pong'] as const) {
      socket.on(event, () => {
        heard++;
      });
    }
    socket.on('message', (data) => this.#onText(socket, String(data)));
    socket.on('close', (code, reason) => this.#onSocketClose(socket, code, String(reason)));
    this.#heartbeat = new Heartbeat({
      lifeSign: () => heard,
      ask: () => {
        if (socket.readyState === socket.OPEN) socket.ping();
      },
      onSuspected: (isSuspected) => {
        if (isSuspected) this.#options.log.warn('the head has been silent for 3 s');
      },
      onDead: () => socket.terminate(), // J2
    });
    this.onOpen();
  }

  #onText(socket: WebSocket, text: string): void {
    if (this.#socket !== socket) return;
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      socket.close(1002, 'not JSON'); // J3
      return;
    }
    const { success, data } = headToNode.safeParse(json);
    if (!success) {
      socket.close(1002, 'not a message of a head'); // J3
      return;
    }
    // It is a head that speaks our language: the next cut is answered at once again.
    this.#retryMs = retryLeastMs;
    this.onMessage(data);
  }

  #onSocketClose(socket: WebSocket, code: number, reason: string): void {
    if (this.#socket !== socket) return;
    if (this.#state !== 'closed') this.#options.log.warn({ code, reason }, 'the connection to the head has ended');
    this.#socket = undefined;
    this.#heartbeat?.stop();
    this.onClose();
    if (this.#state !== 'closed') this.#retryLater();
  }

  #retryLater(): void {
    // Nodes that lost the same head do not come back all at the same time.
    const waitMs = this.#retryMs * (0.5 + Math.random() / 2);
    this.#retryMs = Math.min(retryMostMs, this.#retryMs * 2);
    this.#retry = setTimeout(() => void this.#open(), waitMs);
  }

  send(message: NodeToHead): void {
    const socket = this.#socket;
    if (socket?.readyState === socket?.OPEN) socket?.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#retry);
    this.#heartbeat?.stop();
    const socket = this.#socket;
    if (socket === undefined) return;
    const closed = Promise.withResolvers<void>();
    socket.once('close', () => closed.resolve());
    socket.close(1000);
    const timer = setTimeout(() => socket.terminate(), closeWaitMs);
    await closed.promise;
    clearTimeout(timer);
  }
}
