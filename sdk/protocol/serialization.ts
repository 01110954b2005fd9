// Values to wire values: what a user passes, returns or puts becomes something that a frame can hold.
//
// A value is always copied here, at the call, so that what the caller changes afterwards does not reach the worker.
// Typed arrays go to the sink as raw bytes and leave only their place in the wire value.
//
// Owns: which values travel, and how a refusal names the place.
// Does not own: which classes have no meaning elsewhere (refused-values.ts), where the raw bytes stand (the sink does),
//   errors (error-codec.ts), reading (deserialization.ts).
//
// Invariants:
//   S1. A value that cannot travel is refused before anything is sent, with the path to it.
//   S2. Objects met twice in one value, cycles among them, arrive as one object. Only a value in which that happens
//       pays for it: it is wrapped in `tags.shared`, and only then does the reader count objects.
//   S3. Writer and reader number objects in the same order: when first met, before what is inside them.

import { types } from 'node:util';
import { SerializationError } from '../errors.ts';
import { bytesOf } from './codec.ts';
import { encodeError } from './error-codec.ts';
import { nameOfType, refusedObject } from './refused-values.ts';
import { tags, viewTagOf, type WireValue } from './wire-value.ts';

/** How deeply a value may be nested. */
export const depthMax = 500;

/** A longer path loses its middle in a message, in letters. */
const shownPathMax = 120;

/** Where a value's raw bytes and references go while it is written. */
export interface ValueSink {
  /** Takes the bytes of a view; sets `node[0]` to their offset now or when they find their place. */
  addView(node: WireValue[], bytes: Uint8Array): void;
  /** Takes a reference and sets `node[0]` likewise; false where references have no meaning. */
  addRef(node: WireValue[], ref: object): boolean;
}

/** References are known by this brand, so that this file does not import the class. */
export const objectRefBrand = Symbol.for('gridbook.object-ref');

/** Whether a value is an `ObjectRef`. */
export function isObjectRef(value: object): boolean {
  return objectRefBrand in value;
}

/**
 * Writes one value.
 *
 * @param value - what to write.
 * @param sink - takes raw bytes and references.
 * @param root - how the value is called in an error, such as `args[1]`.
 * @throws SerializationError naming the place of what cannot travel (S1).
 */
export function writeValue(value: unknown, sink: ValueSink, root: string): WireValue {
  if (typeof value === 'number') return value === 0 && 1 / value < 0 ? [tags.negativeZero] : value;
  if (typeof value === 'boolean' || value === null) return value;
  if (value === undefined) return [tags.undefined];
  const writer = new ValueWriter(sink, root);
  const node = writer.write(value);
  return writer.sharing ? [node, tags.shared] : node; // S2
}

const isIdentifier = /^[A-Za-z_$][\w$]*$/;

/** One value on its way; lives for one `writeValue`. */
export class ValueWriter {
  readonly #sink: ValueSink;
  /** The way from the root to where the writer is; joined only when something is refused. */
  readonly #path: (string | number)[] = [];
  readonly #root: string;
  #seen: Map<object, number> | undefined;
  sharing = false;

  constructor(sink: ValueSink, root: string) {
    this.#sink = sink;
    this.#root = root;
  }

  /** Ends with a SerializationError that names the place and the reason. */
  refuse(what: string, instead = ''): never {
    const path = this.#path.reduce<string>((text, key) => {
      if (typeof key === 'number') return `${text}[${key}]`;
      if (key.startsWith('<')) return text + key;
      return isIdentifier.test(key) ? `${text}.${key}` : `${text}[${JSON.stringify(key)}]`;
    }, this.#root);
    const shown =
      path.length > shownPathMax ? `${path.slice(0, shownPathMax / 2)} … ${path.slice(-shownPathMax / 2)}` : path;
    throw new SerializationError(`Cannot send ${shown}: ${shown} is ${what}${instead ? `; ${instead}` : ''}`, {
      path,
    });
  }

  /** Writes what is inside a value, under a key of it. */
  at(key: string | number, value: unknown): WireValue {
    if (this.#path.length >= depthMax) this.refuse(`nested deeper than ${depthMax} levels`);
    this.#path.push(key);
    const node = this.write(value);
    this.#path.pop();
    return node;
  }

  write(value: unknown): WireValue {
    switch (typeof value) {
      case 'number':
        return value === 0 && 1 / value < 0 ? [tags.negativeZero] : value;
      case 'string':
        return value.isWellFormed() ? value : [...codeUnits(value), tags.codeUnits];
      case 'boolean':
        return value;
      case 'undefined':
        return [tags.undefined];
      case 'bigint':
        return [value.toString(), tags.bigint];
      case 'object':
        return value === null ? null : this.#writeObject(value);
      case 'function':
        return this.refuse('a function', 'ship functions with session.remote, or as a capture');
      default:
        return this.refuse('a symbol');
    }
  }

  #writeObject(value: object): WireValue {
    this.#seen ??= new Map();
    const met = this.#seen.get(value);
    if (met !== undefined) {
      this.sharing = true;
      return [met, tags.backReference];
    }
    this.#seen.set(value, this.#seen.size); // S3
    if (Array.isArray(value)) return this.#writeArray(value);
    if (ArrayBuffer.isView(value)) return this.#writeView(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return isObjectRef(value) ? this.#writeRef(value) : this.#writePlain(value);
    }
    return this.#writeOther(value);
  }

  #writeArray(value: readonly unknown[]): WireValue {
    const node: WireValue[] = new Array(value.length + 1);
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (item === undefined && !(i in value)) return this.#writeSparse(value);
      node[i] = typeof item === 'number' && item !== 0 ? item : this.at(i, item);
    }
    node[value.length] = tags.array;
    return node;
  }

  #writeSparse(value: readonly unknown[]): WireValue {
    const node: WireValue[] = [value.length];
    this.#forgetFrom((this.#seen?.get(value) ?? 0) + 1);
    for (const key of Object.keys(value)) {
      const i = Number(key);
      // A property of the array beside its items is not one of them, whatever number it looks like.
      if (i >= 0 && i < value.length && String(i) === key) node.push(i, this.at(i, value[i]));
    }
    node.push(tags.sparseArray);
    return node;
  }

  /** Takes back the numbers from `count` on, so that the reader, who never meets those objects, counts alike (S3). */
  #forgetFrom(count: number): void {
    for (const [met, index] of this.#seen ?? []) if (index >= count) this.#seen?.delete(met);
  }

  /** As `at`, but what cannot travel, or be read, gives undefined instead of an error. */
  tryAt(key: string, read: () => unknown): WireValue | undefined {
    const count = this.#seen?.size ?? 0;
    const depth = this.#path.length;
    try {
      return this.at(key, read());
    } catch {
      this.#path.length = depth;
      this.#forgetFrom(count);
      return undefined;
    }
  }

  #writePlain(value: object): WireValue {
    const keys = Object.keys(value);
    // msgpack readers rename this key to keep prototypes safe, so such an object travels as a list of entries.
    if (keys.includes('__proto__') || keys.some((key) => !key.isWellFormed())) return this.#writeEntries(value, keys);
    const node: { [key: string]: WireValue } = {};
    for (const key of keys) node[key] = this.at(key, Reflect.get(value, key));
    return node;
  }

  #writeEntries(value: object, keys: readonly string[]): WireValue {
    const node: WireValue[] = [];
    for (const key of keys) node.push(this.write(key), this.at(key, Reflect.get(value, key)));
    node.push(tags.entries);
    return node;
  }

  #writeView(value: ArrayBufferView): WireValue {
    // The type behind any class that extends it: a Buffer arrives as a Uint8Array.
    const tag = viewTagOf(nameOfType(value));
    if (tag === undefined) return this.refuse(`a ${nameOfType(value)}`, 'send its bytes as a Uint8Array');
    const bytes = this.#bytesOf(value);
    const elementBytes = 'BYTES_PER_ELEMENT' in value ? Number(value.BYTES_PER_ELEMENT) : 1;
    const node: WireValue[] = [0, value.byteLength / elementBytes, tag];
    this.#sink.addView(node, bytes);
    return node;
  }

  #bytesOf(value: ArrayBufferView | ArrayBuffer): Uint8Array {
    try {
      return bytesOf(value);
    } catch {
      return this.refuse('detached', 'its bytes were transferred to somebody else');
    }
  }

  #writeRef(value: object): WireValue {
    const node: WireValue[] = [0, tags.objectRef];
    if (!this.#sink.addRef(node, value)) return this.refuse('an ObjectRef', 'await it and send its value');
    return node;
  }

  #writeOther(value: object): WireValue {
    if (isObjectRef(value)) return this.#writeRef(value);
    if (types.isDate(value)) return [value.getTime(), tags.date];
    if (types.isNativeError(value)) return encodeError(value, this);
    if (types.isMap(value)) {
      const node: WireValue[] = [];
      let i = 0;
      for (const [key, item] of value) {
        node.push(this.at(`<key ${i}>`, key), this.at(`<value ${i}>`, item));
        i++;
      }
      node.push(tags.map);
      return node;
    }
    if (types.isSet(value)) {
      const node: WireValue[] = [];
      let i = 0;
      for (const item of value) node.push(this.at(`<item ${i++}>`, item));
      node.push(tags.set);
      return node;
    }
    if (types.isRegExp(value)) return [value.source, value.flags, tags.regexp];
    if (types.isArrayBuffer(value)) {
      const node: WireValue[] = [0, value.byteLength, tags.arrayBuffer];
      this.#sink.addView(node, this.#bytesOf(value));
      return node;
    }
    if (types.isSymbolObject(value)) return this.refuse('a symbol');
    if (types.isBoxedPrimitive(value)) return [this.at('<primitive>', value.valueOf()), tags.boxed];
    const refused = refusedObject(value);
    if (refused !== undefined) return this.refuse(refused.what, refused.instead);
    // As with structured clone, an instance of a class arrives as a plain object of its own fields.
    return this.#writePlain(value);
  }
}

function codeUnits(text: string): number[] {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}
