// Every form of function that can be shipped does on the other side what it does here.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { shipFunction } from '../../../sdk/function-shipping/index.ts';
import { Carrier, land } from './carry.ts';

const carrier = new Carrier(import.meta.url);

const methods = {
  plain(x: number) {
    return x + 1;
  },
  async later(x: number) {
    await null;
    return x + 2;
  },
  'a key with spaces'(x: number) {
    return x + 3;
  },
  ['com' + 'puted'](x: number) {
    return x + 4;
  },
  [Symbol.for('gridbook.test')](x: number) {
    return x + 5;
  },
  get(x: number) {
    return x + 6;
  },
  static(x: number) {
    return x + 7;
  },
  arrow: (x: number) => x + 8,
  old: (x: number) => x + 9,
  countdown(n: number): number[] {
    const steps = (k: number): number[] => (k === 0 ? [] : [k, ...steps(k - 1)]);
    return steps(n);
  },
  __proto__(x: number) {
    return x + 10;
  },
};

class Tools {
  static sum(numbers: number[]): number {
    let total = 0;
    for (const n of numbers) total += n;
    return total;
  }

  static #hidden(x: number): number {
    return x * 2;
  }

  static hidden = Tools.#hidden;

  async double(x: number): Promise<number> {
    return x * 2;
  }
}

describe('shipFunction()', () => {
  test('ships arrow functions with and without a body', async () => {
    assert.equal(await (await carrier.carry((a: number, b: number) => a * b))(6, 7), 42);
    const withBody = await carrier.carry((a: number) => {
      const b = a + 1;
      return { a, b };
    });
    assert.deepEqual(withBody(1), { a: 1, b: 2 });
    assert.deepEqual((await carrier.carry(() => ({})))(), {});
    assert.deepEqual((await carrier.carry(() => [1, 2].map((x) => x * 2)))(), [2, 4]);
  });

  test('ships functions with the keyword, named and not', async () => {
    const anonymous = await carrier.carry(function (this: void, a: number) {
      return a - 1;
    });
    assert.equal(anonymous(3), 2);
    function declared(a: number) {
      return a - 2;
    }
    assert.equal((await carrier.carry(declared))(3), 1);
  });

  test('ships async functions of each form', async () => {
    assert.equal(await (await carrier.carry(async (x: number) => (await Promise.resolve(x)) + 1))(1), 2);
    async function named(x: number) {
      for await (const y of [Promise.resolve(x)]) return y * 3;
      return 0;
    }
    assert.equal(await (await carrier.carry(named))(2), 6);
  });

  test('ships methods whatever their key is', async () => {
    assert.equal((await carrier.carry(methods.plain))(1), 2);
    assert.equal(await (await carrier.carry(methods.later))(1), 3);
    assert.equal((await carrier.carry(methods['a key with spaces']))(1), 4);
    assert.equal((await carrier.carry(methods['computed']!))(1), 5);
    assert.equal((await carrier.carry(methods[Symbol.for('gridbook.test')]!))(1), 6);
    assert.equal((await carrier.carry(methods.get))(1), 7);
    assert.equal((await carrier.carry(methods.static))(1), 8);
    assert.equal((await carrier.carry(methods.arrow))(1), 9);
    assert.equal((await carrier.carry(methods.old))(1), 10);
    assert.deepEqual((await carrier.carry(methods.countdown))(3), [3, 2, 1]);
    const proto: unknown = Object.getOwnPropertyDescriptor(methods, '__proto__')?.value;
    assert.ok(proto instanceof Function);
    const received = await land(shipFunction(proto));
    assert.ok(received instanceof Function);
    assert.equal(Reflect.apply(received, undefined, [1]), 11);
  });

  test('ships static, private and instance methods that use no object', async () => {
    assert.equal((await carrier.carry(Tools.sum))([1, 2, 3]), 6);
    assert.equal((await carrier.carry(Tools.hidden))(4), 8);
    assert.equal(await (await carrier.carry(new Tools().double))(4), 8);
  });

  test('ships functions made of text', async () => {
    const made: unknown = new Function('a', 'b', 'return a + b // the sum');
    assert.ok(made instanceof Function);
    const sum = await land(shipFunction(made));
    assert.ok(sum instanceof Function);
    assert.equal(Reflect.apply(sum, undefined, [1, 2]), 3);
  });

  test('keeps default, destructured and rest parameters', async () => {
    const defaults = await carrier.carry(
      (a: number, b = a + 1, { c = b + 1, ...others }: { c?: number; d?: number } = {}) => {
        return [a, b, c, others];
      },
    );
    assert.deepEqual(defaults(1), [1, 2, 3, {}]);
    assert.deepEqual(defaults(1, 5, { d: 9 }), [1, 5, 6, { d: 9 }]);
    const nested = await carrier.carry(([first, [second = 2] = []]: [number, number[]?], ...rest: string[]) => {
      return { first, second, rest };
    });
    assert.deepEqual(nested([1], 'a', 'b'), { first: 1, second: 2, rest: ['a', 'b'] });
    const calling = await carrier.carry(
      (n: number, double = (x: number) => x * 2, { length }: number[] = [double(n)]) => length + double(n),
    );
    assert.equal(calling(4), 9);
  });

  test('keeps the number of parameters and the name', async () => {
    function three(_a: number, _b: number, _c = 0) {}
    const received = await carrier.carry(three);
    assert.equal(received.length, 2);
    assert.equal(received.name, 'three');
    const assigned = () => 0;
    assert.equal((await carrier.carry(assigned)).name, 'assigned');
    assert.equal((await carrier.carry(methods.plain)).name, 'plain');
    assert.equal((await carrier.carry(methods[Symbol.for('gridbook.test')]!)).name, '[gridbook.test]');
    assert.equal((await carrier.carry(() => 0)).name, '');
    const renamed = Object.defineProperty(() => 0, 'name', { value: 'other name' });
    assert.equal((await carrier.carry(renamed)).name, 'other name');
    const declared = Object.defineProperty(function first() {}, 'name', { value: 'second' });
    assert.equal((await carrier.carry(declared)).name, 'second');
  });

  test('uses generators, classes and functions declared inside', async () => {
    const inside = await carrier.carry((n: number) => {
      function* upTo(limit: number) {
        for (let i = 0; i < limit; i++) yield i;
      }
      class Sum {
        #total = 0;
        add(x: number) {
          this.#total += x;
          return this;
        }
        get total() {
          return this.#total;
        }
      }
      const sum = new Sum();
      for (const i of upTo(n)) sum.add(i);
      return sum.total;
    });
    assert.equal(inside(5), 10);
  });

  test('keeps `this`, `arguments`, `super` and `new.target` that are those of something inside', async () => {
    const inside = await carrier.carry((n: number) => {
      function old() {
        // biome-ignore lint/complexity/noArguments: this form is what is tested
        return arguments.length;
      }
      class Base {
        readonly made: string;
        constructor() {
          this.made = new.target.name;
        }
        size() {
          return n;
        }
      }
      class Derived extends Base {
        override size() {
          return super.size() + 1;
        }
      }
      const holder = {
        n,
        twice() {
          return [this.n].map((x) => x * 2)[0];
        },
      };
      const derived = new Derived();
      return [Reflect.apply(old, undefined, [1, 2]), derived.size(), derived.made, holder.twice()];
    });
    assert.deepEqual(inside(3), [2, 4, 'Derived', 6]);
    function own(..._: number[]) {
      // biome-ignore lint/complexity/noArguments: this form is what is tested
      return [...arguments].length;
    }
    assert.equal((await carrier.carry(own))(1, 2, 3), 3);
  });

  test('keeps shadowed names apart', async () => {
    const value = 'captured';
    const shadowed = await carrier.carry(
      (input: string) => {
        const seen = [value, input];
        {
          const value = 'block';
          seen.push(value);
        }
        for (const value of ['loop']) seen.push(value);
        try {
          throw 'catch';
        } catch (value) {
          seen.push(String(value));
        }
        const inner = (value: string) => value;
        seen.push(inner('parameter'));
        for (;;) break;
        return [...seen, { value: 'key' }.value];
      },
      { capture: { value } },
    );
    assert.deepEqual(shadowed('in'), ['captured', 'in', 'block', 'loop', 'catch', 'parameter', 'key']);
  });

  test('lets own variables shadow globals', async () => {
    const shadowing = await carrier.carry((name: string) => {
      const URL = { parse: (text: string) => `mine ${text}` };
      var process = name;
      return [URL.parse('x'), process];
    });
    assert.deepEqual(shadowing('p'), ['mine x', 'p']);
  });

  test('gives closures made on the other side a state of their own', async () => {
    const counter = await carrier.carry((start: number) => {
      let n = start;
      const next = () => ++n;
      return [next(), next(), next()];
    });
    assert.deepEqual(counter(1), [2, 3, 4]);
    assert.deepEqual(counter(1), [2, 3, 4]);
  });

  test('knows itself by its own name, by its variable, and as a method by neither', async () => {
    function factorial(n: number): number {
      return n < 2 ? 1 : n * factorial(n - 1);
    }
    assert.equal((await carrier.carry(factorial))(5), 120);
    const fibonacci = (n: number): number => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));
    assert.equal((await carrier.carry(fibonacci))(10), 55);
    const outer = function inner(n: number): number {
      return n === 0 ? 0 : 1 + inner(n - 1);
    };
    assert.equal((await carrier.carry(outer))(7), 7);
  });

  test('runs in strict mode', async () => {
    const strict = await carrier.carry(() => {
      function whatIsThis(this: unknown) {
        return this;
      }
      const frozen = Object.freeze({ a: 1 });
      let refused = '';
      try {
        Object.assign(frozen, { a: 2 });
        Reflect.get(frozen, 'a');
      } catch (error) {
        refused = error instanceof TypeError ? 'TypeError' : 'other';
      }
      return [whatIsThis(), refused];
    });
    assert.deepEqual(strict(), [undefined, 'TypeError']);
    const script = new Function('o', 'o.a = 2; return o.a');
    const received = await land(shipFunction(script));
    assert.ok(received instanceof Function);
    assert.throws(() => Reflect.apply(received, undefined, [Object.freeze({ a: 1 })]), TypeError);
  });

  test('has the globals of the language and of Node', async () => {
    const globals = await carrier.carry(() =>
      [
        Math.max,
        Buffer.from,
        process.cwd,
        setTimeout,
        structuredClone,
        console.log,
        URL,
        fetch,
        performance.now,
        crypto.randomUUID,
        AbortController,
        globalThis.queueMicrotask,
      ].map((value) => typeof value),
    );
    assert.deepEqual(new Set(globals()), new Set(['function']));
  });

  test('may ask for the type of a variable that is nowhere', async () => {
    const asking = new Function('return typeof window === "undefined" ? "worker" : window.name');
    const received = await land(shipFunction(asking));
    assert.ok(received instanceof Function);
    assert.equal(Reflect.apply(received, undefined, []), 'worker');
  });

  test('makes errors and values of the same classes as the worker', async () => {
    const failing = await carrier.carry((error: unknown) => {
      if (error instanceof Error) throw new TypeError('mine', { cause: error });
      return [error instanceof Map, error instanceof Uint8Array];
    });
    assert.deepEqual(failing(new Map()), [true, false]);
    assert.deepEqual(failing(new Uint8Array()), [false, true]);
    assert.throws(
      () => failing(new Error('given')),
      (thrown) => thrown instanceof TypeError && thrown instanceof Error && thrown.cause instanceof Error,
    );
  });
});
