// The actors of a session as its cluster knows them: their names, and the calls of other sessions.
//
// A session that calls an actor opens a WebSocket to it by name. The head tells the session that has the name, which
// opens a connection of its own to meet the caller, and passes the bytes on between the two. Whoever has the actor is the
// server of that WebSocket, though it is the one who connects: it may be a program that nobody can reach.
//
// Owns: the names of this session and the ways from and to others. Does not own: what is said on them
//   (nested-tasks.ts and guest-actor.ts), whose a name is (the head).
//
// Invariants:
//   U1. A name is asked for again at each welcome, so that a new head knows it; it is given up when the actor is dead. A new
//       head may have given it to another session: then that is told.
//   U2. What comes on a way that cannot be read ends that way, and nothing else.
//   U3. A session at the other end may be busy for long and says nothing then. It is gone when the head, which passes on
//       what it says and looks after its session, is silent as well.
//   U4. When the session is closed no way is left, nor one that was just being opened.

import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { actorGone } from '../actor-names.ts';
import { ConnectionError, GridbookError, InvalidArgumentError } from '../errors.ts';
import { actorKey, controlVersion, type SessionToHead } from '../protocol/control-messages.ts';
import { openPeer, openStream, type PeerPlace, refusedStatus } from '../protocol/peer-connection.ts';
import { frameMessageBytesMax, WebSocketChannel } from '../protocol/websocket-channel.ts';
import type { ActorChannel, ClusterActors } from './cluster.ts';
import { askDaemon } from './worker-connection.ts';

/** How long the session that has an actor may take to meet its caller; the head gives up before. */
const openWaitMs = 15_000;

interface Name {
  readonly claim: PromiseWithResolvers<void>;
  /** A head has given it to this session. */
  isHeld: boolean;
}

type HeadPlace = Exclude<PeerPlace, { socket: string }>;

export class HeadActors implements ClusterActors {
  readonly #place: HeadPlace;
  readonly #say: (message: SessionToHead) => void;
  /** Each with who waits for the head's first word on it. */
  readonly #names = new Map<string, Name>();
  /** Names on which the head has not said its word. */
  readonly #asked = new Set<string>();
  readonly #ways = new Set<ActorChannel>();
  /** On the way to callers that wait to be met. */
  readonly #meeting = new Set<Duplex>();
  #isClosed = false;
  /** Called when `isAsking` may have changed. */
  onAsking: () => void = () => {};
  onCaller: (channel: ActorChannel) => void = (channel) => channel.close();
  onNameLost: (name: string, message: string) => void = () => {};

  constructor(place: HeadPlace, say: (message: SessionToHead) => void) {
    this.#place = place;
    this.#say = say;
  }

  claim(name: string): Promise<void> {
    const claim = Promise.withResolvers<void>();
    claim.promise.catch(() => {}); // whoever waits for it is told, too
    this.#names.set(name, { claim, isHeld: false });
    this.#setAsked(name, true);
    this.#say({ type: 'actor.claim', name });
    return claim.promise;
  }

  release(name: string): void {
    const known = this.#names.get(name);
    if (known === undefined) return;
    this.#names.delete(name);
    this.#setAsked(name, false);
    known.claim.reject(new InvalidArgumentError(`The actor "${name}" ended before it had its name`));
    this.#say({ type: 'actor.release', name });
  }

  /** Whether the head's word on a name is awaited. */
  get isAsking(): boolean {
    return this.#asked.size > 0;
  }

  #setAsked(name: string, isAsked: boolean): void {
    if (isAsked) this.#asked.add(name);
    else this.#asked.delete(name);
    this.onAsking();
  }

  /** U1 */
  onWelcome(): void {
    for (const name of this.#names.keys()) this.#say({ type: 'actor.claim', name });
  }

  onClaimed(name: string, error: string | null): void {
    const known = this.#names.get(name);
    this.#setAsked(name, false);
    if (known === undefined) return;
    if (error === null) {
      known.isHeld = true;
      known.claim.resolve();
      return;
    }
    this.#names.delete(name);
    if (known.isHeld)
      this.onNameLost(name, error); // U1
    else known.claim.reject(new InvalidArgumentError(error));
  }

  async open(name: string): Promise<ActorChannel> {
    const path = `/v1/actor/${actorKey(name)}`;
    try {
      const socket = await openPeer(this.#place, {
        path,
        messageBytesMax: frameMessageBytesMax,
        timeoutMs: openWaitMs,
      });
      if (this.#isClosed) {
        socket.terminate(); // U4
        throw new ConnectionError('Cannot call an actor: the session is closed');
      }
      return this.#keep(socket, 'client');
    } catch (error) {
      throw error instanceof ConnectionError && refusedStatus(error) === 404 ? actorGone(name) : error;
    }
  }

  /** Another session calls: it is met. */
  async onCalled(call: string): Promise<void> {
    let stream: Duplex;
    try {
      stream = await openStream(this.#place);
    } catch (error) {
      if (!(error instanceof GridbookError)) throw error;
      return; // the head tells the caller when nobody comes
    }
    if (this.#isClosed) {
      stream.destroy();
      return;
    }
    this.#meeting.add(stream); // U4
    stream.on('close', () => this.#meeting.delete(stream));
    const server = createServer();
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: frameMessageBytesMax });
    server.on('upgrade', (request: IncomingMessage, raw: Duplex, head: Buffer) => {
      sockets.handleUpgrade(request, raw, head, (peer) => {
        this.#meeting.delete(stream);
        if (this.#isClosed) peer.terminate();
        else this.onCaller(this.#keep(peer, 'server'));
      });
    });
    server.on('clientError', () => stream.destroy()); // U2: also when the head has nobody to meet
    stream.on('error', () => stream.destroy());
    const { host } = new URL(this.#place.url);
    const lines = [
      `GET /v1/actor-call/${encodeURIComponent(call)} HTTP/1.1`,
      `Host: ${host}`,
      `Authorization: Bearer ${this.#place.token}`,
      `X-Gridbook-Version: ${controlVersion}`,
      'Connection: Upgrade',
      'Upgrade: gridbook-actor',
    ];
    stream.write([...lines, '', ''].join('\r\n'));
    server.emit('connection', stream); // what comes back is the caller's own request
  }

  #keep(socket: WebSocket, side: 'client' | 'server'): ActorChannel {
    const channel = new WebSocketChannel(socket, side, { askWitness: () => askDaemon(this.#place) }); // U3
    const kept: ActorChannel = {
      copies: true,
      send: (frame) => channel.send(frame),
      onFrame: () => {},
      setBusy: (isBusy) => channel.setBusy(isBusy),
      onClose: () => {},
      close: () => channel.close(),
    };
    channel.setBusy(false);
    channel.onFrame = (frame) => kept.onFrame(frame);
    channel.onClose = (reason, isClean) => {
      this.#ways.delete(kept);
      kept.onClose(reason, isClean);
    };
    this.#ways.add(kept);
    return kept;
  }

  close(): void {
    this.#isClosed = true;
    for (const way of this.#ways) way.close();
    for (const stream of this.#meeting) stream.destroy();
    this.#names.clear();
  }
}
