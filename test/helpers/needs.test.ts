// Tests of needs(): nothing is skipped in silence.

import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { needs } from './needs.ts';

describe('needs()', () => {
  const before = process.env['CI'];
  afterEach(() => {
    if (before === undefined) delete process.env['CI'];
    else process.env['CI'] = before;
  });

  test('skips nothing where it is there', () => {
    for (const ci of ['true', '']) {
      process.env['CI'] = ci;
      assert.deepEqual(
        needs('a tool', () => true, 'install it'),
        { skip: false },
      );
    }
  });

  test('skips and says what is missing and how to get it', () => {
    delete process.env['CI'];
    assert.deepEqual(
      needs('a tool', () => false, 'install it'),
      { skip: 'a tool is missing; to run this: install it' },
    );
  });

  test('fails instead where CI is true', () => {
    process.env['CI'] = 'true';
    assert.throws(() => needs('a tool', () => false, 'install it'), /a tool is missing; to run this: install it/);
  });
});
