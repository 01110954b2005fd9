// Functions of cells: what they use of other cells comes along, by whatever way cells are compiled.

import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { runInThisContext } from 'node:vm';
import { type CellHost, setCellHost } from '../../../sdk/cell-host.ts';
import { shipClass, shipFunction } from '../../../sdk/function-shipping/index.ts';
import { type FunctionLike, land, laterRefusalOf, refusalOf } from './carry.ts';

type Callable = (...args: unknown[]) => unknown;

/** Cells as a prompt has them: each a text that is run, and the names that it sets. */
class Cells implements CellHost {
  readonly baseUrl = import.meta.url;
  readonly namesIn: string | undefined;
  readonly names = new Map<string, unknown>();
  readonly imports = new Map<string, { specifier: string; exportName: string }>();
  readonly functions = new Map<object, { url: string; exportName: string }>();
  readonly #texts: string[] = [];

  constructor(namesIn?: string) {
    this.namesIn = namesIn;
    setCellHost(this);
  }

  placeOf(source: string) {
    const at = this.#texts.findIndex((text) => text.includes(source));
    const before = this.#texts[at]?.split(source)[0];
    if (before === undefined) return undefined;
    const lines = before.split('\n');
    return { file: `In[${at + 1}]`, line: lines.length - 1, column: lines.at(-1)?.length ?? 0 };
  }

  lookUp(name: string) {
    const imported = this.imports.get(name);
    if (imported !== undefined) return { type: 'import' as const, ...imported };
    return this.names.has(name) ? { type: 'value' as const, value: this.names.get(name) } : undefined;
  }

  importOf(fn: object) {
    return this.functions.get(fn);
  }

  /** Defines a name by the text of its value. */
  define(name: string, text: string): FunctionLike {
    this.#texts.push(text);
    const value: unknown = new Function(...this.names.keys(), `return (${text})`)(...this.names.values());
    this.names.set(name, value);
    return value as FunctionLike;
  }
}

async function carried(fn: FunctionLike): Promise<Callable> {
  // A shipped function has the type of the one that was shipped.
  return (await land(shipFunction(fn))) as Callable;
}

describe('functions of cells', () => {
  afterEach(() => setCellHost(undefined));

  test('bring what earlier cells define, also what that uses, as it is at the time', async () => {
    const cells = new Cells();
    cells.define('factor', '3');
    cells.define('scale', '(x) => x * factor');
    cells.define('Box', 'class Box { constructor(x) { this.x = scale(x) } }');
    const fn = cells.define('boxed', 'function boxed(x) { return new Box(x).x }');
    assert.equal((await carried(fn))(5), 15);
    cells.names.set('factor', 10);
    assert.equal((await carried(fn))(5), 50);
  });

  test('may call themselves and each other', async () => {
    const cells = new Cells();
    cells.define('isEven', '(n) => n === 0 || isOdd(n - 1)');
    const fn = cells.define('isOdd', '(n) => n !== 0 && isEven(n - 1)');
    assert.equal((await carried(fn))(7), true);
    const factorial = cells.define('factorial', '(n) => (n < 2 ? 1 : n * factorial(n - 1))');
    assert.equal((await carried(factorial))(5), 120);
  });

  test('prefer a capture that is given to a cell, and a cell to a global', async () => {
    const cells = new Cells();
    cells.define('factor', '3');
    cells.define('URL', '"text"');
    const fn = cells.define('both', '() => [factor, typeof URL]');
    const received = (await land(shipFunction(fn, { capture: { factor: 4 } }))) as Callable;
    assert.deepEqual(received(), [4, 'string']);
  });

  test('bring what cells import, of packages, of Node and of files', async () => {
    const cells = new Cells();
    cells.imports.set('join', { specifier: 'node:path', exportName: 'join' });
    cells.imports.set('gridbook', { specifier: 'gridbook', exportName: '*' });
    cells.imports.set('square', { specifier: '../../fixtures/function-shipping/numbers.ts', exportName: 'shown' });
    const fn = cells.define('f', '() => [join("a", "b"), typeof gridbook.connect, square(4)]');
    assert.deepEqual((await carried(fn))(), ['a/b', 'function', 400]);
  });

  test('a function that a cell imported is shipped with its module', async () => {
    const cells = new Cells();
    const url = new URL('../../fixtures/function-shipping/numbers.ts', import.meta.url).href;
    const { shown } = await import('../../fixtures/function-shipping/numbers.ts');
    cells.functions.set(shown, { url, exportName: 'shown' });
    assert.equal((await carried(shown))(3), 300);
    cells.names.set('times', shown);
    const fn = cells.define('f', '(n) => times(n) + 1');
    assert.equal((await carried(fn))(3), 301);
  });

  test('names that a compiler wrote as members of exports are resolved one by one', async () => {
    const cells = new Cells('exports');
    cells.define('factor', '3');
    cells.define('scale', '(x) => x * exports.factor');
    const fn = cells.define('f', '(x, factor = 1) => { const scale = (0, exports.scale)(x); return [scale, factor]; }');
    assert.deepEqual((await carried(fn))(5), [15, 1]);
    const given = (await land(shipFunction(fn, { capture: { scale: () => 'given' } }))) as Callable;
    assert.deepEqual(given(5), ['given', 1]);
  });

  test('are refused with the cell and line when no cell defines what they use', () => {
    const cells = new Cells();
    const fn = cells.define('f', '(x) =>\n  x * missing');
    assert.match(
      refusalOf(() => shipFunction(fn)),
      /"missing" \(In\[1\]:2\), which is not its own and no cell defines/,
    );
    const members = new Cells('exports');
    const other = members.define('g', '() => exports.missing');
    assert.match(
      refusalOf(() => shipFunction(other)),
      /"missing" \(In\[1\]:1\), which is not its own and no cell/,
    );
    const whole = members.define('h', '(n) => [n, exports]');
    assert.match(
      refusalOf(() => shipFunction(whole)),
      /`exports` \(In\[2\]:1\)/,
    );
    const writes = members.define('w', '() => { exports.count = 1; }');
    members.names.set('count', 0);
    assert.match(
      refusalOf(() => shipFunction(writes)),
      /assigns to "count"/,
    );
  });

  test('a function that stands in no cell gets no names of cells', () => {
    const cells = new Cells();
    cells.define('factor', '3');
    const stranger = runInThisContext('(x) => x + factor') as FunctionLike;
    assert.match(
      refusalOf(() => shipFunction(stranger)),
      /"factor" \(line 1 of its source\)/,
    );
  });

  test('show the cell and its line in stacks on the worker', async () => {
    const cells = new Cells();
    const text = '{ fail(n) {\n  throw new RangeError(String(n)); } }.fail';
    const fn = cells.define('fail', text);
    const received = await carried(fn);
    assert.throws(
      () => received(1),
      (error: Error) => /In\[1\]:2:9/.test(error.stack ?? ''),
    );
  });

  test('a class of a cell brings what it extends', async () => {
    const cells = new Cells();
    cells.define('Base', 'class Base { answer() { return 42 } }');
    const Class = cells.define('Derived', 'class Derived extends Base {}');
    const Received = (await land(shipClass(Class))) as new () => { answer(): number };
    assert.equal(new Received().answer(), 42);
  });

  test('an import that cannot be found fails when it is bundled', async () => {
    const cells = new Cells();
    cells.imports.set('nothing', { specifier: './nowhere.ts', exportName: 'nothing' });
    const fn = cells.define('f', '() => nothing()');
    const shipment = shipFunction(fn);
    assert.ok(shipment instanceof Promise);
    assert.match(await laterRefusalOf(shipment), /nowhere/);
  });
});
