// Wire values to values: the other half of serialization.ts.
//
// Invariants: S2 and S3 of serialization.ts. Further:
//   D1. Typed arrays view the frame in place; nothing is copied. They keep the frame's buffer alive.
//   D2. A wire value that no writer makes ends in a ProtocolError, never in a half-made value.

import { ProtocolError } from '../errors.ts';
import { textOf } from '../text-of.ts';
import { readFrame } from './codec.ts';
import { fillError, makeError } from './error-codec.ts';
import { makeView, tags, type WireValue } from './wire-value.ts';

/** What a wire value's offsets and references point into. */
export interface ValueSource {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  /** The value of a reference by its index in the message. */
  readonly resolveRef?: (index: number) => unknown;
}

/**
 * Reads one value. The wire value is used up: its arrays become the value's own.
 *
 * @throws ProtocolError when no writer could have made it (D2).
 */
export function readValue(node: WireValue, source: ValueSource): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) {
    const last = node.length - 1;
    if (last === 2 && node[2] === tags.float64Array) return viewAt(source, node[0], node[1], tags.float64Array);
    if (node[last] === tags.array && holdsPrimitives(node)) {
      node.pop();
      return node;
    }
  }
  try {
    return new ValueReader(source).read(node);
  } catch (cause) {
    // A length, a pattern or a number that nothing can be made of. What a source throws goes on as it is.
    if (!(cause instanceof RangeError || cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    throw new ProtocolError(`Cannot read a value: ${textOf(cause)}`, { cause });
  }
}

function holdsPrimitives(node: readonly WireValue[]): boolean {
  for (let i = 0; i < node.length; i++) if (typeof node[i] === 'object' && node[i] !== null) return false;
  return true;
}

/** Numbers that stand in a frame, viewed in place (D1). @throws ProtocolError when they lie outside of it. */
export function readFloat64(source: ValueSource, offset: number, length: number): unknown {
  return viewAt(source, offset, length, tags.float64Array);
}

/** Reads a frame of one value: what was stored outside the frames that name it. @throws ProtocolError */
export function readWholeValue(bytes: Uint8Array): unknown {
  const reader = readFrame(bytes);
  if (!isWireValue(reader.header)) throw new ProtocolError('Cannot read a stored value: there is none in its frame');
  return readValue(reader.header, reader);
}

/** What is deeper inside is checked where it is read. */
function isWireValue(value: unknown): value is WireValue {
  return value === null || ['boolean', 'number', 'string', 'object'].includes(typeof value);
}

function viewAt(source: ValueSource, offset: unknown, length: unknown, tag: number): unknown {
  if (!isCount(offset) || !isCount(length)) return malformed('a view without place');
  try {
    return makeView(tag, source.buffer, source.byteOffset + offset, length);
  } catch (cause) {
    throw new ProtocolError('Cannot read a value: a typed array lies outside its frame', { cause });
  }
}

function malformed(what: string): never {
  throw new ProtocolError(`Cannot read a value: ${what}`);
}

function asText(node: WireValue | undefined): string {
  return typeof node === 'string' ? node : malformed('text expected');
}

function asNumber(node: WireValue | undefined): number {
  return typeof node === 'number' ? node : malformed('number expected');
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A whole number from 0 to below `end`. */
function asIndex(node: WireValue | undefined, end: number): number {
  return isCount(node) && node < end ? node : malformed(`whole number below ${end} expected`);
}

/** Reads one value; counts objects only inside `tags.shared` (S2). */
class ValueReader {
  readonly #source: ValueSource;
  #met: unknown[] | undefined;

  constructor(source: ValueSource) {
    this.#source = source;
  }

  #meet<T>(value: T): T {
    this.#met?.push(value); // S3
    return value;
  }

  read(node: WireValue): unknown {
    if (typeof node !== 'object' || node === null) return node;
    if (!Array.isArray(node)) return this.#readMap(node);
    const tag = node.pop();
    if (tag === tags.array) {
      this.#meet(node);
      const values: unknown[] = node;
      for (let i = 0; i < node.length; i++) {
        const item = node[i];
        if (typeof item === 'object' && item !== null) values[i] = this.read(item);
      }
      return values;
    }
    return this.#readTagged(asNumber(tag), node);
  }

  #readMap(node: { [key: string]: WireValue }): object {
    // Extensions of msgpack: a Set, a Date, bytes.
    if (Object.getPrototypeOf(node) !== Object.prototype) malformed('a thing of another kind than maps and arrays');
    const values: { [key: string]: unknown } = this.#meet(node);
    for (const key of Object.keys(node)) {
      const item = node[key];
      if (typeof item === 'object' && item !== null) values[key] = this.read(item);
    }
    return values;
  }

  #item(node: readonly WireValue[], i: number): unknown {
    const item = node[i];
    return item === undefined ? malformed('something is missing') : this.read(item);
  }

  #readTagged(tag: number, node: WireValue[]): unknown {
    switch (tag) {
      case tags.undefined:
        return undefined;
      case tags.negativeZero:
        return -0;
      case tags.bigint:
        return this.#readBigint(asText(node[0]));
      case tags.codeUnits:
        return textOfUnits(node);
      case tags.shared:
        this.#met = [];
        return this.#item(node, 0);
      case tags.backReference: {
        const met = this.#met ?? malformed('a reference to what was not counted');
        return met[asIndex(node[0], met.length)];
      }
      case tags.objectRef: {
        if (this.#source.resolveRef === undefined) malformed('an object reference where none can be');
        return this.#meet(this.#source.resolveRef(asNumber(node[0])));
      }
      case tags.date:
        return this.#meet(new Date(asNumber(node[0])));
      case tags.regexp:
        return this.#meet(new RegExp(asText(node[0]), asText(node[1])));
      case tags.error:
        return this.#readError(node);
      case tags.boxed:
        return this.#readBoxed(node);
      case tags.map:
      case tags.set:
      case tags.entries:
      case tags.sparseArray:
        return this.#readCollection(tag, node);
      default:
        return this.#meet(viewAt(this.#source, node[0], node[1], tag)) ?? malformed(`unknown tag ${tag}`);
    }
  }

  #readBigint(digits: string): bigint {
    return /^-?\d+$/.test(digits) ? BigInt(digits) : malformed('a bigint of other than digits');
  }

  #readBoxed(node: readonly WireValue[]): object {
    // The box was numbered before what is inside it; what is inside is a primitive, so the order still holds (S3).
    const inside = this.#item(node, 0);
    if (typeof inside === 'object' || inside === undefined) malformed('a box of other than a primitive');
    return this.#meet(Object(inside));
  }

  #readCollection(tag: number, node: readonly WireValue[]): object {
    if (tag === tags.set) {
      const set = this.#meet(new Set<unknown>());
      for (let i = 0; i < node.length; i++) set.add(this.#item(node, i));
      return set;
    }
    if (tag === tags.map) {
      const map = this.#meet(new Map<unknown, unknown>());
      for (let i = 0; i < node.length; i += 2) map.set(this.#item(node, i), this.#item(node, i + 1));
      return map;
    }
    if (tag === tags.entries) {
      const object = this.#meet({});
      for (let i = 0; i < node.length; i += 2) {
        const key = this.#item(node, i);
        const value = this.#item(node, i + 1);
        // Defined, not assigned: the key may be __proto__.
        Object.defineProperty(object, String(key), {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
      return object;
    }
    const array: unknown[] = this.#meet([]);
    // An array that was this long once takes no room for what it does not hold, whatever its length is said to be.
    array.length = sparseLengthMax;
    array.length = asNumber(node[0]);
    for (let i = 1; i < node.length; i += 2) array[asIndex(node[i], array.length)] = this.#item(node, i + 1);
    return array;
  }

  #readError(node: readonly WireValue[]): Error {
    const name = asText(node[0]);
    const error = this.#meet(makeError(name, asText(node[1]), asText(node[7])));
    const fields = node[3];
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) malformed('an error without fields');
    const values: { [key: string]: unknown } = {};
    for (const key of Object.keys(fields)) values[key] = this.read(fields[key] ?? null);
    const hasCause = node[4] === true;
    const cause = this.#item(node, 5);
    fillError(error, {
      name,
      stack: asText(node[2]),
      fields: values,
      cause,
      hasCause,
      errors: this.#item(node, 6),
    });
    return error;
  }
}

/** The longest array that there can be. */
const sparseLengthMax = 2 ** 32 - 1;

/** How many code units are put together at once: each is an argument of one call. */
const unitsAtOnce = 8192;

function textOfUnits(units: readonly WireValue[]): string {
  let text = '';
  for (let i = 0; i < units.length; i += unitsAtOnce) {
    text += String.fromCharCode(...units.slice(i, i + unitsAtOnce).map((unit) => asIndex(unit, 2 ** 16)));
  }
  return text;
}
