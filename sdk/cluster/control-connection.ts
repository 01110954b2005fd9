// A session's control connection to its head: messages about leases, and coming back after it was cut.
//
// Owns: the WebSocket, its heartbeat, reconnection. Does not own: what the messages mean (head-cluster.ts).
//
// Invariants:
//   K1. Messages that were not sent because the connection was down are not kept: after each welcome, whoever uses it says
//       anew what it wants.
//   K2. The head hears of a session four times a second, so that it knows within that when a silence began: a session may
//       stand still for 8 s, and one that does for good has lost its leases after 10 s.
//   K3. A head that is silent for 3 s is connected to anew: a way that was cut may be there again long before the old
//       connection notices. The leases that the session names then still hold.

import type { WebSocket } from 'ws';
import { AuthenticationError, ConnectionError, VersionError } from '../errors.ts';
import {
  controlBytesMax,
  type HeadToSession,
  headToSession,
  type SessionToHead,
} from '../protocol/control-messages.ts';
import { Heartbeat, lookMs } from '../protocol/heartbeat.ts';
import { openPeer, type PeerPlace } from '../protocol/peer-connection.ts';

/** How long a head is waited for that was told that the connection ends. */
const closeWaitMs = 1000;
const retryLeastMs = 100;
const retryMostMs = 2000;

export interface ControlConnectionOptions {
  readonly place: PeerPlace;
  /** What to say first on every connection. */
  hello(): SessionToHead;
  onMessage(message: HeadToSession): void;
  /** Called when the connection is cut, with what is known of why; it is opened again by itself. */
  onCut(reason: string): void;
}

export class ControlConnection {
  readonly #options: ControlConnectionOptions;
  #socket: WebSocket | undefined;
  #retryMs = retryLeastMs;
  #retry: NodeJS.Timeout | undefined;
  #heartbeat: Heartbeat | undefined;
  /** Counts what arrives. */
  #heard = 0;
  #busy = false;
  #closed = false;

  constructor(options: ControlConnectionOptions) {
    this.#options = options;
  }

  /** Whether messages can be sent now. */
  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /** Opens the connection. @throws ConnectionError, AuthenticationError or VersionError when the head cannot be had. */
  async open(): Promise<void> {
    const socket = await openPeer(this.#options.place, { path: '/v1/session', messageBytesMax: controlBytesMax });
    if (this.#closed) {
      socket.terminate();
      return;
    }
    this.#socket = socket;
    socket.on('message', (data) => this.#onMessage(String(data)));
    socket.on('pong', () => {
      this.#heard++;
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', (code, reason) => this.#onClose(socket, reason.toString() || `with code ${code}`));
    this.#heartbeat = new Heartbeat({
      lifeSign: () => this.#heard,
      ask: () => socket.ping(),
      onSuspected: (isSuspected) => {
        if (isSuspected) socket.terminate(); // K3
      },
      onDead: () => {},
      beatMs: lookMs, // K2
    });
    this.#keepAlive();
    this.send(this.#options.hello());
  }

  #onMessage(text: string): void {
    this.#heard++;
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      this.#socket?.close(1002, 'not JSON');
      return;
    }
    const { success, data } = headToSession.safeParse(json);
    if (!success) {
      this.#socket?.close(1002, 'not a message of a head');
      return;
    }
    // It lets us in and speaks our language: the next cut is answered at once again.
    if (data.type === 'session.welcome') this.#retryMs = retryLeastMs;
    this.#options.onMessage(data);
  }

  #onClose(socket: WebSocket, reason: string): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#heartbeat?.stop();
    if (this.#closed) return;
    this.#options.onCut(reason);
    this.#retryLater();
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => void this.#reopen(), this.#retryMs * (0.5 + Math.random() / 2));
    this.#retryMs = Math.min(retryMostMs, this.#retryMs * 2);
    this.#keepAlive();
  }

  async #reopen(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      // Another head may have taken the place; it is asked again all the same, for this one may come back.
      const known =
        error instanceof ConnectionError || error instanceof AuthenticationError || error instanceof VersionError;
      if (!known) throw error;
      if (!this.#closed) this.#retryLater();
    }
  }

  /** K1 */
  send(message: SessionToHead): void {
    this.#socket?.send(JSON.stringify(message));
  }

  /** Whether the connection keeps the process running. */
  setBusy(busy: boolean): void {
    if (this.#busy === busy) return;
    this.#busy = busy;
    this.#keepAlive();
  }

  #keepAlive(): void {
    // `ws` has no public way to the socket that says whether the process waits for it.
    const raw: unknown = this.#socket === undefined ? undefined : Reflect.get(this.#socket, '_socket');
    for (const handle of [raw, this.#retry]) setRef(handle, this.#busy);
  }

  /** Ends the connection; resolves when the head has taken what was sent, or does not answer in a second. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#heartbeat?.stop();
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (socket === undefined) return;
    const ended = new Promise((resolve) => socket.once('close', resolve));
    const timer = setTimeout(() => socket.terminate(), closeWaitMs);
    socket.close(1000);
    await ended;
    clearTimeout(timer);
  }
}

function setRef(handle: unknown, isBusy: boolean): void {
  if (typeof handle !== 'object' || handle === null) return;
  const method: unknown = Reflect.get(handle, isBusy ? 'ref' : 'unref');
  if (typeof method === 'function') Reflect.apply(method, handle, []);
}
