// Where a function stands: stacks that name the user's file and line, and files that a loader has rewritten.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { transform } from 'esbuild';
import { callerUrl, shipClass, shipFunction } from '../../../sdk/function-shipping/index.ts';
import { failHere, failLine } from '../../fixtures/function-shipping/own-names.ts';
import { Carrier, type FunctionLike, land, lineHere, refusalOf } from './carry.ts';

const carrier = new Carrier(import.meta.url);

interface Row<T extends number = number> {
  value: T;
}

/** The first frame of the stack of what a call throws. */
function frameOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof Error);
    return (error.stack ?? '').split('\n').find((line) => /^ {4}at /.test(line)) ?? '';
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

/** The same frame without the line of whoever called. */
async function sameFrame(fn: () => unknown, carried: Promise<() => unknown>): Promise<void> {
  const here = frameOf(fn);
  assert.match(here, /places\.test\.ts:\d+:\d+/);
  assert.equal(frameOf(await carried), here);
}

describe('a shipped function', () => {
  test('names the file, line and column of the user in its stacks, also with types around', async () => {
    const thrower = <T extends number>(row: Row<T> = { value: 1 as T }): T => {
      const text: string = `value ${row.value satisfies number}`;
      if (row.value > 0) throw new TypeError(text as string);
      return row.value;
    };
    await sameFrame(thrower, carrier.carry(thrower));
    const line = lineHere() - 4;
    assert.match(frameOf(await carrier.carry(thrower)), new RegExp(`/places\\.test\\.ts:${line}:\\d+`));
  });

  test('does so in its first line, whatever stands before it there', async () => {
    const inFirstLine = (
      (): (() => unknown) => () =>
        decodeURIComponent('%')
    )();
    const here = frameOf(inFirstLine);
    assert.equal(frameOf(await carrier.carry(inFirstLine)), here);
    // biome-ignore format: one line
    const first = (a: unknown = null) => { throw new RangeError(String(a)); };
    await sameFrame(first, carrier.carry(first));
  });

  test('does so when it captures, calls itself, or is used in a circle', async () => {
    const limit = 3;
    const even = (n: number = limit): boolean => {
      if (n < 0) throw new RangeError('even');
      return odd(n - 2);
    };
    const odd = (n: number): boolean => even(n - 1);
    function own(n = 2): number {
      if (n === 0) throw new RangeError('own');
      return own(n - 1);
    }
    await sameFrame(even, carrier.carry(even, { capture: { limit, odd, even } }));
    await sameFrame(own, carrier.carry(own));
  });

  test('does so as a method, in a class, and in an import() call', async () => {
    const holder = {
      async fail(): Promise<never> {
        throw new RangeError('method');
      },
      now() {
        throw new RangeError('method');
      },
    };
    await sameFrame(holder.now, carrier.carry(holder.now));
    class Thrower {
      readonly value: number = 1;
      fail(): never {
        throw new RangeError('in a class');
      }
    }
    const Received = await carrier.carryClass(Thrower);
    assert.equal(
      frameOf(() => new Received().fail()),
      frameOf(() => new Thrower().fail()),
    );
    const importing = async () => {
      const { join: joined } = await import('node:path');
      throw new RangeError(joined('a', 'b'));
    };
    const carried = await carrier.carry(importing);
    const [here, there] = await Promise.all(
      [importing, carried].map((fn) => fn().catch((error: Error) => error.stack?.split('\n')[1])),
    );
    assert.match(String(here), /places\.test\.ts/);
    assert.equal(there, here);
  });

  test('does so when it stands in another file', async () => {
    const carried = await carrier.carry(failHere);
    assert.match(
      frameOf(() => carried('x')),
      new RegExp(`failHere .*/own-names\\.ts:${failLine}:`),
    );
  });

  test('names itself when the place is not known', async () => {
    const made = await land(shipFunction(new Function('throw new Error("x")'), { name: 'made up' }));
    assert.ok(made instanceof Function);
    assert.match(
      frameOf(() => Reflect.apply(made, undefined, [])),
      /gridbook:anonymous:3:7/,
    );
  });

  test('counts all line ends of JavaScript', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gridbook-shipping-'));
    try {
      const url = pathToFileURL(join(folder, 'ends.mjs')).href;
      const lines = ['const a = "\u2028";', 'const b = 1;\r', '/* \u2029 */ const c = 2;', ''];
      const text = `${lines.join('\n')}export const fail = () => {\r  throw new Error(String(undefined));\r};\n`;
      await writeFile(new URL(url), text);
      const { fail }: { fail: FunctionLike } = await import(url);
      const received = await land(shipFunction(fail, { callerUrl: url }));
      assert.ok(received instanceof Function);
      assert.equal(
        frameOf(() => Reflect.apply(received, undefined, [])),
        frameOf(() => Reflect.apply(fail, undefined, [])),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a function of a file that a loader rewrote', () => {
  const source = `
import { join } from 'node:path';
import { end as finish } from './last.js';

type Text = string;

export const joined = (a: Text, n: number = 1_000): Text => {
  const inner = (text: Text) => { return text + '!' };
  function named(text: Text): Text { return inner(text) }
  return named(join(a, 'it\\'s')) + finish(n) + \`\${named.name} \${inner.name}\`;
};

export class Account<T> {
  readonly first: number = 1;
  static kind = class Inner {};
  path(name: Text): Text { return join(name, Account.kind.name); }
}

const secret = 1;
export const unknown = (): number => secret;
`;
  let folder = '';
  let url = '';
  let rewritten: Record<string, FunctionLike> = {};

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridbook-shipping-'));
    url = pathToFileURL(join(folder, 'source.ts')).href;
    await writeFile(join(folder, 'source.ts'), source);
    await writeFile(
      join(folder, 'last.ts'),
      "import { basename } from 'node:path';\nexport const end = (n: number) => ' end ' + basename('a/' + n) + ' ';\n",
    );
    // As tsx does it: what runs is not what stands in the file.
    const { code } = await transform(source, { loader: 'ts', format: 'esm', keepNames: true, minifyWhitespace: true });
    await writeFile(join(folder, 'rewritten.mjs'), code.replace('./last.js', './last.ts'));
    rewritten = await import(pathToFileURL(join(folder, 'rewritten.mjs')).href);
  });
  after(() => rm(folder, { recursive: true }));

  test('is found by its words, with its imports and its names', async () => {
    const joined = rewritten['joined'] ?? assert.fail();
    assert.ok(joined.toString().includes('__name'));
    const received = await land(shipFunction(joined, { callerUrl: url }));
    assert.ok(received instanceof Function);
    assert.equal(Reflect.apply(received, undefined, ['a']), Reflect.apply(joined, undefined, ['a']));
    assert.match(String(Reflect.apply(received, undefined, ['a'])), /it's! end 1000 named inner/);
    assert.equal(received.name, 'joined');
  });

  test('is found when it is a class', async () => {
    const Account = rewritten['Account'] ?? assert.fail();
    assert.ok(Account.toString().includes('__name'));
    const received = await land(shipClass(Account, { callerUrl: url }));
    assert.ok(received instanceof Function);
    const account: unknown = Reflect.construct(received, []);
    assert.ok(typeof account === 'object' && account !== null && 'path' in account && account.path instanceof Function);
    assert.equal(account.path('a'), join('a', 'Inner'));
  });

  test('is refused by the line of its source', () => {
    assert.match(
      refusalOf(() => shipFunction(rewritten['unknown']!, { callerUrl: url })),
      /"secret" \(line 1 of its source\), declared in line 19,/,
    );
  });

  test('keeps its names when the compiled file itself is what runs', async () => {
    const compiled = pathToFileURL(join(folder, 'rewritten.mjs')).href;
    const received = await land(shipFunction(rewritten['joined']!, { callerUrl: compiled }));
    assert.ok(received instanceof Function);
    assert.match(String(Reflect.apply(received, undefined, ['a'])), /named inner/);
  });

  test('is found through an import of .js that means .ts', async () => {
    const { end }: { end: FunctionLike } = await import(pathToFileURL(join(folder, 'last.ts')).href);
    const received = await land(shipFunction(end, { callerUrl: url }));
    assert.ok(received instanceof Function);
    assert.equal(Reflect.apply(received, undefined, [5]), ' end 5 ');
  });

  test('with enums, which no type stripping can take off, is found too', async () => {
    const text = `import { join } from 'node:path';\nenum Side { left, right }\nexport const side = (): string => join('a', 'b');\n`;
    await writeFile(join(folder, 'enums.ts'), `${text}export const names = Side;\n`);
    const { code } = await transform(text, { loader: 'ts', format: 'esm' });
    await writeFile(join(folder, 'enums.mjs'), code);
    const { side }: { side: FunctionLike } = await import(pathToFileURL(join(folder, 'enums.mjs')).href);
    const enums = pathToFileURL(join(folder, 'enums.ts')).href;
    const received = await land(shipFunction(side, { callerUrl: enums }));
    assert.ok(received instanceof Function);
    assert.equal(Reflect.apply(received, undefined, []), join('a', 'b'));
  });
});

describe('callerUrl()', () => {
  test('gives the file that called, through functions of its own and after a wait', async () => {
    const inner = () => callerUrl();
    assert.equal(inner(), import.meta.url);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(inner(), import.meta.url);
  });

  test('gives nothing for code that stands in no file', () => {
    const evaluated: unknown = runInThisContext('(f) => f()', { filename: 'prompt' });
    assert.ok(evaluated instanceof Function);
    assert.equal(evaluated(callerUrl), undefined);
    assert.equal(new Function('f', 'return f()')(callerUrl), undefined);
  });

  test('leaves the stacks of others as they were', () => {
    const { prepareStackTrace, stackTraceLimit } = Error;
    callerUrl();
    assert.deepEqual([Error.prepareStackTrace, Error.stackTraceLimit], [prepareStackTrace, stackTraceLimit]);
    assert.match(new Error('x').stack ?? '', /places\.test\.ts/);
  });
});
