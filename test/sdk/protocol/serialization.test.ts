// Values on the wire: what structured clone takes arrives as structured clone gives it; the rest is refused by name.

import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { Packr } from 'msgpackr/pack';
import {
  GridbookError,
  InvalidArgumentError,
  ProtocolError,
  SerializationError,
  TaskError,
} from '../../../sdk/errors.ts';
import { buildFrame, FrameWriter, readFrame } from '../../../sdk/protocol/codec.ts';
import { readWholeValue } from '../../../sdk/protocol/deserialization.ts';
import { writeArguments, writePayload } from '../../../sdk/protocol/payload.ts';
import { tags } from '../../../sdk/protocol/wire-value.ts';

function roundTrip(value: unknown): unknown {
  const { stored, segments, node } = writePayload(value, 'value');
  return readWholeValue(stored?.bytes ?? buildFrame(segments ?? [], node));
}

function transferredView(): Uint8Array {
  const view = new Uint8Array(8);
  structuredClone(view, { transfer: [view.buffer] });
  return view;
}

function pathOfRefusal(value: unknown): string {
  try {
    writePayload(value, 'value');
  } catch (error) {
    if (error instanceof SerializationError) return error.path;
    throw error;
  }
  throw new Error('the value was not refused');
}

describe('writeValue() and readValue()', () => {
  const values: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['negative zero', -0],
    ['NaN', Number.NaN],
    ['infinities', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['large and small numbers', [2 ** 53 - 1, -(2 ** 53), 1e308, 5e-324, 2 ** 31, 2 ** 32, -(2 ** 31) - 1]],
    ['bigints', [0n, -1n, 2n ** 200n]],
    ['text of all kinds', ['', 'a', 'ü€😀', '\u0000', '\ud800 alone']],
    ['a long text with a lone surrogate', `${'a'.repeat(200_000)}\ud800`],
    ['dates', [new Date(0), new Date(Number.NaN)]],
    ['a regular expression', /a+b/giu],
    ['nested maps and sets', new Map<unknown, unknown>([[new Set([1, 'a']), new Map([[{ k: 1 }, [2]]])]])],
    ['boxed primitives', [Object(1), Object('s'), Object(true), Object(5n)]],
    ['an array with holes', Object.assign(new Array(5), { 1: 'x', 3: undefined })],
    ['an object with __proto__ as its own key', JSON.parse('{"__proto__": {"polluted": 1}, "a": 2}')],
    ['undefined inside', { a: undefined, b: [undefined] }],
    ['a buffer', Uint8Array.of(1, 2, 3).buffer],
    ['a part of a buffer', new Float64Array(10).fill(2).subarray(3, 6)],
    ['a DataView', new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2)],
    ['empty typed array', new Float64Array(0)],
    [
      'all typed arrays',
      [
        Int8Array,
        Uint8Array,
        Uint8ClampedArray,
        Int16Array,
        Uint16Array,
        Int32Array,
        Uint32Array,
        Float16Array,
        Float32Array,
        Float64Array,
      ].map((T) => T.of(1, 2, 3)),
    ],
    ['64-bit typed arrays', [BigInt64Array.of(-1n), BigUint64Array.of(2n ** 64n - 1n)]],
  ];
  for (const [name, value] of values) {
    test(`carry ${name}`, () => {
      // Views are compared by their own bytes: structured clone keeps the whole buffer behind a part of it.
      assert.deepStrictEqual(
        roundTrip(value),
        value instanceof DataView || ArrayBuffer.isView(value) ? value : structuredClone(value),
      );
    });
  }

  test('carry every value that structured clone takes', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
          withBoxedValues: true,
          withUnicodeString: true,
        }),
        (value) => assert.deepStrictEqual(roundTrip(value), structuredClone(value)),
      ),
      { numRuns: 2000 },
    );
  });

  test('take for items of a sparse array those alone', () => {
    const array = Object.assign(new Array(4), { 1: 'x', '-1': 'before', '': 'empty', '1.0': 'same', 1e21: 'far' });
    assert.deepStrictEqual(roundTrip(array), Object.assign(new Array(4), { 1: 'x' }));
  });

  test('keep objects met twice one object, and cycles cycles', () => {
    const shared = { x: 1 };
    const value: Record<string, unknown> = { a: shared, b: [shared, new Map([[shared, shared]])] };
    value['self'] = value;
    const back = roundTrip(value) as { a: object; b: [object, Map<object, object>]; self: object };
    assert.equal(back.self, back);
    assert.equal(back.b[0], back.a);
    assert.equal(back.b[1].get(back.a), back.a);
  });

  test('copy at once, so that later changes do not reach the copy', () => {
    const array = Float64Array.of(1, 2);
    const { segments, node } = writePayload([array], 'value');
    array[0] = 9;
    const back = readWholeValue(buildFrame(segments ?? [], node));
    assert.deepStrictEqual(back, [Float64Array.of(1, 2)]);
  });

  test('put large typed arrays into shared memory and view them there', () => {
    const { stored } = writePayload({ big: new Float64Array(10_000).fill(3) }, 'value');
    assert.ok(stored !== undefined);
    const back = readWholeValue(stored.bytes) as { big: Float64Array };
    assert.equal(back.big.buffer, stored.bytes.buffer);
    assert.equal(back.big[9_999], 3);
  });

  const refused: [string, unknown, string][] = [
    ['a function', { handler: () => 1 }, 'value.handler'],
    ['a symbol in a list', [1, [Symbol('s')]], 'value[1][0]'],
    ['a promise under a key that is no name', { 'a b': Promise.resolve() }, 'value["a b"]'],
    ['a WeakMap as a value of a Map', new Map([['k', new WeakMap()]]), 'value<value 0>'],
    ['a generator', (function* () {})(), 'value'],
    ['an iterator', { rows: [1].values() }, 'value.rows'],
    ['a URL', [new URL('http://localhost')], 'value[0]'],
    ['a Blob', new Blob(['x']), 'value'],
    ['a port', new MessageChannel().port1, 'value'],
    ['a signal', { signal: new AbortController().signal }, 'value.signal'],
    ['a formatter', new Intl.NumberFormat(), 'value'],
    ['a compiled module', new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)), 'value'],
    ['a key', createSecretKey(Uint8Array.of(1)), 'value'],
    ['a buffer that was transferred', { b: transferredView().buffer }, 'value.b'],
    ['a view of a buffer that was transferred', transferredView(), 'value'],
  ];
  for (const [name, value, path] of refused) {
    test(`refuse ${name}, naming its place`, () => assert.equal(pathOfRefusal(value), path));
  }

  test('carry the own fields of an object of the user’s class, whatever it calls itself', () => {
    class Reading {
      celsius = 21;
      #kept = 1;
      get [Symbol.toStringTag](): string {
        return `URL${this.#kept}`;
      }
    }
    assert.deepStrictEqual(roundTrip(new Reading()), { celsius: 21 });
  });

  test('refuse an argument by its position', () => {
    assert.throws(
      () => writeArguments([1, { handler() {} }]),
      /^SerializationError: Cannot send args\[1\]\.handler: args\[1\]\.handler is a function/,
    );
  });

  test('refuse what is nested too deeply instead of overflowing the stack', () => {
    let value: unknown = 1;
    for (let i = 0; i < 100_000; i++) value = [value];
    assert.throws(() => writePayload(value, 'value'), {
      message: /^Cannot send value(\[0\])+\[? … .{60}: .{1,140} is nested deeper than 500 levels$/,
      path: `value${'[0]'.repeat(500)}`,
    });
  });
});

describe('errors on the wire', () => {
  test('keep class, message, stack, code, cause and own fields', () => {
    const cause = new RangeError('inner');
    const error = Object.assign(new TypeError('outer', { cause }), { code: 'E_X', detail: { n: 1 } });
    const back = roundTrip(error) as TypeError & { code: string; detail: object; cause: RangeError };
    assert.ok(back instanceof TypeError);
    assert.equal(back.message, 'outer');
    assert.equal(back.stack, error.stack);
    assert.equal(back.code, 'E_X');
    assert.deepStrictEqual(back.detail, { n: 1 });
    assert.ok(back.cause instanceof RangeError);
    assert.equal(back.cause.message, 'inner');
  });

  test('of another class that has a name of Gridbook’s stay what they are', () => {
    class TimeoutError extends Error {
      override readonly name = 'TimeoutError';
    }
    for (const error of [new TimeoutError('mine'), new DOMException('too long', 'TimeoutError')]) {
      const back = roundTrip(error);
      assert.ok(back instanceof Error);
      assert.equal(back.name, 'TimeoutError');
      assert.ok(!(back instanceof GridbookError), 'became an error of Gridbook');
    }
  });

  test('keep the classes of Gridbook', () => {
    const back = roundTrip(new SerializationError('no', { path: 'a.b' })) as SerializationError;
    assert.ok(
      back instanceof SerializationError && back instanceof InvalidArgumentError && !(back instanceof TaskError),
    );
    assert.equal(back.path, 'a.b');
    assert.equal(back.code, 'NOT_SERIALIZABLE');
  });

  test('keep the name of a class that the reader does not have', () => {
    class StrangeError extends Error {
      override name = 'StrangeError';
    }
    const back = roundTrip(new StrangeError('s')) as Error;
    assert.ok(back instanceof Error);
    assert.equal(back.name, 'StrangeError');
  });

  test('tell the class that gave itself no name, and are of the class that it extends', () => {
    class LimitError extends RangeError {
      readonly limit = 3;
    }
    const back = roundTrip(new LimitError('too many')) as LimitError;
    assert.ok(back instanceof RangeError);
    assert.equal(back.name, 'LimitError');
    assert.equal(back.limit, 3);
    assert.match(back.stack ?? '', /^LimitError: too many\n/);
  });

  test('of the runtime keep their class and code', () => {
    const back = roundTrip(new DOMException('no more', 'AbortError'));
    assert.ok(back instanceof DOMException);
    assert.deepStrictEqual([back.name, back.message, back.code], ['AbortError', 'no more', 20]);
  });

  test('leave out fields that cannot travel rather than hide the error', () => {
    const shared = {};
    const error = Object.assign(new Error('e'), { f: [shared, () => 1], kept: [shared, shared] });
    const back = roundTrip(error) as Error & { f?: unknown; kept: [object, object] };
    assert.equal(back.f, undefined);
    assert.equal(back.kept[0], back.kept[1]);
  });

  test('leave out fields that cannot be read', () => {
    const error = Object.assign(new RangeError('the one to see'), { kept: 1, inside: {} });
    const throws = { enumerable: true, get: () => assert.fail('a getter of the user') };
    Object.defineProperty(error, 'broken', throws);
    Object.defineProperty(error.inside, 'broken', throws);
    Object.defineProperty(error, 'cause', throws);
    const back = roundTrip(error) as RangeError & { kept: number };
    assert.ok(back instanceof RangeError);
    assert.deepStrictEqual([back.message, back.kept, Object.keys(back)], ['the one to see', 1, ['kept']]);
  });

  test('AggregateError keeps its errors', () => {
    const back = roundTrip(new AggregateError([new Error('a'), new TypeError('b')], 'all')) as AggregateError;
    assert.ok(back instanceof AggregateError);
    assert.ok(back.errors[1] instanceof TypeError);
  });
});

describe('frames', () => {
  test('readFrame() takes what FrameWriter wrote, segments aligned to 8 bytes', () => {
    const writer = new FrameWriter(64);
    const a = writer.addSegment(Uint8Array.of(1, 2, 3));
    const b = writer.addFloat64(Float64Array.of(4, 5));
    const reader = readFrame(writer.finish({ a, b }));
    assert.equal(b % 8, 0);
    assert.deepStrictEqual(reader.header, { a, b });
    assert.deepStrictEqual(new Float64Array(reader.buffer, reader.byteOffset + b, 2), Float64Array.of(4, 5));
  });

  test('readWholeValue() ends lengths, patterns and numbers that are none in a ProtocolError', () => {
    const wrong = [
      [-1, tags.sparseArray],
      [1.5, tags.sparseArray],
      ['(', '', 0, tags.regexp],
      ['twelve', tags.bigint],
      // References, dates, indices and code units that no writer makes.
      [[[[-1, tags.backReference], tags.array], tags.array], tags.shared],
      [[[[0.5, tags.backReference], tags.array], tags.array], tags.shared],
      [[[[7, tags.backReference], tags.array], tags.array], tags.shared],
      [0, tags.backReference],
      [tags.date],
      ['1970', tags.date],
      [3, -1, 'x', tags.sparseArray],
      [3, 1.5, 'x', tags.sparseArray],
      [3, 3, 'x', tags.sparseArray],
      [65, 65_536, tags.codeUnits],
      [[tags.array], tags.boxed],
      // Views of what is not in the frame, however much they say that it is.
      [0, 4e9, tags.arrayBuffer],
      [-8, 1, tags.float64Array],
      [16.5, 1, tags.uint8Array],
      [16, 0.5, tags.uint8Array],
    ];
    for (const node of wrong) {
      const bytes = buildFrame([], node);
      assert.throws(() => readWholeValue(bytes), ProtocolError, inspect(node));
    }
  });

  test('readWholeValue() refuses what msgpack has beside maps and arrays', () => {
    const packr = new Packr({ useRecords: false, moreTypes: true, structuredClone: true });
    const twice = { a: 1 };
    const things = [/x/, new Set([1]), new Date(0), Uint8Array.of(1), new Error('e'), Float64Array.of(1)];
    for (const thing of [...things, { first: twice, second: twice }]) {
      const header = packr.pack({ inside: thing });
      const frame = new Uint8Array(16 + header.length);
      frame.set(buildFrame([], null).subarray(0, 16));
      new DataView(frame.buffer).setUint32(8, header.length, true);
      frame.set(header, 16);
      assert.throws(() => readWholeValue(frame), ProtocolError, inspect(thing));
    }
  });

  test('readWholeValue() takes no memory for bytes that a frame only says it has', () => {
    const bytes = buildFrame([], [0, 2 ** 31, tags.arrayBuffer]);
    const { arrayBuffers } = process.memoryUsage();
    for (let i = 0; i < 10; i++) assert.throws(() => readWholeValue(bytes), ProtocolError);
    const peakMb = process.resourceUsage().maxRSS / 1024;
    assert.ok(process.memoryUsage().arrayBuffers - arrayBuffers < 2 ** 30 && peakMb < 2000, `it had ${peakMb} MB`);
  });

  test('readFrame() and readWholeValue() end every malformed frame in a ProtocolError', () => {
    const good = buildFrame([], [1, [2, 'x', 0], { k: [[3, 8, 42], 0] }, 0]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(good.length),
        (changes, length) => {
          const bad = good.slice(0, length);
          for (const [at, byte] of changes) if (at < bad.length) bad[at] = byte;
          try {
            readWholeValue(bad);
          } catch (error) {
            assert.ok(error instanceof ProtocolError, String(error));
          }
        },
      ),
      { numRuns: 20_000 },
    );
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
  });
});
