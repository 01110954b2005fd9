// The form that user values have inside a frame: what msgpack knows, and nothing else.
//
// A wire value is null, a boolean, a number, a string, an object (a map of wire values), or an array. Every array ends
// with a tag, a small integer that says what the array stands for: `[1, 2, 3, tags.array]` is the array [1, 2, 3],
// `[offset, length, tags.float64Array]` a view into the raw segments of the frame, `[ms, tags.date]` a Date. So any
// reader of msgpack can read a frame, no private extension is needed, and a reader takes the tag off with one `pop`.
//
// Invariants:
//   W1. Every array has its tag as last element; a primitive or an object never needs one.
//   W2. Tags are part of the protocol: a number is never given a second meaning.

/** A value as it stands in the header of a frame. */
export type WireValue = null | boolean | number | string | WireValue[] | { [key: string]: WireValue };

/** What the last element of a wire array says (W2). */
export const tags = {
  array: 0,
  undefined: 1,
  negativeZero: 2,
  bigint: 3,
  date: 4,
  map: 5,
  set: 6,
  regexp: 7,
  error: 8,
  boxed: 9,
  entries: 10,
  sparseArray: 11,
  codeUnits: 12,
  shared: 13,
  backReference: 14,
  objectRef: 15,
  stored: 16,
  // Everything from here on is a view into the raw segments: [offset, length in elements, tag].
  arrayBuffer: 32,
  dataView: 33,
  int8Array: 34,
  uint8Array: 35,
  uint8ClampedArray: 36,
  int16Array: 37,
  uint16Array: 38,
  int32Array: 39,
  uint32Array: 40,
  float32Array: 41,
  float64Array: 42,
  bigInt64Array: 43,
  bigUint64Array: 44,
  float16Array: 45,
} as const;

interface ViewType {
  readonly tag: number;
  readonly name: string;
  /** A view of `length` elements; a misaligned or too long one throws a RangeError. */
  readonly make: (buffer: ArrayBufferLike, byteOffset: number, length: number) => unknown;
}

const viewTypes: readonly ViewType[] = [
  {
    tag: tags.arrayBuffer,
    name: 'ArrayBuffer',
    make: (b, o, n) => new Uint8Array(b, o, n).slice().buffer,
  },
  { tag: tags.dataView, name: 'DataView', make: (b, o, n) => new DataView(b, o, n) },
  { tag: tags.int8Array, name: 'Int8Array', make: (b, o, n) => new Int8Array(b, o, n) },
  { tag: tags.uint8Array, name: 'Uint8Array', make: (b, o, n) => new Uint8Array(b, o, n) },
  {
    tag: tags.uint8ClampedArray,
    name: 'Uint8ClampedArray',
    make: (b, o, n) => new Uint8ClampedArray(b, o, n),
  },
  { tag: tags.int16Array, name: 'Int16Array', make: (b, o, n) => new Int16Array(b, o, n) },
  { tag: tags.uint16Array, name: 'Uint16Array', make: (b, o, n) => new Uint16Array(b, o, n) },
  { tag: tags.int32Array, name: 'Int32Array', make: (b, o, n) => new Int32Array(b, o, n) },
  { tag: tags.uint32Array, name: 'Uint32Array', make: (b, o, n) => new Uint32Array(b, o, n) },
  { tag: tags.float16Array, name: 'Float16Array', make: (b, o, n) => new Float16Array(b, o, n) },
  { tag: tags.float32Array, name: 'Float32Array', make: (b, o, n) => new Float32Array(b, o, n) },
  { tag: tags.float64Array, name: 'Float64Array', make: (b, o, n) => new Float64Array(b, o, n) },
  { tag: tags.bigInt64Array, name: 'BigInt64Array', make: (b, o, n) => new BigInt64Array(b, o, n) },
  { tag: tags.bigUint64Array, name: 'BigUint64Array', make: (b, o, n) => new BigUint64Array(b, o, n) },
];

const makeByTag: ReadonlyMap<number, ViewType['make']> = new Map(viewTypes.map((t) => [t.tag, t.make]));
const tagByName: ReadonlyMap<string, number> = new Map(viewTypes.map((t) => [t.name, t.tag]));

/** The tag of a typed array or DataView by the name of its type; undefined for one that the protocol lacks. */
export function viewTagOf(typeName: string): number | undefined {
  return tagByName.get(typeName);
}

/** The view that `[byteOffset, length, tag]` stands for; undefined when the tag is not a view's. */
export function makeView(tag: number, buffer: ArrayBufferLike, byteOffset: number, length: number): unknown {
  if (tag === tags.float64Array) return new Float64Array(buffer, byteOffset, length);
  return makeByTag.get(tag)?.(buffer, byteOffset, length);
}
