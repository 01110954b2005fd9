// Functions of the same text in several files: none is shipped with what another one imports.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { shipFunction } from '../../../sdk/function-shipping/index.ts';
import { type FunctionLike, land, refusalOf } from './carry.ts';

const same = (module: string, name: string, type = '') =>
  `import { load } from '${module}';\nexport const ${name} = (row${type}) => load() + row;\n`;

const files: Record<string, string> = {
  'package.json': '{ "type": "module" }',
  'x.ts': "export const load = () => 'X';\n",
  'y.ts': "export const load = () => 'Y';\n",
  'a.ts': same('./x.ts', 'f'),
  'b.ts': same('./y.ts', 'g'),
  'main.ts': "import { f } from './a.ts';\nimport { g } from './b.ts';\nexport { f, g };\n",
  'own.ts': `import { g } from './b.ts';\nexport { g };\n${same('./x.ts', 'f')}`,
  'deep/c.ts': same('../x.ts', 'f'),
  'agree.ts': `import * as c from './deep/c.ts';\nexport { c };\n${same('./x.ts', 'f')}`,
  'global.ts': "import { URL } from './local-url.ts';\nexport const g = () => new URL('a:b').href;\n",
  'local-url.ts': "export class URL { href = 'own'; }\n",
  'globals.ts': "import { g } from './global.ts';\nexport { g };\nexport const f = () => new URL('a:b').href;\n",
  'shipped/a.ts': "export const f = async () => (await import('./it.ts')).it;\n",
  'shipped/it.ts': "export const it = 'shipped';\n",
  'it.ts': "export const it = 'top';\n",
  'calls.ts':
    "import { f as g } from './shipped/a.ts';\nexport { g };\nexport const f = async () => (await import('./it.ts')).it;\n",
  'typed-a.ts': same('./x.ts', 'f', ': string'),
  'typed-b.ts': same('./y.ts', 'g', ': unknown'),
  'typed.ts': "import { f } from './typed-a.ts';\nimport { g } from './typed-b.ts';\nexport { f, g };\n",
  'half-typed.ts': "import { f } from './a.ts';\nimport { g } from './typed-b.ts';\nexport { f, g };\n",
  'lost.cjs': "const { load } = require('./load');\nrequire('./other');\nexports.f = () => load();\n",
  'load.cjs': "exports.load = () => 'X';\n",
  'other.cjs': "const { load } = require('./deep/other');\nexports.f = () => load();\n",
  'deep/other.cjs': "exports.load = () => 'Y';\n",
  'thrower-a.ts': 'export const f = (n) => { throw new RangeError(String(Math.abs(n))); };\n',
  'thrower.ts': "import './thrower-a.ts';\nexport const f = (n) => { throw new RangeError(String(Math.abs(n))); };\n",
};

describe('of functions with the same text in several files', () => {
  let folder = '';
  const urlOf = (file: string): string => pathToFileURL(join(folder, file)).href;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gridbook-shipping-'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  });
  after(() => rm(folder, { recursive: true }));

  async function functionOf(file: string, name: string): Promise<FunctionLike> {
    const module: Record<string, FunctionLike> = await import(urlOf(file));
    return module[name] ?? assert.fail(name);
  }
  async function call(file: string, name: string, ...args: unknown[]): Promise<unknown> {
    const received = await land(shipFunction(await functionOf(file, name), { callerUrl: urlOf(file) }));
    assert.ok(received instanceof Function);
    return Reflect.apply(received, undefined, args);
  }
  async function assertRefused(file: string, name: string, reason: RegExp): Promise<void> {
    const fn = await functionOf(file, name);
    assert.match(
      refusalOf(() => shipFunction(fn, { callerUrl: urlOf(file) })),
      reason,
    );
  }

  test('each is refused when a name is imported from different modules', async () => {
    for (const name of ['f', 'g']) await assertRefused('main.ts', name, /"load".*several places, where it differs/);
  });

  test('each is refused also when one stands in the file of the caller', async () => {
    for (const name of ['f', 'g']) await assertRefused('own.ts', name, /"load".*several places, where it differs/);
  });

  test('each is refused when one of them imports what is a global to the other', async () => {
    for (const name of ['f', 'g']) await assertRefused('globals.ts', name, /"URL".*several places, where it differs/);
  });

  test('each is refused when it imports another module by the same path itself', async () => {
    for (const name of ['f', 'g']) await assertRefused('calls.ts', name, /imports "\.\/it\.ts" .*another module/);
  });

  test('each is refused in CommonJS, with paths without an extension', async () => {
    const url = urlOf('lost.cjs');
    const fn: FunctionLike = new Function('return () => load()')();
    assert.match(
      refusalOf(() => shipFunction(fn, { callerUrl: url })),
      /"load".*several places/,
    );
  });

  test('each is shipped when the different paths lead to the same module', async () => {
    assert.equal(await call('agree.ts', 'f', '!'), 'X!');
  });

  test('each is shipped when a capture says what the name means', async () => {
    const capture = { load: () => 'captured' };
    const received = await land(
      shipFunction(await functionOf('main.ts', 'g'), { callerUrl: urlOf('main.ts'), capture }),
    );
    assert.ok(received instanceof Function);
    assert.equal(received('!'), 'captured!');
  });

  test('each is shipped when only the types that Node took off tell them apart', async () => {
    assert.deepEqual([await call('typed.ts', 'f', '!'), await call('typed.ts', 'g', '!')], ['X!', 'Y!']);
  });

  test('none is told by types when a loader may have taken them off', async () => {
    const { code } = await transform(files['typed-b.ts'] ?? '', { loader: 'ts', format: 'esm' });
    await writeFile(join(folder, 'compiled.mjs'), code);
    const compiled: Record<string, FunctionLike> = await import(urlOf('compiled.mjs'));
    const g = compiled['g'] ?? assert.fail();
    assert.match(
      refusalOf(() => shipFunction(g, { callerUrl: urlOf('half-typed.ts') })),
      /"load".*several places/,
    );
  });

  test('none names a file and line in its stacks, which might be those of another', async () => {
    const fn = await functionOf('thrower.ts', 'f');
    const { code } = await shipFunction(fn, { callerUrl: urlOf('thrower.ts') });
    assert.equal(code.kind === 'source' && code.functions.length === 1 && 'origin' in (code.functions[0] ?? {}), false);
    const capture = { load: 1 };
    const half = await shipFunction(await functionOf('half-typed.ts', 'f'), {
      callerUrl: urlOf('half-typed.ts'),
      capture,
    });
    assert.equal(half.code.kind === 'source' && 'origin' in (half.code.functions[0] ?? {}), false);
    const alone = await shipFunction(await functionOf('thrower-a.ts', 'f'), { callerUrl: urlOf('thrower-a.ts') });
    assert.equal(alone.code.kind === 'source' && alone.code.functions[0]?.origin?.file, urlOf('thrower-a.ts'));
  });

  test('imports are not followed when there are more files than are searched, but globals are there', async () => {
    await mkdir(join(folder, 'many'));
    const names = Array.from({ length: 1030 }, (_, i) => `./many/m${i}.ts`);
    await Promise.all(names.map((name) => writeFile(join(folder, name), '')));
    const imports = names.map((name) => `import '${name}';\n`).join('');
    const text = `${same('./x.ts', 'f')}export const g = () => Math.abs(-1);\nexport const h = async () => (await import('./it.ts')).it;\n`;
    await writeFile(join(folder, 'large.ts'), imports + text);
    await assertRefused('large.ts', 'f', /"load".*more than 1024 files/);
    await assertRefused('large.ts', 'h', /imports "\.\/it\.ts" .*another module/);
    assert.equal(await call('large.ts', 'g'), 1);
  });
});
