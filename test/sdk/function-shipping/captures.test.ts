// Captured values, functions and classes: what comes along, and functions that use each other.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { shipFunction } from '../../../sdk/function-shipping/index.ts';
import { Carrier, type FunctionLike, land, refusalOf } from './carry.ts';

const carrier = new Carrier(import.meta.url);
const callerUrl = import.meta.url;

describe('shipFunction() with captures', () => {
  test('gives each use of a captured variable its value', async () => {
    const factor = 3;
    const words = { list: ['a', 'b'] };
    const used = await carrier.carry(
      (n: number, key = words.list[0]) => {
        const inner = () => factor * n;
        return { inner: inner(), key, factor, text: `${factor} ${words.list.length}` };
      },
      { capture: { factor, words } },
    );
    assert.deepEqual(used(2), { inner: 6, key: 'a', factor: 3, text: '3 2' });
  });

  test('gives values as they are, also undefined, and under names that look like its own', async () => {
    const nothing = undefined;
    const $made = 1;
    const $values = 2;
    const b0 = 3;
    const keepName = 4;
    const all = await carrier.carry(() => [nothing, $made, $values, b0, keepName], {
      capture: { nothing, $made, $values, b0, keepName },
    });
    assert.deepEqual(all(), [undefined, 1, 2, 3, 4]);
  });

  test('gives a value under the name __proto__', async () => {
    const capture = { ['__proto__']: { n: 5 }, plain: 1 };
    const shipment = await shipFunction(new Function('return [__proto__, plain]'), { callerUrl, capture });
    assert.deepEqual(Object.keys(shipment.captures), ['__proto__', 'plain']);
    const received = await land(shipment);
    assert.ok(received instanceof Function);
    assert.deepEqual(received(), [{ n: 5 }, 1]);
  });

  test('prefers a capture to an import and to a global', async () => {
    const shadowing = await carrier.carry(() => [typeof assert, typeof URL], { capture: { assert: 1, URL: 'text' } });
    assert.deepEqual(shadowing(), ['number', 'string']);
  });

  test('leaves captured values out of the code', async () => {
    const secret = 'a value that is not code';
    const { code, captures } = await shipFunction(() => secret, { callerUrl, capture: { secret } });
    assert.equal(JSON.stringify(code).includes(secret), false);
    assert.deepEqual(captures, { secret });
  });

  test('takes the variables of captured functions from the same captures', async () => {
    const base = 10;
    const addBase = (n: number) => n + base;
    const twice = (n: number) => addBase(addBase(n));
    async function later(n: number) {
      return twice(n) + base;
    }
    const all = await carrier.carry((n: number) => later(n), { capture: { base, addBase, twice, later } });
    assert.equal(await all(1), 31);
  });

  test('ships a function once that several captured functions use', async () => {
    const make = () => {};
    const left = () => make;
    const right = () => make;
    const capture = { make, left, right };
    const shipment = await shipFunction(() => [left(), right(), make], { callerUrl, capture });
    assert.equal(shipment.code.kind === 'source' && shipment.code.functions.length, 4);
    const [a, b, c] = await carrier.carry(() => [left(), right(), make], { capture }).then((f) => f());
    assert.equal(a, b);
    assert.equal(b, c);
  });

  test('ships captured methods, async functions and generators', async () => {
    const tools = {
      half(n: number) {
        return n / 2;
      },
    };
    function* upTo(n: number) {
      for (let i = 0; i < n; i++) yield i;
    }
    async function* slowly(n: number) {
      for (let i = 0; i < n; i++) yield i;
    }
    const { half } = tools;
    const all = await carrier.carry(
      async (n: number) => {
        const seen = [...upTo(half(n))];
        for await (const x of slowly(2)) seen.push(x);
        return seen;
      },
      { capture: { half, upTo, slowly } },
    );
    assert.deepEqual(await all(6), [0, 1, 2, 0, 1]);
  });

  test('lets functions use each other in a circle of two', async () => {
    const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
    const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);
    const even = await carrier.carry(isEven, { capture: { isEven, isOdd } });
    assert.deepEqual([even(10), even(7)], [true, false]);
    const other = await carrier.carry(isOdd, { capture: { isEven, isOdd } });
    assert.deepEqual([other(10), other(7)], [false, true]);
  });

  test('lets functions use each other in circles that share members', async () => {
    const a = (n: number): string => (n === 0 ? '' : `a${b(n - 1)}`);
    const b = (n: number): string => (n === 0 ? '' : `b${c(n - 1)}${a(0)}`);
    const c = (n: number): string => (n === 0 ? '' : `c${a(n - 1)}${c(0)}${b(0)}`);
    const start = await carrier.carry((n: number) => [a(n), b(n), c(n)], { capture: { a, b, c } });
    assert.deepEqual(start(4), ['abca', 'bcab', 'cabc']);
  });

  test('knows itself under several names at once', async () => {
    const count = (n: number): number => (n === 0 ? 0 : 1 + again(n - 1));
    const again = count;
    const both = (n: number): number => (n === 0 ? 0 : 1 + Math.max(both(n - 1), same(n - 1), third(n - 1)));
    const same = both;
    const third = both;
    assert.equal((await carrier.carry(count, { capture: { again } }))(4), 4);
    assert.equal((await carrier.carry(both, { capture: { same, third } }))(3), 3);
    assert.equal((await carrier.carry(both, { capture: { both, same, third } }))(3), 3);
  });

  test('uses a captured function of the same text but other captures as what it is', async () => {
    const makers = [1, 2].map((k) => Object.assign((n: number) => n * 10, { k }));
    const [first, second] = makers;
    const both = await carrier.carry((n: number) => [first?.(n), second?.(n)], { capture: { first, second } });
    assert.deepEqual(both(1), [10, 10]);
  });

  test('follows captured functions to a depth and refuses what is deeper', () => {
    const chain = (length: number): Record<string, FunctionLike> => {
      const links: [string, FunctionLike][] = [['f0', new Function('return 0')]];
      for (let i = 1; i < length; i++) links.push([`f${i}`, new Function(`return 1 + f${i - 1}()`)]);
      return Object.fromEntries(links);
    };
    const deep = chain(64);
    assert.doesNotThrow(() => shipFunction(new Function('return f63()'), { capture: deep }));
    const deeper = chain(66);
    assert.match(
      refusalOf(() => shipFunction(new Function('return f65()'), { capture: deeper })),
      /more than 64 deep/,
    );
  });

  test('refuses a capture that nothing uses, unless that is allowed', async () => {
    const factor = 2;
    const faktor = 2;
    const message = refusalOf(() =>
      shipFunction((n: number) => n * factor, { callerUrl, capture: { factor, faktor } }),
    );
    assert.match(message, /the capture "faktor" is not used, for nothing in it has that name/);
    const shadowed = refusalOf(() =>
      shipFunction(
        (n: number) => {
          const factor = 3;
          return n * factor;
        },
        { callerUrl, capture: { factor } },
      ),
    );
    assert.match(shadowed, /the capture "factor" is not used, for "factor" is a variable of its own/);
    const allowed = await carrier.carry((n: number) => n, { capture: { factor }, unusedCapture: 'allow' });
    assert.equal(allowed(1), 1);
  });

  test('takes a capture as used when only a captured function uses it', async () => {
    const base = 1;
    const inner = () => base;
    assert.equal((await carrier.carry(() => inner(), { capture: { inner, base } }))(), 1);
  });

  test('refuses captures that are not an object', () => {
    for (const capture of [null, [1], 'x']) {
      const options = { callerUrl };
      Object.assign(options, { capture });
      assert.match(
        refusalOf(() => shipFunction(() => 0, options)),
        /capture takes an object/,
      );
    }
  });

  test('receives functions apart from each other', async () => {
    const state = { n: 0 };
    const add = () => {
      state.n++;
      return state.n;
    };
    const shipment = await shipFunction(add, { callerUrl, capture: { state } });
    const copies = await Promise.all(
      [1, 2].map(() => land({ code: shipment.code, captures: structuredClone(shipment.captures) })),
    );
    const results = copies.map((copy) => (copy instanceof Function ? [copy(), copy()] : []));
    assert.deepEqual(results, [
      [1, 2],
      [1, 2],
    ]);
    assert.equal(state.n, 0);
  });
});
