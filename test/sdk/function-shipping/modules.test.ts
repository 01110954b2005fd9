// Modules that are shipped as such: exports by URL, namespaces, what they share, what is refused.

import assert from 'node:assert/strict';
import * as nodePath from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { shipBuiltin, shipModule, shipNamespace } from '../../../sdk/function-shipping/index.ts';
import { receive } from '../../../sdk/function-shipping/receive.ts';
import { GridbookError, InvalidArgumentError, ProtocolError } from '../../../sdk/index.ts';
import * as awaiting from '../../fixtures/function-shipping/awaiting.ts';
import * as numbers from '../../fixtures/function-shipping/numbers.ts';
import * as state from '../../fixtures/function-shipping/state.ts';
import { land, laterRefusalOf, refusalOf } from './carry.ts';

const callerUrl = import.meta.url;
const stateUrl = fixture('state.ts');

function fixture(name: string): URL {
  return new URL(`../../fixtures/function-shipping/${name}`, import.meta.url);
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

async function call(landed: Promise<unknown>, ...args: unknown[]): Promise<unknown> {
  const received = await landed;
  assert.ok(received instanceof Function);
  return Reflect.apply(received, undefined, args);
}

describe('shipModule()', () => {
  test('ships a named and the default export with what the module imports', async () => {
    assert.equal(await call(land(shipModule(fixture('numbers.ts'), 'add')), { a: 1, b: 2 }), 3);
    assert.equal(await call(land(shipModule(fixture('numbers.ts'))), 1, 2, 3), 6);
    assert.equal(await call(land(shipModule(fixture('numbers.ts'), 'name in quotes')), 2), 200);
    assert.match(String(await call(land(shipModule(fixture('numbers.ts'), 'through')), 2)), /hello.end 2/);
  });

  test('names the shipment after the export, or as it is told', async () => {
    assert.equal((await shipModule(stateUrl, 'read')).code.name, 'read');
    assert.equal((await shipModule(stateUrl, 'read', { name: 'other' })).code.name, 'other');
  });

  test('lets the exports of a module share its variables on a worker', async () => {
    const [add, read, readLater] = await Promise.all(
      ['add', 'read', 'readLater'].map((name) => land(shipModule(stateUrl, name))),
    );
    const before = Number(await call(Promise.resolve(read)));
    await call(Promise.resolve(add), 5);
    assert.equal(await call(Promise.resolve(read)), before + 5);
    assert.equal(await call(Promise.resolve(readLater)), before + 5);
    assert.equal(state.read(), 0);
  });

  test('keeps that state however many other modules come', async () => {
    const [add, read] = await Promise.all(['add', 'read'].map((name) => land(shipModule(stateUrl, name))));
    const sum = Number(await call(Promise.resolve(add), 1));
    const { code } = await shipModule(stateUrl, 'read');
    assert.equal(code.kind, 'module');
    for (let i = 0; i < 100; i++) {
      const script = `module.exports = { module: { f: () => ${i} } }`;
      const other = receive(
        { kind: 'module', name: 'f', bundle: { script, usesGridbook: false }, exportName: 'f' },
        {},
      );
      assert.equal(await call(Promise.resolve(other)), i);
    }
    collectGarbage();
    assert.equal(await call(land({ code, captures: {} })), sum);
    assert.equal(await call(Promise.resolve(read)), sum);
  });

  test('ships exports of CommonJS files', async () => {
    assert.equal(await call(land(shipModule(fixture('told.cjs'), 'describe')), 'x'), 'told x');
    await assert.rejects(
      async () => land(shipModule(fixture('told.cjs'), 'nothing')),
      (error) => error instanceof GridbookError && /has no export "nothing"/.test(error.message),
    );
  });

  test('keeps import.meta.url and the like as those of the file', async () => {
    const url = fixture('places.ts');
    assert.equal(await call(land(shipModule(url, 'url'))), url.href);
    assert.deepEqual(await call(land(shipModule(url, 'place'))), [
      fileURLToPath(url),
      fileURLToPath(new URL('.', url)).replace(/.$/, ''),
    ]);
  });

  test('refuses at the call what is not a file URL', () => {
    for (const url of [new URL('https://example.com/a.ts'), new URL('data:text/javascript,0')]) {
      assert.match(
        refusalOf(() => shipModule(url, 'f')),
        /give its file URL, new URL\('\.\/work\.ts', import\.meta\.url\)/,
      );
    }
    assert.throws(() => Reflect.apply(shipModule, undefined, ['./work.ts', 'f']), InvalidArgumentError);
  });

  test('refuses an export that the module does not have, and names those that it has', async () => {
    const message = await laterRefusalOf(shipModule(stateUrl, 'nothing'));
    assert.match(message, /Cannot ship "nothing": .*state\.ts exports no "nothing"; it exports .*read/);
    assert.match(await laterRefusalOf(shipModule(stateUrl)), /exports no "default"/);
  });

  test('refuses a file that is not there, or is not code', async () => {
    assert.match(await laterRefusalOf(shipModule(fixture('missing.ts'), 'f')), /cannot be bundled: .*missing\.ts/);
    assert.match(await laterRefusalOf(shipModule(fixture('numbers.txt'), 'f')), /numbers\.txt/);
  });

  test('refuses a module that awaits while it loads, and says what would do', async () => {
    const message = await laterRefusalOf(shipModule(fixture('awaiting.ts'), 'give'));
    assert.match(message, /cannot use `await` outside of functions \(.*awaiting\.ts:3\)\. Do it inside a function/);
  });

  test('refuses exports that are no functions, and generators, when they are received', async () => {
    const received = (name: string) => async () => land(shipModule(stateUrl, name));
    await assert.rejects(
      received('constant'),
      /Cannot call "constant": the module exports it, but its type is number, not function/,
    );
    await assert.rejects(received('steps'), /it is a generator, but a task gives one value\. Return an array/);
  });

  test('tells what a module threw while it loaded, and tries again the next time', async () => {
    Object.assign(globalThis, { throwingModuleThrows: true });
    const shipment = await shipModule(fixture('throwing.ts'), 'never');
    await assert.rejects(
      async () => land(shipment),
      (error) =>
        error instanceof GridbookError &&
        /Cannot load what "never" imports on the worker: no start/.test(error.message) &&
        error.cause instanceof RangeError,
    );
    Reflect.deleteProperty(globalThis, 'throwingModuleThrows');
    assert.equal(await call(land(shipment)), 1);
  });
});

describe('shipNamespace()', () => {
  test('ships all functions of a module and no classes or values', async () => {
    const shipments = shipNamespace(state, { callerUrl });
    assert.deepEqual(Object.keys(shipments).sort(), ['add', 'advance', 'fail', 'read', 'readLater', 'steps']);
    const [add, read] = [land(shipments['add']!), land(shipments['read']!)];
    const before = Number(await call(read));
    await call(add, 3);
    assert.equal(await call(read), before + 3);
  });

  test('shares one bundle with shipModule of the same file', async () => {
    const [whole, one] = [await shipNamespace(state, { callerUrl })['read'], await shipModule(stateUrl, 'read')];
    assert.deepEqual(whole, one);
  });

  test('ships a module with a default export under that name', async () => {
    const shipments = shipNamespace(numbers, { callerUrl });
    assert.equal(await call(land(shipments['default']!), 4, 5), 9);
  });

  test('refuses what is not a namespace', () => {
    assert.match(
      refusalOf(() => shipNamespace({ f: () => 0 }, { callerUrl })),
      /Cannot ship an object: give a function, or a module by import \* as or by its URL/,
    );
  });

  test('refuses when the file of the caller cannot be read', () => {
    assert.match(
      refusalOf(() => shipNamespace(state, { callerUrl: fixture('missing.ts').href })),
      /the file that imports it cannot be read\. Give its URL/,
    );
  });

  test('refuses a module that the caller does not import as a whole from a file', async () => {
    const elsewhere = shipNamespace(state, { callerUrl: fixture('own-names.ts').href })['read'];
    assert.match(await laterRefusalOf(elsewhere!), /own-names\.ts does not import it as a whole .*Write import \* as/);
    const ofNode = shipNamespace(nodePath, { callerUrl })['join'];
    assert.match(await laterRefusalOf(ofNode!), /does not import it as a whole from a file of its own/);
  });

  test('refuses a module that awaits while it loads', async () => {
    const { give } = shipNamespace(awaiting, { callerUrl });
    assert.match(await laterRefusalOf(give!), /cannot use `await` outside of functions/);
  });

  test('says nothing of a refusal that nobody asks for', async () => {
    const rejections: unknown[] = [];
    const onRejection = (error: unknown): number => rejections.push(error);
    process.on('unhandledRejection', onRejection);
    const shipments = shipNamespace(state, { callerUrl: fixture('own-names.ts').href });
    await laterRefusalOf(shipments['read']!);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onRejection);
    assert.deepEqual(rejections, []);
  });
});

describe('shipBuiltin()', () => {
  test('makes the function by a factory of the SDK, with the captures', async () => {
    const { code, captures } = shipBuiltin('workloads/markov/power-task', 'nothing', { a: 1 }, 'name');
    assert.deepEqual(captures, { a: 1 });
    await assert.rejects(async () => land({ code, captures }), /no export "nothing"/);
  });

  test('is refused by a worker that has no such module', async () => {
    const code = { kind: 'builtin', name: 'f', module: '../errors', factory: 'make' } as const;
    await assert.rejects(async () => receive(code, {}), ProtocolError);
    const inherited = { kind: 'builtin', name: 'f', module: 'constructor', factory: 'make' } as const;
    await assert.rejects(async () => receive(inherited, {}), ProtocolError);
  });
});

describe('receive()', () => {
  test('refuses code of a kind that it does not know', () => {
    assert.throws(() => Reflect.apply(receive, undefined, [{ kind: 'other' }, {}]), ProtocolError);
  });

  test('refuses code whose functions are missing or do not compile', () => {
    const code = { kind: 'source', name: 'f', functions: [], usesGridbook: false } as const;
    assert.throws(() => receive({ ...code, functions: [] }, {}), ProtocolError);
    const functions = [{ name: 'f', expression: '() => {', bindings: [] }];
    assert.throws(
      () => receive({ ...code, functions }, {}),
      (error) => error instanceof GridbookError && error.cause instanceof SyntaxError,
    );
  });
});
