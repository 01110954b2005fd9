// The head's end of a control connection: JSON messages of one schema, a heartbeat, and why it ended.
//
// Invariants:
//   C1. What is not a message of the schema, or not in its place, closes the connection, and nothing else.
//   C2. `onClose` is called once, unless `close` was, and no message is handed out after it or after a refusal.
//   C3. Where a message needs what the system does not give, its peer loses the connection. A mistake of ours goes on.

import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { ZodType } from 'zod';
import { Heartbeat } from '../../sdk/internal.ts';

/** Codes of RFC 6455, section 7.4.1. */
const closeCodes = { normal: 1000, goingAway: 1001, protocol: 1002, internal: 1011 } as const;
/** How long a peer is waited for that was told that the connection ends. */
const closeWaitMs = 1000;
/** What waits to be sent to a peer that does not read, at most; then it is cut. */
const bufferedBytesMax = 8 * 1024 * 1024;

/**
 * How a connection ended: the peer said so; its end was seen at once, as that of its process is; or it was silent, or its
 * end is old, so that the peer may be there still.
 */
export type PeerEnd = 'said' | 'seen' | 'silent';

export interface ControlHandlers<M> {
  readonly log: Logger;
  onMessage(message: M): void;
  onClose(end: PeerEnd): void;
}

export class ControlSocket<M> {
  readonly #socket: WebSocket;
  readonly #heartbeat: Heartbeat;
  #isRefused = false;
  #isOver = false;

  constructor(socket: WebSocket, schema: ZodType<M>, { log, onMessage, onClose }: ControlHandlers<M>) {
    this.#socket = socket;
    let heard = 0;
    for (const event of ['message', 'ping', 'pong'] as const) {
      socket.on(event, () => {
        heard++;
      });
    }
    socket.on('message', (data) => {
      if (this.#isOver || this.#isRefused) return; // C2
      const message = parse(schema, String(data));
      if (message === undefined) {
        this.refuse('not a message of this protocol'); // C1
        return;
      }
      try {
        onMessage(message);
      } catch (error) {
        if (!(error instanceof Error && 'syscall' in error)) throw error; // C3
        log.error({ err: error }, 'what a peer said could not be done; it is cut');
        this.#refuse(closeCodes.internal, 'the head could not do it; its log says why');
      }
    });
    this.#heartbeat = new Heartbeat({
      lifeSign: () => heard,
      ask: () => socket.ping(),
      onSuspected: () => {},
      onDead: () => socket.terminate(),
    });
    socket.on('close', (code) => {
      this.#heartbeat.stop();
      if (this.#isOver) return; // C2
      this.#isOver = true;
      const { isSteady } = this.#heartbeat;
      onClose(code === closeCodes.normal ? 'said' : isSteady ? 'seen' : 'silent');
    });
  }

  send(message: object): void {
    if (this.#isOver) return;
    if (this.#socket.bufferedAmount > bufferedBytesMax) this.#socket.terminate();
    else this.#socket.send(JSON.stringify(message));
  }

  /** Ends the connection of a peer that does not keep to the protocol (C1). */
  refuse(why: string): void {
    this.#refuse(closeCodes.protocol, why);
  }

  #refuse(code: number, why: string): void {
    this.#isRefused = true;
    this.#end(code, why);
  }

  /** Ends the connection; nothing more is heard of it, `onClose` neither. */
  close(why: string): void {
    this.#isOver = true;
    this.#heartbeat.stop();
    this.#end(closeCodes.goingAway, why);
  }

  #end(code: number, why: string): void {
    this.#socket.close(code, why);
    setTimeout(() => this.#socket.terminate(), closeWaitMs).unref();
  }
}

function parse<M>(schema: ZodType<M>, text: string): M | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  return schema.safeParse(json).data;
}
