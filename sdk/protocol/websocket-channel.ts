// A channel over a WebSocket: between a session and a worker process, on one machine or through daemons.
//
// Owns: the queue of what was not given to the socket yet, the heartbeat, when and why the connection ended.
// Does not own: opening connections (peer-connection.ts), what frames mean.
// Callers: worker-connection.ts on the session's side, worker-process-main.ts on the other.
//
// Invariants:
//   W1. Frames leave in the order of sending, whole; a frame may be cut into pieces, with nothing between them but pings.
//   W2. At most `bufferedBytesMax` are given to the socket and not taken by the system; the rest waits here, where
//       nothing is copied.
//   W3. A worker whose peer does not take what it says takes no more work: it stops reading until it has room again. Only
//       one side does so, or two could wait for each other.
//   W4. `onClose` is called once, and `onFrame` not after it; who wants what a peer says later takes it by `abandon`. What a
//       peer sends that cannot be read closes that peer's connection, and nothing else.
//   W5. A peer that may be busy is not dead because it is silent: it is when its witness is silent as well.

import type { WebSocket } from 'ws';
import type { Channel, Frame } from './channel.ts';
import { frameMessageBytesMax, messageBytesOf, messagePieces, readMessage } from './frame-message.ts';
import { Heartbeat } from './heartbeat.ts';

export { frameMessageBytesMax } from './frame-message.ts';

/** How much one peer's socket may hold that the system has not taken, in bytes. */
export const bufferedBytesMax = 8 * 1024 * 1024;

/** How long a peer is waited for that was told that the connection ends, in milliseconds. */
const closeWaitMs = 2000;

/** How long a peer that was abandoned may still say something, in milliseconds: no longer than `ws` waits for its goodbye. */
export const abandonedMs = 30_000;

/** The longest reason that a WebSocket's closing can carry, in bytes. */
const closeReasonBytesMax = 123;

/** Codes of RFC 6455, section 7.4.1. */
const closeCodes = { normal: 1000, leaving: 1001, protocol: 1002, kind: 1003 } as const;

/** For the `generateMask` option of a client: a mask of zeros, which `ws` does not apply. The mask protects no secret. */
export function zeroMask(mask: Buffer): void {
  mask.fill(0);
}

export interface WebSocketChannelOptions {
  /**
   * Whether the peer answers at all times. One that runs users' functions does not while such a function runs, so that
   * its silence says nothing: it is told of by `onSuspected` and never taken for dead. @default false
   */
  readonly peerAlwaysAnswers?: boolean;
  /**
   * Asks whoever stands for a peer that does not answer while it runs a function: its machine's daemon. Fulfils when that
   * one is there. Asked while the peer is silent; when both are silent for 5 s, the peer counts as dead.
   */
  readonly askWitness?: (() => Promise<void>) | undefined;
}

/** A piece of a frame that waits for room in the socket. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

export class WebSocketChannel implements Channel {
  readonly copies = true;
  readonly #socket: WebSocket;
  readonly #pausesWhenFull: boolean;
  readonly #heartbeat: Heartbeat;
  readonly #askWitness: (() => Promise<void>) | undefined;
  /** How often the witness was there. */
  #witnessed = 0;
  #isPeerSilent = false;
  #witness: 'not needed' | 'wanted' | 'asked' = 'not needed';
  #waiting: Piece[] = [];
  #waitingNext = 0;
  #waitingBytes = 0;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #onLate: ((frame: Frame) => void) | undefined;
  #ending: NodeJS.Timeout | undefined;
  onFrame: (frame: Frame) => void = () => {};
  /**
   * Called once, when the connection is over.
   *
   * @param isClean - the peer, or this side, ended it by intent and said so.
   */
  onClose: (reason: string, isClean: boolean) => void = () => {};
  /** Called when the peer has been silent for 3 s, and when it speaks again. */
  onSuspected: (isSuspected: boolean) => void = () => {};

  /**
   * @param socket - an open WebSocket, without compression.
   * @param side - `client` for the side of the session, `server` for that of the worker.
   */
  constructor(socket: WebSocket, side: 'client' | 'server', options: WebSocketChannelOptions = {}) {
    this.#socket = socket;
    this.#pausesWhenFull = side === 'server';
    this.#askWitness = options.askWitness;
    socket.binaryType = 'fragments';
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    let failure = '';
    socket.on('error', (error) => {
      failure = error.message;
    });
    socket.on('close', (code, reason) => {
      const said = reason.toString() || `the connection was closed with code ${code}`;
      this.#finish(failure || said, failure === '' && code === closeCodes.normal);
    });
    this.#heartbeat = new Heartbeat({
      lifeSign: () => this.#lifeSign() + this.#witnessed,
      // What waits to be sent asks as well.
      ask: () => {
        if (socket.readyState === socket.OPEN && socket.bufferedAmount === 0) socket.ping();
        this.#callWitness();
      },
      onSuspected: (isSuspected) => {
        this.#witness = isSuspected ? 'wanted' : 'not needed';
        this.onSuspected(isSuspected);
      },
      onDead: () => {
        if (options.peerAlwaysAnswers !== true && options.askWitness === undefined) return;
        this.#isPeerSilent = true;
        this.#finish('the peer has been silent for 5 s', false);
        if (this.#onLate === undefined) this.#terminateAfter(closeWaitMs); // whose end it is may still abandon it
      },
    });
    if (socket.readyState !== socket.OPEN) queueMicrotask(() => this.#finish('the connection was closed', false));
  }

  /** Whether the connection ended because the peer, and whoever stands for it, were silent. */
  get isPeerSilent(): boolean {
    return this.#isPeerSilent;
  }

  /** How many bytes were sent and not taken by the system: of these, what is above `bufferedBytesMax` waits here. */
  get bufferedBytes(): number {
    return this.#waitingBytes + this.#socket.bufferedAmount;
  }

  /** Sends a frame. After the end it goes nowhere: whoever ends a connection, or loses it, knows what was unanswered. */
  send(frame: Frame): void {
    if (this.#state !== 'open') return;
    if (messageBytesOf(frame) > frameMessageBytesMax) {
      const limit = `a frame and its objects may have ${frameMessageBytesMax} bytes`;
      this.#fail(closeCodes.protocol, `Cannot send ${messageBytesOf(frame)} bytes at once: ${limit}`);
      return;
    }
    const pieces = messagePieces(frame);
    const last = pieces.length - 1;
    for (let i = 0; i <= last; i++) {
      const bytes = pieces[i]!;
      this.#waiting.push({ bytes, isLast: i === last }); // W1
      this.#waitingBytes += bytes.byteLength;
    }
    this.#pump();
  }

  /** W2 */
  #pump(): void {
    const socket = this.#socket;
    while (this.#waitingNext < this.#waiting.length) {
      const { bytes, isLast } = this.#waiting[this.#waitingNext]!;
      if (socket.readyState !== socket.OPEN) return;
      const { bufferedAmount } = socket;
      if (bufferedAmount > 0 && bufferedAmount + bytes.byteLength > bufferedBytesMax) {
        if (this.#pausesWhenFull && !socket.isPaused) socket.pause(); // W3
        return;
      }
      this.#waitingNext++;
      this.#waitingBytes -= bytes.byteLength;
      socket.send(bytes, { binary: true, fin: isLast }, this.#onWritten);
    }
    this.#waiting = [];
    this.#waitingNext = 0;
    if (socket.isPaused) socket.resume();
    if (this.#state === 'closing') this.#sayGoodbye();
  }

  readonly #onWritten = (): void => {
    if (this.#waiting.length > 0) this.#pump();
  };

  #onMessage(data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean): void {
    const onFrame = this.#state === 'closed' ? this.#onLate : this.onFrame; // W4
    if (onFrame === undefined) return;
    if (!isBinary || !Array.isArray(data)) {
      this.#fail(closeCodes.kind, 'Cannot read a message: it is text');
      return;
    }
    try {
      onFrame(readMessage(data));
    } catch (error) {
      this.#fail(closeCodes.protocol, error instanceof Error ? error.message : String(error));
    }
  }

  /** W5 */
  #callWitness(): void {
    if (this.#askWitness === undefined || this.#witness !== 'wanted') return;
    this.#witness = 'asked';
    const again = (): void => {
      if (this.#witness === 'asked') this.#witness = 'wanted';
    };
    this.#askWitness().then(() => {
      this.#witnessed++;
      again();
    }, again);
  }

  /** While this side does not read, that the peer takes what is written is all that can be seen of it. */
  #lifeSign(): number {
    const raw = rawSocketOf(this.#socket);
    if (this.#socket.isPaused) return numberIn(raw, 'bytesWritten') - numberIn(raw, 'writableLength');
    return numberIn(raw, 'bytesRead');
  }

  setBusy(busy: boolean): void {
    callOn(rawSocketOf(this.#socket), busy ? 'ref' : 'unref');
  }

  /** Ends the connection when what was sent has left; a peer that does not answer is waited for 2 s. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#terminateAfter(closeWaitMs);
    if (this.#waiting.length === 0) this.#sayGoodbye();
  }

  #sayGoodbye(): void {
    this.#socket.close(closeCodes.normal);
  }

  /** W4 */
  #fail(code: number, reason: string): void {
    const said = Buffer.from(reason)
      .subarray(0, closeReasonBytesMax)
      .toString()
      .replace(/\uFFFD$/, '');
    this.#finish(reason, false);
    // What the peer answers is read, also where reading had paused.
    if (this.#socket.isPaused) this.#socket.resume();
    this.#socket.close(code, said);
    this.#terminateAfter(closeWaitMs);
  }

  /**
   * Ends the connection to a peer that may not know that it is over, such as one that stood still.
   *
   * @param onLate - called for what it still sends until it has heard of it, or the time is over (W4).
   * @returns when the connection is closed.
   */
  abandon(onLate: (frame: Frame) => void): Promise<void> {
    const socket = this.#socket;
    const closed = Promise.withResolvers<void>();
    if (socket.readyState === socket.CLOSED) closed.resolve();
    socket.once('close', () => closed.resolve());
    this.#onLate = onLate;
    this.#finish('the connection was given up', false);
    // One that has not even taken what it was sent would keep that in memory.
    if (socket.bufferedAmount > 0) {
      socket.terminate();
      return closed.promise;
    }
    socket.close(closeCodes.leaving);
    // The process need not wait for its answer, and `ws` would.
    this.setBusy(false);
    callOn(Reflect.get(socket, '_closeTimer'), 'unref');
    this.#terminateAfter(abandonedMs);
    return closed.promise;
  }

  /** Ends the connection at once. */
  terminate(): void {
    this.#socket.terminate();
  }

  #terminateAfter(waitMs: number): void {
    clearTimeout(this.#ending);
    // Not kept waiting for: when the process ends, the connection does as well.
    const timer = setTimeout(() => this.#socket.terminate(), waitMs);
    timer.unref();
    this.#ending = timer;
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #finish(reason: string, isClean: boolean): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#heartbeat.stop();
    this.#waiting = [];
    this.#waitingNext = 0;
    this.#waitingBytes = 0;
    this.onClose(reason, isClean);
  }
}

/** `ws` has no public way to the socket underneath. */
function rawSocketOf(socket: WebSocket): object | undefined {
  const raw: unknown = Reflect.get(socket, '_socket');
  return typeof raw === 'object' && raw !== null ? raw : undefined;
}

/** Calls what may not be there. */
function callOn(value: unknown, name: 'ref' | 'unref'): void {
  const method: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  if (typeof method === 'function') Reflect.apply(method, value, []);
}

function numberIn(value: object | undefined, name: string): number {
  const found: unknown = value === undefined ? undefined : Reflect.get(value, name);
  return typeof found === 'number' ? found : 0;
}
