// A channel between two threads: a MessagePort.
//
// Owns: how a frame crosses a port. Callers: the embedded cluster outside the thread, worker-main.ts inside it.
//
// Invariants:
//   P1. Both sides encode every message as a network would; only the memory is handed over instead of written out.
//   P2. Memory of a frame that is given back travels to the other side with the next frame, and is used for frames there. At
//       most `spareMax` such pieces wait at either side.

import type { Transferable } from 'node:worker_threads';
import type { Channel, Frame } from './channel.ts';

/** Up to here a copy is cheaper than moving the buffer to the other thread. */
const copyBytesMax = 2048;

/** Memory that is smaller is not worth giving back, and larger memory is too much to keep. */
const spareBytesMin = 16 * 1024;
const spareBytesMax = 1024 * 1024;
/** So many pieces are kept (P2). */
const spareMax = 4;

const noShared: readonly Uint8Array[] = [];

/** What a MessagePort and a Worker have in common. */
export interface Port {
  postMessage(value: unknown, transfer?: readonly Transferable[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  ref(): void;
  unref(): void;
}

export class PortChannel implements Channel {
  readonly #port: Port;
  /** Memory that goes back to the other side, and that came back from there (P2). */
  #returns: ArrayBuffer[] = [];
  readonly #spare: ArrayBuffer[] = [];
  onFrame: (frame: Frame) => void = () => {};

  constructor(port: Port) {
    this.#port = port;
    port.on('message', (message: unknown) => this.onFrame(this.#frameOf(message)));
  }

  send({ bytes, shared }: Frame): void {
    const small = bytes.byteLength <= copyBytesMax;
    // A copy takes the whole buffer along, so a small frame in a large buffer is cut out first.
    const sent = small && bytes.buffer.byteLength > copyBytesMax ? bytes.slice() : bytes;
    const returns = this.#returns;
    if (returns.length > 0) this.#returns = [];
    const isAlone = shared.length === 0 && returns.length === 0;
    const moved = small ? returns : [sent.buffer, ...returns];
    this.#port.postMessage(isAlone ? sent : [sent, ...shared, ...returns], moved);
  }

  recycle({ bytes: { buffer } }: Frame): void {
    const { byteLength } = buffer;
    if (byteLength < spareBytesMin || byteLength > spareBytesMax || byteLength % 8 > 0) return;
    if (this.#returns.length < spareMax) this.#returns.push(buffer); // P2
  }

  takeMemory(byteLengthMin: number): ArrayBuffer | undefined {
    if (byteLengthMin < spareBytesMin) return undefined;
    const memory = this.#spare.pop();
    return memory !== undefined && memory.byteLength >= byteLengthMin ? memory : undefined;
  }

  setBusy(busy: boolean): void {
    if (busy) this.#port.ref();
    else this.#port.unref();
  }

  #frameOf(message: unknown): Frame {
    if (isBytes(message)) return { bytes: message, shared: noShared };
    if (!Array.isArray(message)) return unreadable;
    const [bytes, ...others]: unknown[] = message;
    const shared: Uint8Array[] = [];
    for (const part of others) {
      if (part instanceof Uint8Array) shared.push(part);
      else if (!(part instanceof ArrayBuffer)) return unreadable;
      else if (this.#spare.length < spareMax) this.#spare.push(part); // P2
    }
    return isBytes(bytes) ? { bytes, shared } : unreadable;
  }
}

/** A task can post anything to its parent; whoever reads the frame finds that it is none, and ends the worker. */
const unreadable: Frame = { bytes: new Uint8Array(0), shared: noShared };

function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array && value.buffer instanceof ArrayBuffer;
}
