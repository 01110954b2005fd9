// What cannot be shipped is refused at the call, with a reason, the place, and what would do instead.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { shipClass, shipFunction } from '../../../sdk/function-shipping/index.ts';
import { read } from '../../fixtures/function-shipping/state.ts';
import { type FunctionLike, land, lineHere, refusalOf } from './carry.ts';

const callerUrl = import.meta.url;
const file = 'refusals\\.test\\.ts';
const loose: Record<string, FunctionLike> = createRequire(import.meta.url)(
  '../../fixtures/function-shipping/loose.cjs',
);
const looseUrl = new URL('../../fixtures/function-shipping/loose.cjs', import.meta.url).href;

function refuse(fn: FunctionLike, capture?: Record<string, unknown>): string {
  return refusalOf(() => shipFunction(fn, { callerUrl, ...(capture === undefined ? {} : { capture }) }));
}

/** Asserts that a function is refused with a text, and with the line of it that is given. */
function refusedAt(line: number, fn: FunctionLike, text: RegExp, capture?: Record<string, unknown>): void {
  const message = refuse(fn, capture);
  assert.match(message, text);
  assert.match(message, new RegExp(`\\(${file}:${line}\\)`));
}

describe('shipFunction() refuses', () => {
  test('a variable that is neither its own nor captured, with its line and the two ways out', () => {
    const line = lineHere();
    const secret = 1;
    const uses = (x: number) => {
      const y = x;
      return y + secret;
    };
    const message = refuse(uses);
    assert.equal(
      message,
      `Cannot ship "uses": it uses the variable "secret" (refusals.test.ts:${line + 4}), declared in line ${line + 1}, ` +
        'which is not its own. Give its value, { capture: { secret } }, or move it into the function or into a module ' +
        'that you ship by its URL',
    );
  });

  test('such a variable of a function that another file exports, with the way in which that file goes along', async () => {
    assert.match(
      refuse(read),
      /"count" \(state\.ts:\d+\).*by its URL, or ship a function that imports and calls it, \(\.\.\.args\) => read\(\.\.\.args\)$/,
    );
    const called: unknown = await land(shipFunction(() => read(), { callerUrl }));
    assert.ok(called instanceof Function);
    assert.equal(await called(), 0);
  });

  test('such a variable wherever it stands in the function', () => {
    const secret = 1;
    refusedAt(lineHere(), (x = secret) => x, /"secret"/);
    refusedAt(lineHere(), ({ [secret]: x }: Record<number, unknown>) => x, /"secret"/);
    refusedAt(lineHere(), () => `a ${`b ${secret}`}`, /"secret"/);
    refusedAt(lineHere(), () => ({ secret }), /"secret"/);
    refusedAt(lineHere(), () => () => [...[secret]], /"secret"/);
    refusedAt(lineHere(), () => typeof secret, /"secret"/);
    const inClass = () => {
      return class {
        readonly at = secret;
      };
    };
    refusedAt(lineHere() - 3, inClass, /"secret"/);
    const beforeShadow = (a: number) => (a > secret ? ((secret: number) => secret)(a) : 0);
    refusedAt(lineHere() - 1, beforeShadow, /"secret"/);
  });

  test('a variable of a function whose text stands in several lines, naming them', () => {
    const secret = Date.now();
    const first = (n: number) => n * secret;
    const second = [(n: number) => n * secret, (n: number) => n * secret][0] ?? assert.fail();
    const line = lineHere();
    for (const fn of [first, second]) {
      assert.match(refuse(fn), new RegExp(`"secret" \\(refusals\\.test\\.ts:${line - 2} or ${line - 1}\\)`));
    }
  });

  test('a variable that is declared nowhere', () => {
    assert.match(
      refuse(new Function('return nowhere + 1')),
      /Cannot ship "anonymous": it uses the variable "nowhere" \(line 3 of its source\) which is not its own\./,
    );
    const name = refusalOf(() => shipFunction(new Function('return nowhere'), { callerUrl, name: 'my task' }));
    assert.match(name, /^Cannot ship "my task": /);
  });

  test('a name of a global that means something else in its file', () => {
    const performance = { now: () => 1 };
    refusedAt(lineHere(), () => performance.now(), /"performance".*declared in line \d+,/);
    refusedAt(lineHere(), () => typeof performance, /"performance"/);
  });

  test('a name that means different things where functions of this text stand', () => {
    const functions = [
      (
        (URL: string) => () =>
          URL.length
      )('own'),
      (
        () => () =>
          URL.length
      )(),
    ];
    for (const fn of functions) assert.match(refuse(fn), /"URL".*several places, where it differs/);
  });

  test('itself by a variable that has another value later', () => {
    let again = (n: number): number => (n === 0 ? 0 : again(n - 1));
    const first = again;
    again = () => -1;
    assert.match(refuse(first), /"again"/);
  });

  test('native functions and bound ones', () => {
    assert.match(refuse(Math.max), /Cannot ship "max": its source is native code.*\(\.\.\.args\) => f\(\.\.\.args\)/);
    assert.match(refuse(Map), /native code/);
    const bound = function add(this: void, a: number) {
      return a;
    }.bind(undefined, 1);
    assert.match(refuse(bound), /bound functions hide their source\. Ship the function itself/);
    assert.match(
      refuse((x: number) => max(x), { max: Math.max }),
      /Cannot ship "max": its source is native code/,
    );
    function max(x: number): number {
      return x;
    }
  });

  test('a Proxy of a function, whose source is hidden', () => {
    assert.match(refuse(new Proxy(() => 0, {})), /it is a Proxy, whose source is hidden\. Give the function inside it/);
  });

  test('what is not a function', () => {
    for (const [value, text] of [
      [null, 'null'],
      [{}, 'object'],
      ['f', 'string'],
    ] as const) {
      const call = () => Reflect.apply(shipFunction, undefined, [value]);
      assert.equal(refusalOf(call), `Cannot ship ${text}: it is not a function`);
    }
  });

  test('generators, also async ones and methods', () => {
    const text = /it is a generator, but a task gives one value\. Return an array/;
    assert.match(
      refuse(function* () {}),
      text,
    );
    assert.match(
      refuse(async function* named() {}),
      text,
    );
    assert.match(refuse({ *steps() {} }.steps), text);
    assert.match(refuse({ async *steps() {} }.steps), text);
  });

  test('getters and setters', () => {
    const holder = {
      get size() {
        return 1;
      },
      set size(_) {},
    };
    const { get, set } = Object.getOwnPropertyDescriptor(holder, 'size') ?? {};
    assert.ok(get !== undefined && set !== undefined);
    assert.match(refuse(get), /it is a getter, which is not called but read or written/);
    assert.match(refuse(set), /it is a setter/);
  });

  test('`this` in methods, functions and arrows', () => {
    const holder = {
      n: 1,
      method() {
        return [1].map((x) => x + this.n);
      },
      arrows() {
        return () => this.n;
      },
    };
    refusedAt(lineHere() - 6, holder.method, /it uses `this` .*make it an actor/);
    refusedAt(lineHere() - 4, holder.arrows(), /uses the `this` of what is around it .*stays behind/);
    function old(this: { n: number }, x = this.n) {
      return x;
    }
    assert.match(refuse(old), /it uses `this`/);
  });

  test('`super`', () => {
    class Derived extends Array<number> {
      override toString() {
        return super.toString();
      }
      above() {
        return () => super.toString();
      }
    }
    const text = /it uses `super` .*belongs to the object or class around it/;
    assert.match(refuse(Derived.prototype.toString), text);
    assert.match(refuse(new Derived().above()), text);
  });

  test('`new.target`', () => {
    function constructs(this: void) {
      return new.target;
    }
    assert.match(refuse(constructs), /it uses `new\.target` .*called without `new`/);
    function around(this: void) {
      return () => new.target;
    }
    assert.match(refuse(around()), /it uses `new\.target` \(line 1 of it\), which belongs to the function around it/);
  });

  test('`import.meta`', () => {
    refusedAt(lineHere(), () => import.meta.dirname, /it uses `import\.meta` .*or ship the module by its URL/);
  });

  test('`eval` that sees its variables, and no other', () => {
    const text = new Function('x', 'return eval(x)');
    assert.match(refuse(text), /it uses `eval` .*the variables it needs cannot be found/);
    for (const other of ['return (0, eval)(x)', 'return globalThis.eval(x)', 'return eval?.(x)']) {
      assert.doesNotThrow(() => shipFunction(new Function('x', other), { callerUrl }));
    }
  });

  test('`arguments` that are not its own', () => {
    function around(..._: number[]) {
      // biome-ignore lint/complexity/noArguments: this form is what is tested
      return () => arguments.length;
    }
    assert.match(refuse(around(1)), /it uses `arguments` .*which an arrow function takes from around itself/);
  });

  test('private names of a class around it', () => {
    class Account {
      #balance = 1;
      static read(account: Account) {
        return account.#balance;
      }
      static has(account: object) {
        return () => #balance in account;
      }
      get balance() {
        return this.#balance;
      }
    }
    const text = /it uses `#balance` .*which only the class around it can\. Ship the class/;
    assert.match(refuse(Account.read), text);
    assert.match(refuse(Account.has({})), text);
  });

  test('changes of variables that are not its own', () => {
    let count = 0;
    let other = 0;
    const writers: FunctionLike[] = [
      () => (count = 1),
      () => count++,
      () => --count,
      () => (count += 2),
      () => (count ||= 2),
      () => ([count, other] = [1, 2]),
      () => ({ a: count } = { a: 1 }),
      () => ({ count = 3 } = {}),
      () => ([, ...[count]] = [1, 2]),
      () => {
        for (count of [1]);
      },
      () => () => {
        count = 1;
      },
      new Function('for (count in [1]);'),
      new Function('other = (other, (count) = 1);'),
    ];
    for (const writer of writers) {
      const message = refuse(writer, { count, other });
      assert.match(message, /it assigns to "(count|other)" .*A task runs on a copy, so the change would be lost/);
    }
    assert.match(
      refuse(() => count++),
      /it assigns to "count"/,
    );
    assert.equal(other, 0);
  });

  test('a change by a captured function', () => {
    let count = 0;
    const add = () => {
      count++;
    };
    const line = lineHere() - 2;
    refusedAt(line, () => add(), /Cannot ship "add": it assigns to "count"/, { add, count });
  });

  test('a change of what it is called by', () => {
    let again = () => {
      again = () => {};
    };
    assert.match(refuse(again), /it assigns to "again"/);
  });

  test('import() of something other than a plain string', () => {
    const named = async (name: string) => import(name);
    const composed = async () => import(`node:${'fs'}`);
    const line = lineHere();
    refusedAt(line - 2, named, /calls import\(\) with something other than a plain string/);
    refusedAt(line - 1, composed, /other than a plain string/);
  });

  test('what CommonJS gives to files, telling what takes its place', () => {
    const refuseLoose = (name: string): string =>
      refusalOf(() => shipFunction(loose[name] ?? assert.fail(name), { callerUrl: looseUrl }));
    assert.match(refuseLoose('requires'), /it uses `require` \(loose\.cjs:11\), which workers do not have: use import/);
    assert.match(refuseLoose('place'), /`__dirname` \(loose\.cjs:12\).*give the folder as an argument/);
    assert.match(refuseLoose('fileName'), /`__filename` \(loose\.cjs:13\).*give the path/);
    assert.match(refuseLoose('rest'), /"rest" \(loose\.cjs:10\), declared in line 5/);
  });

  test('the grammar of scripts that modules do not have', () => {
    for (const body of ['return 010', 'with (o) return a', 'const await = 1', 'delete o']) {
      const message = refuse(new Function('o', body));
      assert.match(message, /its source is not a JavaScript module's function by itself: .*\(line 3 of it\)/);
    }
    const inComment = new Function('const y = 1; return y <!--old\n');
    assert.match(refuse(inComment), /it has an HTML comment \(line 3 of its source\), which modules cannot have/);
    const closing = new Function('a', 'let y = a\n/* of old */ --> a\nreturn y');
    assert.match(refuse(closing), /not a JavaScript module's function by itself: .*\(line 4 of it\)/);
  });

  test('source that is too long or too deeply nested', () => {
    const long = new Function(`return "${'x'.repeat(1024 * 1024)}"`);
    assert.match(refuse(long), /its source has more than 1048576 bytes\. Pass data as an argument or a capture/);
    const deep: FunctionLike = runInNewContext(`() => ${'['.repeat(3000)}1${']'.repeat(3000)}`);
    assert.match(refuse(deep), /its source is nested too deeply to be parsed\. Move parts of it into functions/);
  });

  test('the same things in actor classes and captured functions', () => {
    let count = 0;
    class Writer {
      add() {
        count++;
      }
    }
    assert.match(
      refusalOf(() => shipClass(Writer, { callerUrl, capture: { count } })),
      /it assigns to "count"/,
    );
    const meta = () => import.meta.url;
    assert.match(
      refuse(() => meta(), { meta }),
      /Cannot ship "meta": it uses `import\.meta`/,
    );
    const bound = meta.bind(null);
    assert.match(
      refuse(() => bound(), { bound }),
      /Cannot ship "bound": bound functions/,
    );
  });
});
