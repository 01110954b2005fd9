// Which large values a worker keeps, as the session counts it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { keptBytesMax, SentObjects } from '../../sdk/sent-objects.ts';

/** Memory that is never touched costs nothing. */
function large(part: number): Uint8Array {
  return new Uint8Array(Math.floor(keptBytesMax * part));
}

describe('SentObjects.use()', () => {
  test('says once that a value is new', () => {
    const sent = new SentObjects();
    const bytes = large(0.1);
    assert.deepEqual(sent.use(bytes), { number: 1, isNew: true, forget: [] });
    assert.deepEqual(sent.use(bytes), { number: 1, isNew: false, forget: [] });
    assert.deepEqual(sent.use(large(0.1)), { number: 2, isNew: true, forget: [] });
  });

  test('does not keep what is larger than all that is kept', () => {
    assert.equal(new SentObjects().use(new Uint8Array(keptBytesMax + 1)), undefined);
  });

  test('keeps what was used last within keptBytesMax, and agrees with a worker that does as it is told', () => {
    const values = [0.2, 0.3, 0.4, 0.5, 0.6].map(large);
    fc.assert(
      fc.property(fc.array(fc.nat(values.length - 1), { maxLength: 40 }), (uses) => {
        const sent = new SentObjects();
        const worker = new Map<number, Uint8Array>();
        for (const i of uses) {
          const bytes = values[i]!;
          const said = sent.use(bytes);
          assert.ok(said !== undefined);
          if (said.isNew) worker.set(said.number, bytes);
          for (const number of said.forget) assert.ok(worker.delete(number));
          assert.equal(worker.get(said.number), bytes);
          const keptBytes = [...worker.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
          assert.ok(keptBytes <= keptBytesMax);
          assert.equal(new Set(worker.values()).size, worker.size);
        }
      }),
    );
  });
});
