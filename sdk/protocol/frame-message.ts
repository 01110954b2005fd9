// A frame and its stored objects as one message of a network, and back.
//
//   byte 0   u32  magic, which holds the version of the layout
//   byte 4   u32  how many parts follow: the frame, then its stored objects
//   byte 8   u32  the length of each part
//   then     the parts, one after the other
//
// The message is sent in pieces, so that a heartbeat finds its way between them and a large object is never buffered as
// a whole. All integers are little-endian.
//
// Owns: the layout. Does not own: what a part means (codec.ts), sending and receiving (websocket-channel.ts).
//
// Invariants:
//   G1. Each part is received into memory of its own: typed arrays can view it in place, and an object that is kept
//       keeps no other.
//   G2. Nothing is allocated for a message before its lengths are known to add up.

import { ProtocolError } from '../errors.ts';
import type { Frame } from './channel.ts';

const magic = 0x31576447; // "GdW1"
const preambleBytes = 8;

/** The longest message: what a WebSocket of `ws` can be told to take at most. */
export const frameMessageBytesMax = 0x7fff_ffff;

/** How much is sent in one piece. */
export const pieceBytesMax = 256 * 1024;

/** Up to here one copy is cheaper than several pieces. */
const copiedBytesMax = 64 * 1024;

/** How long the message of a frame is. */
export function messageBytesOf({ bytes, shared }: Frame): number {
  let total = preambleBytes + 4 + bytes.byteLength;
  for (const part of shared) total += 4 + part.byteLength;
  return total;
}

/** The message of a frame, in the pieces in which it is to be sent. Large parts are viewed and not copied. */
export function messagePieces(frame: Frame): Uint8Array[] {
  const total = messageBytesOf(frame);
  const { bytes, shared } = frame;
  const headBytes = preambleBytes + 4 + 4 * shared.length;
  const isCopied = total <= copiedBytesMax;
  const head = new Uint8Array(isCopied ? total : headBytes);
  const view = new DataView(head.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, 1 + shared.length, true);
  view.setUint32(8, bytes.byteLength, true);
  for (let i = 0; i < shared.length; i++) view.setUint32(12 + 4 * i, shared[i]?.byteLength ?? 0, true);
  const pieces: Uint8Array[] = [head];
  let at = headBytes;
  for (const part of [bytes, ...shared]) {
    if (isCopied) head.set(part, at);
    else for (let i = 0; i < part.byteLength; i += pieceBytesMax) pieces.push(part.subarray(i, i + pieceBytesMax));
    at += part.byteLength;
  }
  return pieces;
}

/** Takes bytes from a list of fragments, wherever they are cut. */
class Fragments {
  readonly #fragments: readonly Uint8Array[];
  #index = 0;
  #offset = 0;

  constructor(fragments: readonly Uint8Array[]) {
    this.#fragments = fragments;
  }

  take(byteLength: number): Uint8Array<ArrayBuffer> {
    // It is overwritten as a whole, so it need not be cleared.
    const taken = new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer, 0, byteLength);
    for (let at = 0; at < byteLength; ) {
      const fragment = this.#fragments[this.#index];
      if (fragment === undefined) throw new ProtocolError('Cannot read a message: it is cut short');
      const piece = fragment.subarray(this.#offset, this.#offset + byteLength - at);
      taken.set(piece, at);
      at += piece.byteLength;
      this.#offset += piece.byteLength;
      if (this.#offset < fragment.byteLength) continue;
      this.#index++;
      this.#offset = 0;
    }
    return taken;
  }
}

/**
 * Reads a message.
 *
 * @param fragments - its bytes, however they were cut on the way.
 * @throws ProtocolError when it is not the message of a frame.
 */
export function readMessage(fragments: readonly Uint8Array[]): Frame {
  const total = fragments.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (total < preambleBytes + 4) throw new ProtocolError(`Cannot read a message of ${total} bytes: too short`);
  const source = new Fragments(fragments);
  const preamble = new DataView(source.take(preambleBytes).buffer);
  if (preamble.getUint32(0, true) !== magic) {
    throw new ProtocolError('Cannot read a message: it does not start as messages of this version do');
  }
  const count = preamble.getUint32(4, true);
  const headBytes = preambleBytes + 4 * count;
  if (count === 0 || headBytes > total) {
    throw new ProtocolError(`Cannot read a message of ${total} bytes: it would have ${count} parts`);
  }
  const lengths = new DataView(source.take(4 * count).buffer);
  let end = headBytes;
  for (let i = 0; i < count; i++) end += lengths.getUint32(4 * i, true);
  if (end !== total) {
    throw new ProtocolError(`Cannot read a message of ${total} bytes: its parts would end at ${end}`); // G2
  }
  const bytes = source.take(lengths.getUint32(0, true));
  const shared: Uint8Array[] = [];
  for (let i = 1; i < count; i++) shared.push(source.take(lengths.getUint32(4 * i, true))); // G1
  return { bytes, shared };
}
