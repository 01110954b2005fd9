// What values are after they travelled, and references as arguments. A part of the suite that every way of connecting runs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ObjectRef, SerializationError, TaskError } from '../../sdk/index.ts';
import type { Given } from './given.ts';

export function valuesSuite(given: Given): void {
  describe('values', () => {
    test('arrive as structured clone gives them', async () => {
      const echo = given.session.remote((x: unknown) => x);
      const value = {
        d: new Date(1),
        m: new Map([[1, new Set(['a'])]]),
        u: undefined,
        b: 2n ** 70n,
        f: Float64Array.of(1, 2),
      };
      assert.deepStrictEqual(await echo(value), value);
    });

    test('are copied at the call', async () => {
      const sum = given.session.remote((a: number[], b: Float64Array) => a.length + (b[0] ?? 0));
      const list = [1, 2];
      const array = Float64Array.of(5);
      const ref = sum(list, array);
      list.push(3);
      array[0] = 7;
      assert.equal(await ref, 7);
    });

    test('that cannot travel are refused at the call, by their place', () => {
      const f = given.session.remote((_a: unknown, _b: unknown) => 1);
      assert.throws(
        () => f(1, { handler: () => 1 }),
        (error: unknown) => error instanceof SerializationError && error.path === 'args[1].handler',
      );
    });

    test('that cannot travel back fail the task that returned them, and no other', async () => {
      const f = given.session.remote((x: number): unknown => (x === 1 ? { f: () => 1 } : x));
      const [a, b, c] = [f(0), f(1), f(2)];
      await assert.rejects(async () => b, SerializationError);
      assert.deepEqual(await given.session.get([a, c]), [0, 2]);
    });

    test('named as JavaScript or its libraries name their own parts are like any other', async () => {
      const echo = given.session.remote((x: unknown) => x);
      for (const value of [
        { constructor: 'a', toJSON: 1 },
        { toJSON: 'b', nodeType: 2 },
        { toString: 3, valueOf: 4 },
      ]) {
        assert.deepEqual(await echo([value]), [value]);
      }
    });

    test('of references that cannot travel any more fail their tasks, and nothing else', async () => {
      const made = given.session.remote(() => ({ inside: 1 as unknown, large: new Float64Array(4) }))();
      const value = await made;
      value.inside = () => 1;
      const size = given.session.remote((x: { large: Float64Array }, of: string) => `${of} ${x.large.length}`);
      const large = given.session.put({ large: new Float64Array(20_000) });
      const small = { large: new Float64Array(1) };
      // The function and what is stored go along with whatever can be sent first.
      for (let round = 0; round < 3; round++) {
        const refs = [size(made, 'a'), size(large, 'b'), size(made, 'c'), size(small, 'd')];
        const outcomes = await Promise.allSettled(refs);
        const texts = outcomes.map((o) => (o.status === 'fulfilled' ? o.value : o.reason.constructor.name));
        assert.deepEqual(texts, ['SerializationError', 'b 20000', 'SerializationError', 'd 1']);
      }
    });

    test('large results and arguments come through whole', async () => {
      const make = given.session.remote((n: number) => Float64Array.from({ length: n }, (_, i) => i));
      const last = given.session.remote((a: Float64Array) => a.at(-1));
      assert.equal(await last(make(300_000)), 299_999);
      assert.equal((await make(300_000)).length, 300_000);
      assert.equal(await last(new Float64Array(100_000).fill(4)), 4);
    });
  });

  describe('ObjectRef', () => {
    test('as an argument is resolved on the worker, also nested', async () => {
      const add = given.session.remote(
        (a: number, rest: { list: number[] }) => a + rest.list.reduce((x, y) => x + y, 0),
      );
      const one = given.session.remote(() => 1);
      const nested = { list: [one(), given.session.put(5), one()] };
      assert.equal(await add(one(), nested), 8);
    });

    test('a failed ref fails the tasks that take it with its own error', async () => {
      const bad = given.session.remote((): number => {
        throw new RangeError('first');
      })();
      const next = given.session.remote((x: number) => x)(bad);
      await assert.rejects(
        async () => next,
        (error: unknown) => error instanceof TaskError && /first/.test(error.message),
      );
      await assert.rejects(async () => bad);
    });

    test('keeps its state in view', async () => {
      const ref = given.session.remote(() => 1)();
      assert.ok(ref instanceof ObjectRef);
      assert.equal(ref.state, 'pending');
      await ref;
      assert.equal(ref.state, 'ready');
    });
  });
}
