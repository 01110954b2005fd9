// A channel between two threads: a MessagePort.
//
// Owns: how a frame crosses a port. Callers: the embedded cluster outside the thread, worker-main.ts inside it.
//
// Invariants:
//   P1. Both sides encode every message as a network would; only the memory is handed over instead of written out.

import type { Transferable } from 'node:worker_threads';
import type { Channel, Frame } from './channel.ts';

/** Up to here a copy is cheaper than moving the buffer to the other thread. */
const copyBytesMax = 2048;

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
  onFrame: (frame: Frame) => void = () => {};

  constructor(port: Port) {
    this.#port = port;
    port.on('message', (message: unknown) => this.onFrame(frameOf(message)));
  }

  send({ bytes, shared }: Frame): void {
    const small = bytes.byteLength <= copyBytesMax;
    // A copy takes the whole buffer along, so a small frame in a large buffer is cut out first.
    const sent = small && bytes.buffer.byteLength > copyBytesMax ? bytes.slice() : bytes;
    this.#port.postMessage(shared.length === 0 ? sent : [sent, ...shared], small ? [] : [sent.buffer]);
  }

  setBusy(busy: boolean): void {
    if (busy) this.#port.ref();
    else this.#port.unref();
  }
}

/** A task can post anything to its parent; whoever reads the frame finds that it is none, and ends the worker. */
const unreadable: Frame = { bytes: new Uint8Array(0), shared: noShared };

function frameOf(message: unknown): Frame {
  if (isBytes(message)) return { bytes: message, shared: noShared };
  if (Array.isArray(message)) {
    const [bytes, ...shared]: unknown[] = message;
    if (isBytes(bytes) && shared.every((part) => part instanceof Uint8Array)) return { bytes, shared };
  }
  return unreadable;
}

function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array && value.buffer instanceof ArrayBuffer;
}
