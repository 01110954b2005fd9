// Large values, which stay where they were made until somebody reads them. A part of the suite that every way of
// connecting runs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TimeoutError } from '../../sdk/index.ts';
import { type Given, numbers } from './given.ts';

/** A length from which an array of float64 is large. */
const large = 100_000;

export function objectsSuite(given: Given): void {
  describe('large values', () => {
    const make = (length: number): Float64Array => Float64Array.from({ length }, (_, i) => i);
    const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
    const sumOf = (length: number): number => (length * (length - 1)) / 2;

    test('are the same for all who await their ref, one by one or together', async () => {
      const ref = given.session.remote(make)(large);
      const value = await ref;
      assert.deepEqual(value, make(large));
      assert.equal(await ref, value);
      const other = given.session.remote(make)(2 * large);
      const [first, second] = await given.session.get([ref, other]);
      assert.equal(first, value);
      assert.equal(second.length, 2 * large);
    });

    test('go from task to task by their refs, also nested and many times', async () => {
      const ref = given.session.remote(make)(large);
      const total = given.session.remote((lists: Float64Array[]) => lists.map((list) => list.length));
      const refs: unknown[] = [ref, given.session.put(make(large + 1)), ref];
      assert.deepEqual(await total(refs as Float64Array[]), [large, large + 1, large]);
      const sums = numbers(20).map(() => given.session.remote(sum)(ref));
      assert.deepEqual(
        await given.session.get(sums),
        numbers(20).map(() => sumOf(large)),
      );
    });

    test('with views that share a buffer, and values beside them, come whole', async () => {
      const ref = given.session.remote((length: number) => {
        const bytes = new Uint8Array(length).fill(7);
        return { bytes, view: new DataView(bytes.buffer, 8, 8), when: new Date(1), list: [1, 'a', undefined] };
      })(large);
      const { bytes, view, when, list } = await ref;
      assert.deepEqual(bytes, new Uint8Array(large).fill(7));
      assert.equal(view.getUint8(0), 7);
      assert.deepEqual([when, list], [new Date(1), [1, 'a', undefined]]);
    });

    test('come through map, with and without combine', async () => {
      const lengths = numbers(6).map((i) => large + i);
      const arrays = await given.session.map(make, lengths).toArray();
      assert.deepEqual(
        arrays.map(({ length }) => length),
        lengths,
      );
      const add = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x + b[i]!);
      const combined = await given.session.reduce(make, [large, large, large], add);
      assert.equal(combined[large - 1], 3 * (large - 1));
    });

    test('come from an actor, and go to one', async () => {
      class Keeper {
        kept = new Float64Array(0);
        keep(values: Float64Array): number {
          this.kept = values.slice();
          return values.length;
        }
        give(): Float64Array {
          return this.kept;
        }
      }
      const keeper = given.session.actor(Keeper);
      assert.equal(await keeper.keep(given.session.remote(make)(large)), large);
      const held = keeper.give();
      assert.equal(await given.session.remote(sum)(held), sumOf(large));
      assert.equal((await held).length, large);
      keeper.kill();
    });

    test('count as ready before they are fetched, and get() keeps its limit while they are', async () => {
      const ref = given.session.remote(make)(large);
      const { ready } = await given.session.wait([ref]);
      assert.deepEqual(ready, [ref]);
      assert.equal(ref.state, 'ready');
      const endless = given.session.remote(() => new Promise<number>(() => {}))();
      await assert.rejects(given.session.get([ref, endless], { timeoutMs: 20 }), TimeoutError);
      given.session.cancel(endless, { force: true });
    });
  });
}
