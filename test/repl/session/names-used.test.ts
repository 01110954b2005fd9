// The names that a cell uses of what is around it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCell } from '../../../repl/session/cell-syntax.ts';
import { namesUsed } from '../../../repl/session/names-used.ts';

function used(text: string): string[] {
  return namesUsed(parseCell(text)).map(({ name, start, end }) => {
    assert.ok(text.slice(start, end).startsWith(name));
    return text.slice(start, end);
  });
}

describe('namesUsed()', () => {
  test('leaves out what functions, blocks and loops declare', () => {
    assert.deepEqual(used('_ + [1].map((_) => _ * k)'), ['_', 'k']);
    assert.deepEqual(used('(function f(a, { b, c: [d] = e }, ...r) { var g; let h; return [a, b, d, g, h, r, f] })'), [
      'e',
    ]);
    assert.deepEqual(used('{ const a = 1; a } a'), ['a']);
    assert.deepEqual(used('for (const x of xs) x; for (let i = n; i < 3; i++); try { t } catch ({ m }) { m }'), [
      'xs',
      'n',
      't',
    ]);
    assert.deepEqual(used('(class A extends B { [k] = A; l = m; n() {} })'), ['B', 'k', 'm']);
  });

  test('leaves out members, keys and labels', () => {
    assert.deepEqual(used('a.b[c].d; ({ e: f, [g]: 1, h() {} }); l: for (;;) break l; import.meta.url'), [
      'a',
      'c',
      'f',
      'g',
    ]);
  });

  test('tells results by number, and names that stand for a member, too', () => {
    const [out, other, index] = namesUsed(parseCell('Out[12].x + Out[n]; ({ _ })'));
    assert.deepEqual([out?.outNumber, out?.end, other?.outNumber], [12, 7, undefined]);
    assert.deepEqual([index?.name, namesUsed(parseCell('({ _ })'))[0]?.isShorthand], ['n', true]);
  });
});
