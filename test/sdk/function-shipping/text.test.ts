// The text of functions: what only looks like code, names of all scripts, length, and the bytes that it becomes.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: text that looks like code is what is tested

import assert from 'node:assert/strict';
import { sep } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { mean } from 'simple-statistics';
import { shipClass, shipFunction } from '../../../sdk/function-shipping/index.ts';
import { add } from '../../fixtures/function-shipping/numbers.ts';
import { Carrier, type FunctionLike, land } from './carry.ts';

const carrier = new Carrier(import.meta.url);
const callerUrl = import.meta.url;

async function call(fn: FunctionLike, args: unknown[] = [], capture: Record<string, unknown> = {}): Promise<unknown> {
  const received = await land(shipFunction(fn, { callerUrl, capture }));
  assert.ok(received instanceof Function);
  return Reflect.apply(received, undefined, args);
}

/** What a call gives or throws. */
function outcomeOf(fn: unknown): unknown {
  assert.ok(fn instanceof Function);
  try {
    return { value: Reflect.apply(fn, undefined, [1, 2]) };
  } catch (error) {
    return { thrown: String(error) };
  }
}

describe('the text of a function', () => {
  test('may have comments that look like code', async () => {
    const commented = await carrier.carry((/* secret = eval(x) */ n: number) => {
      // import('./nowhere.ts'); this.secret; arguments; }
      /* secret++ ; import.meta.url; super.x } ` ${ */
      return n /* }) */ + 1; // ' " `
    });
    assert.equal(commented(1), 2);
  });

  test('may have strings, templates and regular expressions that look like code', async () => {
    const texts = await carrier.carry((n: number) => [
      'secret + import("./nowhere.ts") // } \' "',
      "`${secret}` /* ' */",
      `this.secret ${n} \${secret} ${`inner ${n + 1} } \``} import.meta`,
      /secret\/[/*`'"]+(?<secret>\d)\}/u.source,
      'secret9'.replace(/secret(?<secret>\d)/, '$<secret>'),
      String.raw`\n${n}\u{`.length,
      n / 2 / 1,
      n++ / 2,
      '<!-- secret -->',
      '\u2028'.length,
    ]);
    assert.deepEqual(texts(2), [
      'secret + import("./nowhere.ts") // } \' "',
      "`${secret}` /* ' */",
      'this.secret 2 ${secret} inner 3 } ` import.meta',
      'secret\\/[/*`\'"]+(?<secret>\\d)\\}',
      '9',
      6,
      1,
      1,
      '<!-- secret -->',
      1,
    ]);
  });

  test('may have what looks like HTML comments and is none', async () => {
    assert.deepEqual(await call(new Function('n', 'let s = 0; while (n --> 0) s++; return s'), [3]), 3);
    assert.deepEqual(await call(new Function('a', 'b', 'return a < !--b')), false);
    assert.equal(await call(new Function('return `\n--> <!-- x`')), '\n--> <!-- x');
    assert.equal(await call(new Function('return /<!--/.source + "<!--"')), '<!--<!--');
  });

  test('may end in a comment or begin with brackets, a regular expression, an object or a template', async () => {
    for (const [text, expected] of [
      ['() => 1 // end', 1],
      ['() => ({}) /* end */', {}],
      ['() => /a/.source', 'a'],
      ['() => `t`', 't'],
      ['async (x) => (x, 2)', 2],
      ['(function () { return 3 })', 3],
      ['async x => 4', 4],
      ['async function () { return 5 }', 5],
      ['({ async "x y"() { return 6 } })["x y"]', 6],
      ['(a, b = ")", c = "=>") => 7', 7],
      ['(\n) =>\n8', 8],
    ] as const) {
      const fn: unknown = new Function(`return ${text}`)();
      assert.ok(fn instanceof Function);
      assert.deepEqual(await call(fn), expected, text);
    }
  });

  test('may have keys, labels, properties and exports of any name', async () => {
    const named = await carrier.carry((secret: { secret: number; eval?: number }) => {
      for (;;) break;
      const { secret: value, eval: other = 1 } = secret;
      const made = { secret: value, import: 1, this: 2, arguments: 3, new: 4, get: 5, async: 6 };
      return [made.import, made.this, made.arguments, made.new, made.secret, other, made.get + made.async];
    });
    assert.deepEqual(named({ secret: 9 }), [1, 2, 3, 4, 9, 1, 11]);
  });

  test('may have names of any script, also written with escapes', async () => {
    const größe = 2;
    const 変数 = 3;
    const $ = 4;
    const _ = 5;
    const 𝒳 = 6;
    const all = await carrier.carry((été: number) => [été, größe, 変数, $, _, 𝒳, '😀'.length], {
      capture: { größe, 変数, $, _, 𝒳 },
    });
    assert.deepEqual(all(1), [1, 2, 3, 4, 5, 6, 2]);
    assert.equal(await call(new Function('return f\\u0061ctor * 2'), [], { factor: 4 }), 8);
    const afterEmoji = await carrier.carry(async () => ['😀', (await import('node:path')).sep]);
    assert.deepEqual(await afterEmoji(), ['😀', sep]);
  });

  test('may be very long', async () => {
    const sum = Array.from({ length: 20_000 }, (_, i) => `const v${i} = ${i === 0 ? 'start' : `v${i - 1} + 1`};`);
    const long = new Function('start', `${sum.join('\n')}\nreturn v19999;`);
    assert.ok(long.toString().length > 500_000);
    assert.equal(await call(long, [1]), 20_000);
  });

  test('may have new syntax', async () => {
    assert.equal(
      await call(
        new Function(`
          class Handle { open = true; [Symbol.dispose]() { this.open = false } }
          let kept;
          { using handle = new Handle(); kept = handle }
          const big = 10n ** 20n;
          let none; none ??= { a: { b: [1, 2] } };
          return [kept.open, String(big), none?.a?.b.at(-1), Object.hasOwn({}, 'a'), /[\\p{L}--[a-z]]/v.test('Ä')].join();
        `),
      ),
      'false,100000000000000000000,2,false,true',
    );
  });

  test('with an expression of any kind gives what it gives here', async () => {
    const leaf = fc.oneof(
      fc.integer({ min: -9, max: 9 }).map((n) => `(${n})`),
      fc.constantFrom('a', 'b', 'captured', 'Math.PI', '"captured // `"', '`${a}}`', '/[/}]/g.source'),
    );
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc
          .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/', '<', '??', '&&', ',', '==='), tie('expression'))
          .map(([left, operator, right]) => `((${left}) ${operator} (${right}))`),
        tie('expression').map((inner) => `((captured) => ${inner})(${inner})`),
        tie('expression').map((inner) => `(function self(a, n = 1) { return n ? self(${inner}, 0) : a })(1)`),
        tie('expression').map((inner) => `[...[${inner}]].map((b) => ({ b, ...{ a: ${inner} } }).a)[0]`),
        tie('expression').map((inner) => `(() => { let { captured = ${inner} } = {}; return captured })()`),
        tie('expression').map((inner) => `\`\${${inner}} // \${1}\``),
        tie('expression').map((inner) => `new (class { #a = ${inner}; get a() { return this.#a } })().a`),
      ),
    }));
    const seed = Date.now() & 0x7fffffff;
    await fc.assert(
      fc.asyncProperty(expression, async (text) => {
        const captured = 3;
        const here: unknown = new Function('captured', `'use strict'; return (a, b) => ${text}`)(captured);
        assert.ok(here instanceof Function);
        const options = { callerUrl, capture: { captured }, unusedCapture: 'allow' } as const;
        const received = await land(shipFunction(here, options));
        assert.deepEqual(outcomeOf(received), outcomeOf(here));
      }),
      { seed, numRuns: 300 },
    );
  });
});

describe('the code of a shipment', () => {
  async function bytesOf(fn: FunctionLike, capture: Record<string, unknown> = {}): Promise<string> {
    return JSON.stringify((await shipFunction(fn, { callerUrl, capture })).code);
  }

  test('has the same bytes for the same function, each time', async () => {
    const scale = 2;
    const helper = (x: number) => x * scale;
    const fn = (xs: number[]) => helper(mean(xs)) + add({ a: 1, b: 2 });
    assert.equal(await bytesOf(fn, { scale, helper }), await bytesOf(fn, { helper, scale }));
  });

  test('has the same bytes for functions of one text at one place', async () => {
    const make = () => (xs: number[]) => mean(xs) + add({ a: xs.length, b: 2 });
    assert.equal(await bytesOf(make()), await bytesOf(make()));
  });

  test('has the same bytes whatever the captured values are', async () => {
    let value = 1;
    const fn = () => value;
    const first = await bytesOf(fn, { value });
    value = 2;
    assert.equal(await bytesOf(fn, { value }), first);
  });

  test('has other bytes for another text, import or captured function', async () => {
    const pick = (n: number) => n;
    const texts = await Promise.all([
      bytesOf((n: number) => pick(n), { pick }),
      bytesOf((n: number) => pick(n), { pick: (n: number) => n + 1 }),
      bytesOf((n: number) => pick(n), { pick: 1 }),
      bytesOf((n: number) => n),
    ]);
    assert.equal(new Set(texts).size, texts.length);
  });

  test('has no key without a value', async () => {
    class Plain {}
    for (const { code } of [
      await shipFunction(() => 0, { callerUrl }),
      await shipFunction(new Function('return 0')),
      await shipFunction(() => mean([1]), { callerUrl }),
      await shipClass(Plain, { callerUrl }),
    ]) {
      assert.deepEqual(JSON.parse(JSON.stringify(code)), structuredClone(code));
    }
  });
});
