// Cells run one after the other: what their names mean to later cells and to tasks.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readCell } from '../../../repl/session/cell-syntax.ts';
import { Cells } from '../../../repl/session/cells.ts';
import { CancelledError, connect, InvalidArgumentError, type Session } from '../../../sdk/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'gridbook-cells-'));
const file = join(folder, 'work.ts');
let cells: Cells;
let session: Session;

/** Runs a cell; gives its value. */
async function run(text: string): Promise<unknown> {
  const code = readCell(text);
  assert.ok(code.state === 'complete', `${text} is ${code.state}`);
  const { result } = await cells.run(text, code);
  return result?.value;
}

describe('cells', () => {
  before(async () => {
    writeFileSync(file, 'const base: number = 10;\nexport const addBase = (x: number): number => x + base;\n');
    cells = new Cells(undefined, pathToFileURL(join(folder, 'cells.ts')).href);
    session = await connect({ workers: 2 });
    cells.names.give('session', session);
  });
  after(async () => {
    await session.close();
    cells.reset();
    cells.close();
    rmSync(folder, { recursive: true });
  });

  test('give the value of their last expression, awaitable ones as they are', async () => {
    assert.equal(await run('1; 2 + 3'), 5);
    assert.equal(await run('await Promise.resolve(6);'), 6);
    assert.deepEqual(await run('{ a: 1, b: [2] }'), { a: 1, b: [2] });
    assert.equal(await run('if (true) 5'), undefined);
    assert.equal(await run('const x = 5'), undefined);
    assert.equal(await run('export default x + 1'), 6);
    assert.equal(await run("'use strict'; this === globalThis"), true);
    const boxed = await run('({ promise: Promise.resolve(1) })');
    assert.ok(typeof boxed === 'object' && boxed !== null && 'promise' in boxed && boxed.promise instanceof Promise);
  });

  test('declare names again and again, which earlier functions see', async () => {
    await run('let n = 1; const double = () => n * 2; class A { v = n }');
    assert.equal(await run('const n = 10; double()'), 20);
    await run('function helper() { return 1 }\nfunction uses() { return helper() }');
    await run('const helper = () => 2');
    assert.equal(await run('uses()'), 2);
    assert.equal(await run('class A { v = n + 1 }\nnew A().v'), 11);
    assert.equal(await run('const l = late(); function late() { return 7 }\nl'), 7);
    assert.equal(await run('await 0; var q = late(); for (var i = 0; i < 3; i++); [q, i].join()'), '7,3');
    assert.equal(await run('var q; q'), 7);
    assert.equal(await run('undeclared = 4; undeclared'), 4);
  });

  test('see errors and arrays of the same kinds as everything else', async () => {
    assert.equal(await run('[] instanceof Array && new RangeError() instanceof Error'), true);
    assert.ok((await run('new Map()')) instanceof Map);
    assert.ok((await run('new RangeError()')) instanceof RangeError);
  });

  test('may use the name of a global, which everybody else keeps', async () => {
    await run('const URL = 5; const process = { mine: true }');
    assert.equal(await run('URL + 1'), 6);
    assert.equal(await run('process.mine'), true);
    assert.equal(new URL('a:b').href, 'a:b');
    assert.equal(typeof process.pid, 'number');
    assert.equal(await run('await session.remote(() => URL)()'), 5);
  });

  test('keep what they declare by using until they are released, the latest first', async () => {
    await run(
      'const order = []; const made = (name) => ({ name, [Symbol.asyncDispose]: async () => { order.push(name) } })',
    );
    await run("await using a = made('a'); { await using inside = made('inside') }");
    await run("await using b = made('b'), none = null");
    assert.equal(await run('a.name + b.name + order'), 'abinside');
    await cells.release();
    assert.equal(await run('order.join()'), 'inside,b,a');
    await assert.rejects(run('using wrong = {}'), TypeError);
  });

  test('keep _, In and Out', async () => {
    cells.reset();
    cells.names.give('session', session);
    await run('40 + 2');
    assert.equal(await run('_ + 1'), 43);
    assert.deepEqual(await run('[__, _, Out[1], In[2]]'), [42, 43, 42, '_ + 1']);
    await run('const _ = "mine"; 1');
    assert.equal(await run('_'), 'mine');
  });

  test('import packages and files, and a changed file again', async () => {
    assert.equal(await run("import { addBase } from './work.ts'\naddBase(1)"), 11);
    assert.equal(await run("import { join as glue } from 'node:path'; glue('a', 'b')"), join('a', 'b'));
    assert.equal(await run("import * as g from 'gridbook'; g.connect.name"), 'connect');
    assert.equal(await run("(await import('./work.ts')).addBase(2)"), 12);
    assert.equal(
      await run("import.meta.url.endsWith('/cells.ts') && new URL('./work.ts', import.meta.url).protocol"),
      'file:',
    );
    writeFileSync(file, 'const base: number = 20;\nexport const addBase = (x: number): number => x + base;\n');
    utimesSync(file, new Date(), new Date(Date.now() + 5000));
    assert.equal(await run("import { addBase } from './work.ts'\naddBase(1)"), 21);
    await assert.rejects(run("import { nothing } from './work.ts'"), /exports no "nothing"; it exports addBase/);
  });

  test('give tasks what earlier cells define and import', async () => {
    await run("import { addBase } from './work.ts'\nimport { basename } from 'node:path'");
    await run(
      'const factor = 3; const scale = (x: number) => x * factor; class Box { constructor(public x: number) {} }',
    );
    assert.equal(await run('await session.remote((x: number) => addBase(scale(new Box(x).x)))(2)'), 26);
    assert.equal(await run('await session.remote(addBase)(5)'), 25);
    assert.deepEqual(await run('await session.map((p: string) => basename(p), ["/a/b", "/c"]).toArray()'), ['b', 'c']);
    assert.equal(await run('await session.reduce(scale, [1, 2, 3], (a, b) => a + b)'), 18);
    assert.equal(
      await run(
        'class Sum { n = factor; add(k: number) { this.n += k; return this.n } }\nawait session.actor(Sum).add(4)',
      ),
      7,
    );
    await run('const factor = 5');
    assert.equal(await run('await session.remote(scale)(2)'), 10);
    await assert.rejects(run('await session.remote(() => absent)()'), (error) => {
      return error instanceof InvalidArgumentError && /"absent" \(cells\.ts:1\)/.test(error.message);
    });
  });

  test('tell what their tasks print, with the cell that called them', async () => {
    const told: string[] = [];
    cells.onOutput = ({ stream, text, worker, cell }) => {
      const number = typeof cell === 'object' && cell !== null && 'number' in cell ? cell.number : undefined;
      told.push(`${number} ${/^w\d+$/.test(worker)} ${stream} ${text}`);
    };
    // Workers are asked when they are leased.
    const other = await connect({ workers: 1 });
    cells.names.give('other', other);
    await run(
      'await other.remote(() => { console.log("out"); console.error("err"); process.stdout.write(new Uint8Array([104, 105])) })()',
    );
    const number = cells.list.length;
    assert.deepEqual(told, [`${number} true stdout out\n`, `${number} true stderr err\n`, `${number} true stdout hi`]);
    told.length = 0;
    const begunAt = performance.now();
    await run('await other.remote(() => { for (let i = 0; i < 100_000; i++) console.log(i) })()');
    const seconds = Math.ceil((performance.now() - begunAt) / 1000);
    // 500 in each second, and that there were more.
    assert.ok(told.length > 400 && told.length <= 501 * (seconds + 1), `${told.length} were told in ${seconds} s`);
    await other.close();
    cells.onOutput = undefined;
  });

  test('an interrupted cell ends at once, its tasks too, and it cannot call more', async () => {
    const other = await connect({ workers: 2 });
    cells.names.give('other', other);
    const events = other.events();
    const endless = 'await other.map(() => { for (;;); }, [1, 2, 3]).toArray()';
    const running = run(
      `const calls = []; try { ${endless} } catch { try { other.remote(() => 1)() } catch (e) { calls.push(e.message) } }`,
    );
    const refused = assert.rejects(running, CancelledError);
    for await (const event of events) if (event.type === 'worker.leased') break;
    cells.interrupt();
    await refused;
    assert.equal(await run('await other.remote(() => 42)()'), 42);
    assert.deepEqual(await run('calls'), ['Interrupted']);
    await other.close();
  });

  test('forget all on reset', async () => {
    await run('const gone = 1; const URL = 2');
    cells.reset();
    cells.names.give('session', session);
    await assert.rejects(run('gone'), ReferenceError);
    assert.equal(await run('typeof URL'), 'function');
    assert.equal(cells.nextNumber, 3);
  });
});
