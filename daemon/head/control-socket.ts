// The head's end of a control connection: JSON messages of one schema, a heartbeat, and why it ended.
//
// Invariants:
//   C1. What is not a message of the schema closes the connection, and nothing else.
//   C2. `onClose` is called once, and no message is handed out after it.

import type { WebSocket } from 'ws';
import type { ZodType } from 'zod';
import { Heartbeat } from '../../sdk/internal.ts';

/** Codes of RFC 6455, section 7.4.1. */
const closeCodes = { normal: 1000, goingAway: 1001, protocol: 1002 } as const;
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
  onMessage(message: M): void;
  onClose(end: PeerEnd): void;
}

export class ControlSocket<M> {
  readonly #socket: WebSocket;
  readonly #heartbeat: Heartbeat;
  #isOver = false;

  constructor(socket: WebSocket, schema: ZodType<M>, { onMessage, onClose }: ControlHandlers<M>) {
    this.#socket = socket;
    let heard = 0;
    for (const event of ['message', 'ping', 'pong'] as const) {
      socket.on(event, () => {
        heard++;
      });
    }
    socket.on('message', (data) => {
      if (this.#isOver) return;
      const message = parse(schema, String(data));
      if (message === undefined)
        socket.close(closeCodes.protocol, 'not a message of this protocol'); // C1
      else onMessage(message);
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

  /** Ends the connection; nothing more is heard of it. */
  close(why: string): void {
    this.#isOver = true;
    this.#heartbeat.stop();
    this.#socket.close(closeCodes.goingAway, why);
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
