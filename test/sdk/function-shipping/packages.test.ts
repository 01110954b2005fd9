// Packages and files of all sorts that a shipped function imports, in a folder of their own.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { shipFunction, shipModule } from '../../../sdk/function-shipping/index.ts';
import { GridbookError } from '../../../sdk/index.ts';
import { type FunctionLike, land, laterRefusalOf, refusalOf } from './carry.ts';

const files: Record<string, string> = {
  'package.json': '{ "name": "program", "type": "module", "imports": { "#inside": "./inside.js" } }',
  'inside.js': 'export const inside = "inside";',
  'node_modules/dual/package.json': `{ "name": "dual", "version": "1.0.0",
    "exports": { ".": { "module": "./only-bundlers.mjs", "import": "./a.mjs", "require": "./a.cjs" }, "./sub": "./sub.mjs" } }`,
  'node_modules/dual/a.mjs': 'export const way = "import"; export { deep } from "./deep/index.mjs";',
  'node_modules/dual/a.cjs': 'exports.way = "require";',
  'node_modules/dual/deep/index.mjs': `import { inner } from "inner"; export const deep = () => 'deep ' + inner();`,
  'node_modules/dual/sub.mjs': 'export default class Sub { value = 5 }',
  'node_modules/inner/package.json': '{ "name": "inner", "main": "main.js", "module": "only-bundlers.js" }',
  'node_modules/inner/main.js': `const path = require('path');
    module.exports = function inner() { return path.basename(__dirname) + ' ' + path.basename(__filename); };
    module.exports.inner = module.exports;`,
  'node_modules/inner/only-bundlers.js': 'throw new Error("Node does not know this entry");',
  'node_modules/optional/package.json': '{ "name": "optional", "main": "main.js" }',
  'node_modules/optional/main.js': `let fast;
    try { fast = require('./build/fast.node'); } catch (error) { fast = error.code; }
    exports.fast = fast;`,
  'node_modules/optional/build/fast.node': 'not loaded',
  'node_modules/stateful/package.json': '{ "name": "stateful", "main": "main.js" }',
  'node_modules/stateful/main.js': 'exports.list = []; exports.push = (x) => exports.list.push(x);',
  'node_modules/owner/package.json': '{ "name": "owner", "type": "module", "main": "main.js" }',
  'node_modules/owner/main.js': 'import { markov } from "gridbook"; export const own = () => typeof markov;',
  'node_modules/borrower/package.json': '{ "name": "borrower", "type": "module", "main": "main.js" }',
  'node_modules/borrower/main.js': 'export { thing } from "gridbook/daemon";',
  'node_modules/sloppy/package.json': '{ "name": "sloppy", "main": "main.cjs" }',
  'node_modules/sloppy/main.cjs': `const { bump } = require('./counter.mjs');
    const strict = require('./strict.cjs');
    total = 0;
    exports.sum = (...all) => { for (each of all) total += each; return [total, bump(), bump === strict.bump]; };
    exports.who = function () { return this === undefined ? 'strict' : 'sloppy'; };
    exports.whoElse = strict.who;`,
  'node_modules/sloppy/strict.cjs': `#!/usr/bin/env node
    /* A comment. */ /** Another. **/ // 'And another.'
    "use other"; 'use strict';
    exports.where = __dirname;
    exports.who = function () { return this === undefined ? 'strict' : 'sloppy'; };
    exports.bump = require('./counter.mjs').bump;
    exports.back = () => require('./main.cjs').sum;`,
  'node_modules/sloppy/counter.mjs': 'let n = 0; export const bump = () => ++n;',
  'node_modules/bare/package.json': '{ "name": "bare", "main": "main.js" }',
  'node_modules/bare/main.js': 'bare = (function () { return this === undefined })() ? "strict" : "sloppy";',
  'strictness.js': `import 'bare';
    import { sum, who, whoElse } from 'sloppy';
    import { bump } from './node_modules/sloppy/counter.mjs';
    export const own = function () { return this === undefined ? 'strict' : 'sloppy'; };
    export const all = () => [sum(1, 2), bump(), (0, who)(), (0, whoElse)(), (0, own)(), bare];`,
  'broken.js': 'export const broken = (;',
  'addon.js': 'import addon from "./fast.node"; export const fast = () => addon;',
  'native.js': 'import addon from "./fast.node"; export const direct = () => addon;',
  'commonjs.cjs': 'const dual = require("dual"); exports.requiring = () => dual.way;',
  'main.js': `import Sub from 'dual/sub';
    import inner, { inner as named } from 'inner';
    import { list, push } from 'stateful';
    import stateful from 'stateful';
    import { way, deep } from 'dual';
    import { inside } from '#inside';
    import { fast } from 'optional';
    import { markov } from 'gridbook'; import { own } from 'owner';
    import { thing } from 'borrower';
    import { missing } from 'not-installed';
    import { gone } from './gone.js';
    import { broken } from './broken.js';
    import addon from './fast.node';
    import { actor } from 'gridbook/daemon';
    import { nothing } from './inside.js';
    import { all } from './strictness.js';
    export const strictness = () => all();
    export const ways = () => [way, deep(), new Sub().value, inner(), named()];
    export const imports = () => inside;
    export const states = (x) => { push(x); return [list, stateful.list === list]; };
    export const later = async () => [(await import('dual')).way, (await import('#inside')).inside];
    export const owned = () => own();
    export const direct = () => markov;
    export const optional = () => fast;
    export const borrows = () => thing;
    export const misses = () => missing;
    export const goes = () => gone;
    export const breaks = () => broken;
    export const adds = () => addon;
    export const sub = () => actor;
    export const importsSub = () => import('gridbook/repl');
    export const importsAddon = () => import('./fast.node');
    export const nothings = () => nothing;`,
};

/** Functions of main.js, made of its text: most of what it imports is not there to be loaded. */
function functionsOf(text: string): Map<string, FunctionLike> {
  const found = new Map<string, FunctionLike>();
  for (const [, name = '', body = ''] of text.matchAll(/export const (\w+) = (.*);$/gm)) {
    const made: unknown = new Function(`return ${body}`)();
    if (made instanceof Function) found.set(name, made);
  }
  return found;
}

describe('shipFunction() bundles', () => {
  let folder = '';
  let mainUrl = '';
  const functions = functionsOf(files['main.js'] ?? '');

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridbook-shipping-'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    mainUrl = pathToFileURL(join(folder, 'main.js')).href;
  });
  after(() => rm(folder, { recursive: true }));

  function ship(name: string) {
    return shipFunction(functions.get(name) ?? assert.fail(name), { callerUrl: mainUrl });
  }
  async function call(name: string, ...args: unknown[]): Promise<unknown> {
    const received = await land(ship(name));
    assert.ok(received instanceof Function);
    return Reflect.apply(received, undefined, args);
  }
  async function refusalLater(name: string): Promise<string> {
    return laterRefusalOf(Promise.resolve(ship(name)));
  }

  test('packages as Node resolves them: conditions, subpaths, main and not module', async () => {
    assert.deepEqual(await call('ways'), ['import', 'deep inner main.js', 5, 'inner main.js', 'inner main.js']);
  });

  test('imports by # and import() of packages', async () => {
    assert.equal(await call('imports'), 'inside');
    assert.deepEqual(await call('later'), ['import', 'inside']);
  });

  test('what a CommonJS file requires under that condition', async () => {
    const { requiring }: { requiring: FunctionLike } = await import(pathToFileURL(join(folder, 'commonjs.cjs')).href);
    const received = await land(
      shipFunction(requiring, { callerUrl: pathToFileURL(join(folder, 'commonjs.cjs')).href }),
    );
    assert.ok(received instanceof Function);
    assert.equal(Reflect.apply(received, undefined, []), 'require');
  });

  test('a package once, so that its state is one', async () => {
    assert.deepEqual(await call('states', 1), [[1], true]);
  });

  test('modules as strict or sloppy as they are, and with one state for both kinds', async () => {
    const { all }: { all: () => unknown } = await import(pathToFileURL(join(folder, 'strictness.js')).href);
    const here = all();
    assert.deepEqual(here, [[3, 1, true], 2, 'sloppy', 'strict', 'strict', 'sloppy']);
    // What the package assigns to here must not help it there.
    const forget = () => ['total', 'each', 'bare'].map((name) => Reflect.deleteProperty(globalThis, name));
    forget();
    assert.deepEqual(await call('strictness'), here);
    forget();
  });

  test('packages that import gridbook, which they get from the worker', async () => {
    const { code } = await ship('owned');
    assert.equal(code.kind === 'source' && code.usesGridbook, true);
    assert.equal(await call('owned'), 'function');
    const direct = await ship('direct');
    assert.equal(direct.code.kind === 'source' && direct.code.usesGridbook && direct.code.bundle === undefined, true);
    assert.equal(typeof (await call('direct')), 'function');
  });

  test('packages that can do without their native addon, which then fails to load', async () => {
    assert.equal(await call('optional'), 'MODULE_NOT_FOUND');
  });

  test('nothing that is not there, and names the file and the line', async () => {
    assert.match(
      await refusalLater('misses'),
      /cannot be bundled: Could not resolve "not-installed" \(imported by .*main\.js\)/,
    );
    assert.match(await refusalLater('goes'), /"\.\/gone\.js"/);
    assert.match(await refusalLater('breaks'), /broken\.js:1\)/);
    assert.match(await refusalLater('borrows'), /"gridbook\/daemon" is not on workers; they have only "gridbook"/);
    assert.match(await refusalLater('nothings'), /nothing/);
  });

  test('no native addon and no part of gridbook, which are refused at the call with the line', () => {
    assert.match(
      refusalOf(() => ship('adds')),
      /it imports "\.\/fast\.node", a native addon, which cannot travel \(main\.js:29\)/,
    );
    assert.match(
      refusalOf(() => ship('importsAddon')),
      /a native addon, which cannot travel \(main\.js:32\)/,
    );
    assert.match(
      refusalOf(() => ship('sub')),
      /it imports "gridbook\/daemon", but workers have only "gridbook" itself \(main\.js:30\)/,
    );
    assert.match(
      refusalOf(() => ship('importsSub')),
      /it imports "gridbook\/repl", but workers have only "gridbook"/,
    );
  });

  test('no native addon of a file of the user, however it gets there', async () => {
    const url = pathToFileURL(join(folder, 'addon.js'));
    assert.match(
      await laterRefusalOf(shipModule(url, 'fast')),
      /"\.\/fast\.node" is a native addon, which cannot travel/,
    );
  });

  test('a function again after what failed was put right', async () => {
    const path = join(folder, 'gone.js');
    const gone = functions.get('goes') ?? assert.fail();
    await laterRefusalOf(Promise.resolve(shipFunction(gone, { callerUrl: mainUrl })));
    await writeFile(path, 'export const gone = "back";');
    assert.equal(await call('goes'), 'back');
    // And the modules that it uses are those of then, whatever becomes of the file.
    await writeFile(path, 'export const gone = "changed";');
    assert.equal(await call('goes'), 'back');
  });

  test('the same bytes again for another function of the same imports', async () => {
    const again = functionsOf(files['main.js'] ?? '').get('ways') ?? assert.fail();
    const codes = await Promise.all([ship('ways'), shipFunction(again, { callerUrl: mainUrl })]);
    assert.equal(JSON.stringify(codes[0].code), JSON.stringify(codes[1].code));
    assert.notEqual(fileURLToPath(mainUrl), '');
  });

  test('modules that throw while they load, which fails the function with the cause', async () => {
    const url = new URL('../../fixtures/function-shipping/throwing.ts', import.meta.url);
    const shipment = await shipModule(url, 'never');
    Object.assign(globalThis, { throwingModuleThrows: true });
    try {
      await assert.rejects(
        async () => land(shipment),
        (error) => error instanceof GridbookError && error.cause instanceof RangeError,
      );
    } finally {
      Reflect.deleteProperty(globalThis, 'throwingModuleThrows');
    }
  });
});
