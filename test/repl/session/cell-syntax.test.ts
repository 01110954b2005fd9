// From the text of a cell to what is run: what is whole, what is wrong, what it declares.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CellCode, readCell } from '../../../repl/session/cell-syntax.ts';

function whole(text: string): CellCode {
  const code = readCell(text);
  assert.ok(code.state === 'complete', `${text} is ${code.state}`);
  return code;
}

describe('readCell()', () => {
  test('knows when more lines follow', () => {
    const open = [
      'f(',
      'x =>',
      'const q = {',
      '`abc',
      '`a ${',
      '/* a',
      'function f() {',
      'class A {',
      'if (x) {\n} else',
      '({',
      '[1,',
      'a +',
    ];
    open.push('import {', 'interface I {', 'type T =', 'f<number>(', 'const x: ', 'try {}', 'enum A {', 'x.');
    for (const text of open) assert.equal(readCell(text).state, 'incomplete', text);
  });

  test('knows what no line can mend, and says where', () => {
    for (const text of ['let y = }', 'a b', '"abc', 'let v = 1; let v = 2', 'return 5', ')', '1 +* 2']) {
      const code = readCell(text);
      assert.equal(code.state, 'wrong', text);
    }
    const code = readCell('let x = 1;\nlet y = };');
    assert.ok(code.state === 'wrong');
    assert.match(code.error.stack ?? '', /let y = \};\n\s+\^/);
    const decorated = readCell('class A {\n  @log m() {}\n}');
    assert.ok(decorated.state === 'wrong');
    assert.equal(
      decorated.error.stack,
      'SyntaxError: Node knows no decorators yet: call them as functions\n      @log m() {}\n      ^',
    );
  });

  test('lists what a cell declares, in blocks by var, too', () => {
    const text =
      'const { a, b: [c = 1, ...d] } = x; var e; { var f = 1; let no; }\nfor (var g of []) {}\nfunction h() { var no }\nclass I {}';
    assert.deepEqual(whole(text).declared.toSorted(), ['a', 'c', 'd', 'e', 'f', 'g', 'h', 'I'].toSorted());
    assert.deepEqual(whole('y = 1, z = 2').assigned, ['y', 'z']);
  });

  test('takes types off, and runs what is more than types', () => {
    const code = whole('type A = { b: number };\nconst x = <T,>(a: T): T => a satisfies T;');
    assert.doesNotMatch(code.body, /number|satisfies/);
    assert.equal(code.plain.split('\n').length, 2);
    assert.match(whole('enum Color { Red = 3 }').body, /Red/);
    assert.match(whole('class P { constructor(readonly x: number) {} }').body, /this\.x = x/);
  });

  test('keeps lines where they are', () => {
    const text = 'const a = 1;\nfunction f() {\n  return a;\n}\nawait f();\nlet b = f(),\n  c;';
    const { body, functions } = whole(text);
    assert.equal(body.split('\n')[4], 'await f();');
    assert.match(functions.split('\n')[2] ?? '', /return a/);
  });

  test('knows what is imported', () => {
    const [first, second] = whole(
      "import d, { a as b } from './x.ts'\nimport * as n from 'y' with { type: 'json' }",
    ).imports;
    assert.deepEqual(first, {
      specifier: './x.ts',
      attributes: {},
      names: [
        { local: 'd', exportName: 'default' },
        { local: 'b', exportName: 'a' },
      ],
    });
    assert.deepEqual(second?.attributes, { type: 'json' });
    assert.deepEqual(whole("import type { T } from './x.ts'").imports, []);
  });

  test('waits only where the cell itself does', () => {
    assert.equal(whole('await f()').awaits, true);
    assert.equal(whole('for await (const x of y) {}').awaits, true);
    assert.equal(whole('async () => { await f() }').awaits, false);
    assert.equal(whole('class A { async m() { await f() } }').awaits, false);
    assert.equal(whole('const A = class extends (await f()) {}').awaits, true);
  });
});
