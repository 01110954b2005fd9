// What a function uses of the imports of its file is there on the worker, too.

import assert, { deepEqual as same } from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { join as joinPath } from 'node:path';
import { describe, test } from 'node:test';
import * as statistics from 'simple-statistics';
import { linearRegression, mean } from 'simple-statistics';
import { shipFunction } from '../../../sdk/function-shipping/index.ts';
import * as own from '../../../sdk/index.ts';
import { CancelledError, partition } from '../../../sdk/index.ts';
import * as numbers from '../../fixtures/function-shipping/numbers.ts';
import total, { add, 'name in quotes' as quoted, Square, through } from '../../fixtures/function-shipping/numbers.ts';
import { addUp, loadLast, waitFor } from '../../fixtures/function-shipping/own-names.ts';
import * as state from '../../fixtures/function-shipping/state.ts';
import { advance, level, read, seen, stage } from '../../fixtures/function-shipping/state.ts';
import words from '../../fixtures/function-shipping/words.json' with { type: 'json' };
import { Carrier, type FunctionLike, land, refusalOf } from './carry.ts';

const loadedNumbers = await import('../../fixtures/function-shipping/numbers.ts');
const { sep, default: path } = await import('node:path');
let changed = await import('node:os');

const carrier = new Carrier(import.meta.url);
const callerUrl = import.meta.url;
const loose: Record<string, FunctionLike> = createRequire(import.meta.url)(
  '../../fixtures/function-shipping/loose.cjs',
);
const looseUrl = new URL('../../fixtures/function-shipping/loose.cjs', import.meta.url).href;

async function callLoose(name: string): Promise<unknown> {
  const received = await land(shipFunction(loose[name] ?? assert.fail(name), { callerUrl: looseUrl }));
  assert.ok(received instanceof Function);
  return Reflect.apply(received, undefined, []);
}

describe('shipFunction() follows imports', () => {
  test('of modules of Node: names, renamed ones, defaults and namespaces', async () => {
    const used = await carrier.carry(() => {
      same(1, 1);
      assert.equal(1, 1);
      return [
        joinPath('a', 'b'),
        typeof fs.readFileSync,
        typeof fs.promises.readFile,
        new EventEmitter().listenerCount('x'),
      ];
    });
    assert.deepEqual(used(), [`a${sep}b`, 'function', 'function', 0]);
  });

  test('of modules of Node: without a bundle and at once', () => {
    const shipment = shipFunction(() => joinPath('a'), { callerUrl });
    assert.equal(shipment instanceof Promise, false);
  });

  test('of modules of Node: the very module that the worker has', async () => {
    assert.equal((await carrier.carry(() => fs.readFileSync))(), fs.readFileSync);
    assert.equal((await carrier.carry(() => assert))(), assert);
    assert.equal((await carrier.carry(() => EventEmitter))(), EventEmitter);
  });

  test('of files: names, quoted names, defaults, namespaces and classes', async () => {
    const used = await carrier.carry((n: number) => [
      total(n, 1),
      add({ a: n, b: 2 }),
      quoted(n),
      numbers.shown(n),
      numbers.default(n, n),
      new Square(n).area(),
    ]);
    assert.deepEqual(used(3), [4, 5, 300, 300, 6, 9]);
  });

  test('of files that import files, JSON and modules of Node', async () => {
    assert.equal((await carrier.carry((n: number) => through(n)))(1), joinPath('hello', 'end 1'));
  });

  test('of JSON', async () => {
    assert.deepEqual((await carrier.carry(() => words))(), { greeting: 'hello', list: [1, 2] });
  });

  test('of packages', async () => {
    const used = await carrier.carry((xs: number[]) => ({
      mean: mean(xs),
      median: statistics.median(xs),
      line: linearRegression(xs.map((x) => [x, 2 * x])),
    }));
    assert.deepEqual(used([1, 2, 6]), { mean: 3, median: 2, line: { m: 2, b: 0 } });
  });

  test('by `const x = await import()` at the top of the file', async () => {
    const used = await carrier.carry((n: number) => [loadedNumbers.add({ a: n, b: 1 }), path.join('a', sep)]);
    assert.deepEqual(used(1), [2, `a${sep}`]);
  });

  test('by `require` in CommonJS', async () => {
    assert.equal(await callLoose('join'), `a${sep}b${sep}`);
    assert.equal(await callLoose('tell'), 'told xtold y');
  });

  test('by import() inside of the function', async () => {
    const used = await carrier.carry(async (n: number) => {
      const { join } = await import('node:path');
      const file = await import('../../fixtures/function-shipping/numbers.ts');
      const { median } = await import('simple-statistics');
      const json = await import('../../fixtures/function-shipping/words.json', { with: { type: 'json' } });
      return [join('a', 'b'), file.add({ a: n, b: 1 }), file.default(n), median([n]), json.default.greeting];
    });
    assert.deepEqual(await used(4), [`a${sep}b`, 5, 4, 4, 'hello']);
  });

  test('by import() without moving a column of the text', async () => {
    const { code } = await shipFunction(async () => (await import('node:fs')).readFileSync, { callerUrl });
    assert.equal(code.kind, 'source');
    assert.match(
      code.kind === 'source' ? (code.functions[0]?.expression ?? '') : '',
      /^async \(\) => \(await \$____0\('node:fs'\)\)/,
    );
  });

  test('by import() in a function whose text looks like the name that takes its place', async () => {
    const used = await carrier.carry(async () => {
      const $____0 = 'import("node:fs")';
      return [$____0, typeof (await import('node:fs')).readFileSync];
    });
    assert.deepEqual(await used(), ['import("node:fs")', 'function']);
  });

  test('lets a module run once for all imports of it', async () => {
    const used = await carrier.carry(async (n: number) => {
      state.add(n);
      const again = await import('../../fixtures/function-shipping/state.ts');
      return [read(), again.read(), again.seen === state.seen];
    });
    assert.deepEqual(await used(5), [5, 5, true]);
    assert.equal(state.read(), 0);
  });

  test('of functions that stand in other files, with the imports of those', async () => {
    assert.equal((await carrier.carry(addUp))(1, 2), 3);
    assert.equal(await (await carrier.carry(loadLast))(2), 'end 2');
    assert.equal((await carrier.carry(() => addUp(3, 4), { capture: { addUp } }))(), 7);
  });

  test('of a name that is also a global, in another file', async () => {
    assert.equal(await (await carrier.carry(waitFor))('waited'), 'waited');
  });

  test("of gridbook, which is the worker's own", async () => {
    const { code } = await shipFunction(() => [partition, own.partition], { callerUrl });
    assert.equal(code.kind === 'source' && code.usesGridbook && code.bundle === undefined, true);
    const used = await carrier.carry(() => [partition, own.partition, CancelledError]);
    assert.deepEqual(used(), [partition, partition, CancelledError]);
    const later = await carrier.carry(async () => (await import('../../../sdk/index.ts')).partition);
    assert.equal(await later(), partition);
  });

  test('but not of a variable that gets another module later', () => {
    assert.equal(typeof changed.cpus, 'function');
    changed = { ...changed };
    assert.match(
      refusalOf(() => shipFunction(() => changed.cpus(), { callerUrl })),
      /"changed" .*declared in line \d+/,
    );
  });

  test('but not of a variable that its module assigns again, unless by the whole module', async () => {
    for (const [fn, name] of [
      [() => level + 1, 'level'],
      [() => stage + 1, 'stage'],
    ] as const) {
      const message = refusalOf(() => shipFunction(fn, { callerUrl }));
      assert.match(
        message,
        new RegExp(`it uses "${name}" \\(imports\\.test\\.ts:\\d+\\), which .*state\\.ts assigns again`),
      );
    }
    const whole = await carrier.carry(() => [advance(), state.level, state.stage, seen.length]);
    assert.deepEqual(whole().slice(0, 3), [1, 1, 2]);
    assert.deepEqual(whole().slice(0, 3), [2, 2, 4]);
  });

  test('only where the function is known to stand', () => {
    const elsewhere = new URL('../../fixtures/function-shipping/state.ts', import.meta.url).href;
    const message = refusalOf(() => shipFunction(() => joinPath('a'), { callerUrl: elsewhere }));
    assert.match(message, /"joinPath" .*source was not found in the file that ships it or those it imports/);
    const without = refusalOf(() =>
      shipFunction(async () => import('../../fixtures/function-shipping/state.ts'), { callerUrl: elsewhere }),
    );
    assert.match(without, /it imports ".*state\.ts", but the file that it stands in is not known/);
  });
});
