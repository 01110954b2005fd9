// A frame and what it refers to as one message of a connection, and back.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { messagePieces, readMessage } from '../../../sdk/protocol/frame-message.ts';

const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
console.log(`seed ${seed}: TEST_SEED=${seed} repeats this run`);

function filled(byteLength: number, value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(byteLength).fill(value);
}

describe('messagePieces() and readMessage()', () => {
  test('give back every frame, however it is cut on the way', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const large = fc.integer({ min: 0, max: 600_000 }).map((length) => filled(length, length % 251));
    fc.assert(
      fc.property(
        bytes,
        fc.array(fc.oneof(bytes, large), { maxLength: 5 }),
        fc.integer({ min: 1, max: 9999 }),
        (frame, shared, cut) => {
          const whole = Buffer.concat(messagePieces({ bytes: new Uint8Array(frame), shared }));
          const fragments: Uint8Array[] = [];
          for (let i = 0; i < whole.length; i += cut) fragments.push(whole.subarray(i, i + cut));
          const read = readMessage(fragments);
          assert.ok(Buffer.from(frame).equals(read.bytes));
          assert.equal(read.shared.length, shared.length);
          for (const [i, part] of read.shared.entries()) assert.ok(Buffer.from(shared[i]!).equals(part));
          for (const part of [read.bytes, ...read.shared]) {
            assert.deepEqual([part.byteOffset, part.buffer.byteLength], [0, part.byteLength]);
          }
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  test('refuse everything else with a ProtocolError', () => {
    const good = Buffer.concat(messagePieces({ bytes: filled(40, 1), shared: [filled(8, 2)] }));
    const spoilt = fc
      .tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(good.length))
      .map(([at, change, end]) => {
        const bytes = Buffer.from(good);
        bytes[at % 16] = bytes[at % 16]! ^ change;
        return bytes.subarray(0, end);
      });
    const seen = { refused: 0 };
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), spoilt), (bytes) => {
        try {
          readMessage([bytes]);
        } catch (error) {
          seen.refused++;
          assert.equal(error instanceof Error && error.name, 'ProtocolError');
        }
      }),
      { seed, numRuns: 20_000 },
    );
    assert.ok(seen.refused > 19_000);
    const tooMany = Buffer.from(good);
    tooMany.writeUInt32LE(0xffff_ffff, 4);
    assert.throws(() => readMessage([tooMany]), /would have 4294967295 parts/);
    assert.throws(() => readMessage([good.subarray(0, -1)]), /its parts would end at/);
    assert.throws(() => readMessage([good, Buffer.alloc(1)]), /its parts would end at/);
    assert.throws(() => readMessage([]), /too short/);
  });
});
