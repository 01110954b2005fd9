// Many tasks over a stream of inputs. A part of the suite that every way of connecting runs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { CancelledError, InvalidArgumentError } from '../../sdk/index.ts';
import { type Given, numbers } from './given.ts';

export function mapSuite(given: Given): void {
  describe('Session.map()', () => {
    test('gives results in the order of the inputs', async () => {
      const got: number[] = [];
      for await (const x of given.session.map((x: number) => x * x, numbers(5000))) got.push(x);
      assert.deepEqual(
        got,
        numbers(5000).map((x) => x * x),
      );
    });

    test('ordered: false gives each once', async () => {
      const got = await given.session.map((x: number) => x, numbers(3000), { ordered: false }).toArray();
      assert.deepEqual(
        got.sort((a, b) => a - b),
        numbers(3000),
      );
    });

    test('reads endless inputs only as far as they are needed', async () => {
      let taken = 0;
      let closed = false;
      function* endless(): Generator<number> {
        try {
          for (;;) yield taken++;
        } finally {
          closed = true;
        }
      }
      const got: number[] = [];
      for await (const x of given.session.map((x: number) => x, endless(), { inFlightMax: 100 })) {
        got.push(x);
        if (got.length === 500) break;
      }
      assert.deepEqual(got, numbers(500));
      assert.ok(taken <= 700, `took ${taken}`);
      assert.ok(closed);
    });

    test('takes async inputs', async () => {
      async function* later(): AsyncGenerator<number> {
        for (let i = 0; i < 50; i++) {
          await setImmediate();
          yield i;
        }
      }
      assert.deepEqual(await given.session.map((x: number) => x + 1, later()).toArray(), numbers(51).slice(1));
    });

    test('ends with the first failure and cancels the rest', async () => {
      const stream = given.session.map((x: number) => {
        if (x === 40) throw new Error('forty');
        return x;
      }, numbers(100_000));
      await assert.rejects(stream.toArray(), /forty/);
    });

    test('an error of the inputs is the error of the map', async () => {
      function* broken(): Generator<number> {
        yield 1;
        throw new Error('no more inputs');
      }
      await assert.rejects(given.session.map((x: number) => x, broken()).toArray(), /no more inputs/);
    });

    test('ends with its signal', async () => {
      const abort = new AbortController();
      const stream = given.session.map(
        (x: number) => new Promise<number>((resolve) => setTimeout(() => resolve(x), 50)),
        numbers(1000),
        { signal: abort.signal },
      );
      const all = stream.toArray();
      const reason = new Error('stop it');
      abort.abort(reason);
      await assert.rejects(all, (e) => e instanceof CancelledError && e.cause === reason && /stop it/.test(e.message));
    });

    test('whose signal was aborted before takes no input and ends as one that is aborted', async () => {
      let taken = 0;
      function* inputs(): Generator<number> {
        yield taken++;
      }
      const signal = AbortSignal.abort('before');
      const stream = given.session.map((x: number) => x, inputs(), { signal });
      await assert.rejects(stream.toArray(), (e) => e instanceof CancelledError && e.cause === 'before');
      assert.equal(taken, 0);
    });

    test('combine gives runs of neighbours that cover every input once', async () => {
      const join = (a: string, b: string): string => a + b;
      const parts = await given.session.map((x: number) => `${x},`, numbers(2000), { combine: join }).toArray();
      assert.ok(parts.length < 2000, 'nothing was combined');
      assert.equal(
        parts.join(''),
        numbers(2000)
          .map((x) => `${x},`)
          .join(''),
      );
    });

    test('reduce() combines all, in order, and knows the empty case', async () => {
      const concat = (a: string, b: string): string => a + b;
      assert.equal(
        await given.session.reduce((x: number) => String(x % 10), numbers(500), concat),
        numbers(500)
          .map((x) => x % 10)
          .join(''),
      );
      assert.equal(
        await given.session.reduce(
          (x: number) => x,
          [],
          (a, b) => a + b,
          { initial: 7 },
        ),
        7,
      );
      await assert.rejects(
        given.session.reduce(
          (x: number) => x,
          [],
          (a, b) => a + b,
        ),
        InvalidArgumentError,
      );
    });

    test('refuses what is no function, and a reduction of nothing to combine with, also of one input', async () => {
      const { session } = given;
      assert.throws(() => Reflect.apply(session.map, session, [5, [1]]), {
        code: 'INVALID_ARGUMENT',
        message: 'A map takes a function, remote or not, got 5',
      });
      for (const combine of [undefined, 'sum']) {
        const wrong = async (): Promise<unknown> =>
          Reflect.apply(session.reduce, session, [(x: number) => x, [1], combine]);
        await assert.rejects(wrong, {
          code: 'INVALID_ARGUMENT',
          message: /^reduce takes a function of two neighbours/,
        });
      }
    });

    test('onProgress counts up to all', async () => {
      const seen: number[] = [];
      await given.session.map((x: number) => x, numbers(3000), { onProgress: ({ done }) => seen.push(done) }).toArray();
      assert.equal(seen.at(-1), 3000);
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      );
    });
  });

  describe('several maps at once', () => {
    test('get on beside each other, and beside more tasks than their workers can soon run', async () => {
      const square = given.session.remote((x: number) => x * x);
      const flood = numbers(6000).map((i) => square(i));
      const maps = Array.from({ length: 3 }, () => given.session.map((x: number) => x, numbers(6000)).toArray());
      for (const results of await Promise.all(maps)) assert.deepEqual(results, numbers(6000));
      assert.equal((await given.session.get(flood)).length, 6000);
    });

    test('combine their own results only, though they are of one function and their positions follow on each other', async () => {
      const sum = (6000 * 5999) / 2;
      const add = (a: number, b: number): number => a + b;
      const maps = Array.from({ length: 4 }, (_, k) => {
        const inputs = numbers(6000).map((i) => i + k);
        return given.session.reduce((x: number) => x, inputs, add);
      });
      assert.deepEqual(
        await Promise.all(maps),
        numbers(4).map((k) => sum + 6000 * k),
      );
    });

    test('do not keep what comes after them waiting for all of their inputs', async () => {
      const spin = (x: number): number => {
        for (const end = performance.now() + 2; performance.now() < end; );
        return x;
      };
      let settled = 0;
      const long = given.session.map(spin, numbers(400)).forEach(() => {
        settled++;
      });
      const word = given.session.remote(() => 'soon');
      for (let i = 0; i < 3; i++) assert.equal(await word(), 'soon');
      assert.ok(settled < 300, `${settled} of 400 had to settle before`);
      await long;
    });
  });
}
