// Frames: how a list of messages and the raw bytes beside them become one buffer, and back.
//
//   byte 0   u32  magic, which holds the version of the frame format
//   byte 4   u32  offset of the header
//   byte 8   u32  length of the header
//   byte 16  raw segments, each at a multiple of 8 so that any typed array can view it in place
//   then     the header: one msgpack value
//
// The header stands last so that a segment is copied once, straight to its place, before anyone knows how long the
// header will be. All integers are little-endian, as the typed arrays of every machine that runs Node are.
//
// Owns: the layout, the alignment, the msgpack settings. Does not own: what the header means (messages.ts).
// Callers: everything that sends or receives a frame, and the object store, whose objects are frames of one value.
//
// Invariants:
//   C1. A segment starts at a multiple of 8 bytes from the start of the buffer.
//   C2. A frame is never longer than `frameBytesMax`; a longer one is refused by its writer and by its reader.

import { Packr } from 'msgpackr/pack';
import { ProtocolError, SerializationError } from '../errors.ts';
import type { WireValue } from './wire-value.ts';

const magic = 0x31426447; // "GdB1"
const preambleBytes = 16;

/** The longest frame, header and segments together (C2). */
export const frameBytesMax = 0x7fff_ffff;

// Records are a private extension of the library; without them the header is plain msgpack. So are references inside of it
// (structured clones), by which a few bytes could stand for more values than anyone can read. A user's value may have a
// property `toJSON`, which has no meaning here.
const packr = new Packr({
  useRecords: false,
  structuredClone: false,
  mapsAsObjects: true,
  variableMapSize: true,
  useToJSON: false,
});

function align8(offset: number): number {
  return Math.ceil(offset / 8) * 8; // no bit operations: those end at 2 GiB
}

/** A typed array, DataView or buffer as bytes, without a copy. */
export function bytesOf(value: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

/** Raw bytes on their way into a frame; `node[0]` is set to the offset at which they will stand. */
export interface Segment {
  readonly node: WireValue[];
  readonly bytes: Uint8Array;
}

/** Builds a frame whose segments are all known, copying each segment once. */
export function buildFrame(segments: readonly Segment[], header: unknown): Uint8Array<ArrayBuffer>;
/**
 * The same in memory of the caller's choice.
 *
 * @param allocate - gives the memory, such as shared memory for an object that several threads view.
 */
export function buildFrame<B extends ArrayBufferLike>(
  segments: readonly Segment[],
  header: unknown,
  allocate: (byteLength: number) => B,
): Uint8Array<B>;
export function buildFrame(
  segments: readonly Segment[],
  header: unknown,
  allocate: (byteLength: number) => ArrayBufferLike = (byteLength) => new ArrayBuffer(byteLength),
): Uint8Array {
  let end = preambleBytes;
  for (const { node, bytes } of segments) {
    const offset = align8(end);
    node[0] = offset;
    end = offset + bytes.byteLength;
  }
  const packed = packr.pack(header);
  const headerOffset = align8(end);
  const byteLength = headerOffset + packed.length;
  refuseTooLong(byteLength);
  const frame = new Uint8Array(allocate(byteLength));
  for (const { node, bytes } of segments) frame.set(bytes, Number(node[0]));
  frame.set(packed, headerOffset);
  writePreamble(frame, headerOffset, packed.length);
  return frame;
}

function writePreamble(frame: Uint8Array, headerOffset: number, headerLength: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset);
  view.setUint32(0, magic, true);
  view.setUint32(4, headerOffset, true);
  view.setUint32(8, headerLength, true);
}

function refuseTooLong(byteLength: number): void {
  if (byteLength <= frameBytesMax) return;
  throw new SerializationError(
    `Cannot send ${byteLength} bytes in one frame: the limit is ${frameBytesMax}. Split the value into smaller ones`,
  );
}

/** Builds one frame whose segments come one by one and are copied at once. A writer is used once. */
export class FrameWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  /** The same memory as numbers, for the hot ones among the segments. */
  #numbers: Float64Array<ArrayBuffer>;
  #end = preambleBytes;

  /**
   * @param bytesExpected - how much room to start with; the writer grows by doubling.
   * @param memory - used instead of new memory; its length is a multiple of 8.
   */
  constructor(bytesExpected = 256, memory?: ArrayBuffer) {
    this.#bytes = new Uint8Array(memory ?? new ArrayBuffer(align8(Math.max(64, bytesExpected))));
    this.#numbers = new Float64Array(this.#bytes.buffer);
  }

  /** How many bytes the frame has without its header. */
  get byteLength(): number {
    return this.#end;
  }

  #reserve(end: number): void {
    if (end <= this.#bytes.length) return;
    refuseTooLong(end);
    const grown = new Uint8Array(align8(Math.min(frameBytesMax, Math.max(end, this.#bytes.length * 2))));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
    this.#numbers = new Float64Array(grown.buffer);
  }

  /** Copies a segment to its place and returns the offset at which it stands (C1). */
  addSegment(bytes: Uint8Array): number {
    const offset = align8(this.#end);
    this.#reserve(offset + bytes.byteLength);
    this.#bytes.set(bytes, offset);
    this.#end = offset + bytes.byteLength;
    return offset;
  }

  /** The same for a Float64Array, without a view of its bytes. Its offset is a multiple of 8 (C1). */
  addFloat64(values: Float64Array): number {
    const offset = align8(this.#end);
    this.#reserve(offset + values.byteLength);
    this.#numbers.set(values, offset / 8);
    this.#end = offset + values.byteLength;
    return offset;
  }

  /** Ends the frame with its header. The result views the writer's whole buffer, or a part of it. */
  finish(header: unknown): Uint8Array<ArrayBuffer> {
    const packed = packr.pack(header);
    const headerOffset = align8(this.#end);
    this.#reserve(headerOffset + packed.length);
    this.#bytes.set(packed, headerOffset);
    writePreamble(this.#bytes, headerOffset, packed.length);
    return this.#bytes.subarray(0, headerOffset + packed.length);
  }
}

/** A frame as its reader sees it: the header decoded, the segments still in place. */
export interface FrameReader {
  readonly header: unknown;
  /** The buffer that the segments' offsets count in, and where the frame starts in it. */
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
}

/**
 * Reads a frame.
 *
 * @param bytes - the frame; it starts at a multiple of 8 in its buffer, or is copied to such a place.
 * @throws ProtocolError when the bytes are not a frame of this version.
 */
export function readFrame(bytes: Uint8Array): FrameReader {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const { byteLength } = aligned;
  if (byteLength < preambleBytes) throw new ProtocolError(`Cannot read a frame of ${byteLength} bytes: too short`);
  const view = new DataView(aligned.buffer, aligned.byteOffset, byteLength);
  if (view.getUint32(0, true) !== magic) {
    throw new ProtocolError('Cannot read a frame: it does not start as frames of this version do');
  }
  const offset = view.getUint32(4, true);
  const length = view.getUint32(8, true);
  if (offset < preambleBytes || offset + length !== byteLength) {
    throw new ProtocolError(`Cannot read a frame of ${byteLength} bytes: its header would be at ${offset}+${length}`);
  }
  let header: unknown;
  try {
    header = packr.unpack(aligned.subarray(offset, offset + length));
  } catch (cause) {
    throw new ProtocolError('Cannot read a frame: its header is not msgpack', { cause });
  }
  return { header, buffer: aligned.buffer, byteOffset: aligned.byteOffset };
}
