// A value on its way from the side that has it: written once, at the call, and put into as many frames as it takes.
//
// A small value waits as a wire value with copies of its raw bytes; a large one is made into a frame of its own in
// shared memory at once, so that its bytes are copied a single time however many workers read them.
//
// Owns: the choice between the two. Does not own: references' values (the session has them).
// Callers: session side for arguments, captures and `put`; worker side for results.

import { valueBytes } from '../value-bytes.ts';
import { buildFrame, type Segment } from './codec.ts';
import { type ValueSink, writeValue } from './serialization.ts';
import { tags, type WireValue } from './wire-value.ts';

/** Values with raw bytes from here on are stored outside the frames that name them. */
export const storedBytesMin = 64 * 1024;

/** A frame of one value: in memory that all threads of the process see, or as it came over a network. */
export interface StoredValue {
  readonly bytes: Uint8Array;
}

/** A reference inside a value; `node[0]` is set to its place in each message that carries the value. */
export interface RefSlot {
  readonly node: WireValue[];
  readonly ref: object;
}

/** A written value. */
export interface Payload {
  readonly node: WireValue;
  readonly segments: readonly Segment[] | undefined;
  readonly refs: readonly RefSlot[] | undefined;
  /** The value as a frame of its own; `node` has no meaning then. */
  readonly stored: StoredValue | undefined;
  /** About how many bytes it takes, wherever they are. */
  readonly byteLength: number;
}

class Collector implements ValueSink {
  segments: Segment[] | undefined;
  refs: RefSlot[] | undefined;
  byteLength = 0;
  readonly #allowRefs: boolean;

  constructor(allowRefs: boolean) {
    this.#allowRefs = allowRefs;
  }

  addView(node: WireValue[], bytes: Uint8Array): void {
    this.segments ??= [];
    this.segments.push({ node, bytes });
    this.byteLength += bytes.byteLength;
  }

  addRef(node: WireValue[], ref: object): boolean {
    if (!this.#allowRefs) return false;
    this.refs ??= [];
    this.refs.push({ node, ref });
    return true;
  }
}

/** Memory that all threads of the process see. */
export function allocateShared(byteLength: number): SharedArrayBuffer {
  return new SharedArrayBuffer(byteLength);
}

/**
 * Writes a value and copies what it holds.
 *
 * @param root - how the value is called in an error.
 * @param allowRefs - whether references may be inside; they are resolved where the value is read.
 * @throws SerializationError when it cannot travel.
 */
export function writePayload(value: unknown, root: string, allowRefs = false): Payload {
  const collector = new Collector(allowRefs);
  const node = writeValue(value, collector, root);
  const { segments, refs, byteLength } = collector;
  // A value with references is not stored: its frames differ in where the references stand.
  if (byteLength >= storedBytesMin && refs === undefined) {
    const bytes = buildFrame(segments ?? [], node, allocateShared);
    return { node: null, segments: undefined, refs, stored: { bytes }, byteLength: bytes.byteLength };
  }
  const copies = segments?.map((s) => ({ node: s.node, bytes: s.bytes.slice() }));
  return { node, segments: copies, refs, stored: undefined, byteLength: byteLength + valueBytes(node) };
}

/** As `writePayload`, for a call's arguments: most are plain numbers and words, which need no writer. */
export function writeArguments(args: readonly unknown[]): Payload {
  const node: WireValue[] = new Array(args.length + 1);
  let byteLength = 32;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (typeof arg === 'number' && arg !== 0) {
      node[i] = arg;
    } else if (typeof arg === 'string' && arg.isWellFormed()) {
      node[i] = arg;
      byteLength += arg.length;
    } else if (typeof arg === 'boolean' || arg === null) {
      node[i] = arg;
    } else {
      return writePayload(args, 'args', true);
    }
  }
  node[args.length] = tags.array;
  return { node, segments: undefined, refs: undefined, stored: undefined, byteLength };
}
