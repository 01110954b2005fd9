// Who may import whom, in this repository and in files that break the rules on purpose.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cycleViolations, packageViolations, pureRoots, purityViolations, roomViolations } from './import-rules.ts';
import { notebookCode, readNotebooks, readTreeFile, readTreeFiles, type SourceFile } from './source-tree.ts';
import { importsOf } from './syntax.ts';

const files = readTreeFiles('.ts');
const file = (path: string, text: string): SourceFile => ({ path, text });

describe('the repository', () => {
  test('has the files that the rules are about', () => {
    assert.ok(files.filter(({ path }) => path.startsWith('sdk/')).length > 50);
    assert.ok(files.flatMap(importsOf).length > 200);
  });

  test('has no import from one room into another but by its doors', () => {
    assert.deepEqual(roomViolations([...files, ...readNotebooks()]), []);
  });

  test('imports each package only where it belongs and where package.json has it', () => {
    assert.deepEqual(packageViolations([...files, ...readNotebooks()], JSON.parse(readTreeFile('package.json'))), []);
  });

  test('keeps its state machines pure', () => {
    assert.deepEqual(purityViolations(files, pureRoots), []);
  });

  test('has no import cycles', () => {
    assert.deepEqual(cycleViolations(files), []);
  });
});

describe('roomViolations()', () => {
  const refused: [path: string, text: string][] = [
    ['sdk/a.ts', "import { b } from '../daemon/index.ts';"],
    ['sdk/deep/a.ts', "export * from '../../repl/b.ts';"],
    ['sdk/a.ts', "import type { B } from '../test/b.ts';"],
    ['sdk/a.ts', "type B = import('../daemon/b.ts').B;"],
    ['sdk/a.ts', "const b = await import('../daemon/b.ts');"],
    ['sdk/a.ts', "createRequire(import.meta.url)('../daemon/b.ts');"],
    ['daemon/a.ts', "import { connect } from '../sdk/index.ts';"],
    ['daemon/a.ts', "import { Codec } from '../sdk/protocol/codec.ts';"],
    ['repl/a.ts', "import { Codec } from '../sdk/internal.ts';"],
    ['repl/a.ts', "import { version } from '../package.json';"],
    ['notebooks/display.ts', "import { connect } from '../sdk/index.ts';"],
  ];
  for (const [path, text] of refused) {
    test(`refuses ${text} in ${path}`, () => {
      assert.equal(roomViolations([file(path, text)]).length, 1);
    });
  }

  test('lets doors, own files and tests through', () => {
    const fine = [
      file('sdk/a.ts', "import { b } from './b.ts'; import { c } from '../sdk/c.ts';"),
      file('daemon/head/a.ts', "import { b } from '../../sdk/internal.ts';"),
      file('repl/a.ts', "import { b } from '../sdk/index.ts'; import { c } from '../daemon/index.ts';"),
      file('notebooks/a.ts', "import { connect } from 'gridbook';"),
      file('test/a.ts', "import { b } from '../sdk/protocol/b.ts';"),
      file('sdk/strings.ts', `const text = "import { b } from '../daemon/index.ts'";`),
    ];
    assert.deepEqual(roomViolations(fine), []);
  });

  test('sees the code cells of a notebook', () => {
    const cells = [
      { cell_type: 'markdown', source: "import a from '../sdk/a.ts'" },
      { cell_type: 'code', source: ["import { b } from '../sdk/index.ts';\n", 'b();'] },
    ];
    const text = notebookCode(JSON.stringify({ cells }));
    assert.equal(roomViolations([file('notebooks/01-start.ipynb', text)]).length, 1);
  });
});

describe('packageViolations()', () => {
  const manifest = {
    dependencies: { acorn: '1', koffi: '1' },
    devDependencies: { '@types/estree': '1', piscina: '1' },
  };

  test('refuses a package in a folder that is not its home', () => {
    assert.equal(packageViolations([file('sdk/a.ts', "import { parse } from 'acorn';")], manifest).length, 1);
    assert.equal(packageViolations([file('sdk/a.ts', "createRequire(here)('koffi');")], manifest).length, 1);
    assert.equal(packageViolations([file('sdk/a.ts', "import { connect } from 'gridbook';")], manifest).length, 1);
  });

  test('refuses a package that is for tests only, unless its types alone are used', () => {
    assert.equal(packageViolations([file('sdk/a.ts', "import Piscina from 'piscina';")], manifest).length, 2);
    const path = 'sdk/function-shipping/a.ts';
    assert.deepEqual(packageViolations([file(path, "import type { Node } from 'estree';")], manifest), []);
    assert.equal(packageViolations([file(path, "import { Node } from 'estree';")], manifest).length, 1);
  });

  test('refuses a package that package.json does not have', () => {
    assert.equal(packageViolations([file('test/a.ts', "import x from 'left-pad/deep';")], manifest).length, 1);
  });

  test('lets homes, tests and Node through', () => {
    const fine = [
      file('sdk/function-shipping/a.ts', "import { parse } from 'acorn'; import { readFile } from 'node:fs/promises';"),
      file('test/a.ts', "import Piscina from 'piscina'; import { connect } from 'gridbook';"),
    ];
    assert.deepEqual(packageViolations(fine, manifest), []);
  });
});

describe('purityViolations()', () => {
  const impure = [
    "import { readFileSync } from 'node:fs';",
    "import { setTimeout } from 'node:timers';",
    "import { Session } from './session.ts';", // which is impure itself
    "import { encode } from './protocol/codec.ts';", // which is no sibling
    'const t = performance.now();',
    'setTimeout(() => {}, 10);',
    'const now = Date.now();',
    'const r = Math.random();',
    'const t = globalThis.performance.now();',
    'const f = async (x: () => unknown) => { await x(); };',
    'process.nextTick(() => {});',
  ];
  const session = file('sdk/session.ts', 'queueMicrotask(() => {});');
  for (const text of impure) {
    test(`refuses ${text}`, () => {
      assert.notDeepEqual(purityViolations([file('sdk/pure.ts', text), session], ['sdk/pure.ts']), []);
    });
  }

  test('says so when a pure file is not there', () => {
    assert.equal(purityViolations([], ['sdk/pure.ts']).length, 1);
  });

  test('lets types, pure siblings and members of such names through', () => {
    const fine = [
      file(
        'sdk/pure.ts',
        "import { Q } from './queue.ts';\nimport type { Session } from './session.ts';\nnew Q().process();",
      ),
      file('sdk/queue.ts', 'export class Q { process() { return Math.max(1, 2); } }'),
      session,
    ];
    assert.deepEqual(purityViolations(fine, ['sdk/pure.ts']), []);
  });
});

describe('cycleViolations()', () => {
  const b = file('sdk/b.ts', "export * from './c.ts';");
  const c = (text: string): SourceFile => file('sdk/c.ts', text);
  const a = file('sdk/a.ts', "import { b } from './b.ts';");

  test('finds a circle of files', () => {
    const found = cycleViolations([a, b, c("import { a } from './a.ts';")]);
    assert.deepEqual(found, ['sdk/a.ts → sdk/b.ts → sdk/c.ts → sdk/a.ts']);
  });

  test('finds a circle that is closed while the program runs, or by a file that is loaded for its types', () => {
    assert.equal(cycleViolations([a, b, c("const a = import('./a.ts');")]).length, 1);
    assert.equal(cycleViolations([a, b, c("import { type A } from './a.ts';")]).length, 1);
    assert.equal(cycleViolations([file('sdk/a.ts', "import './a.ts';")]).length, 1);
  });

  test('lets type-only imports and two ways to one file through', () => {
    assert.deepEqual(cycleViolations([a, b, c("import type { A } from './a.ts';")]), []);
    assert.deepEqual(cycleViolations([file('sdk/a.ts', "import './b.ts'; import './c.ts';"), b, c('')]), []);
  });
});
