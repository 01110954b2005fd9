// Shipping says nothing of its own: no warning reaches the user's terminal, and none of the user's is lost.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { shipFunction } from '../../../sdk/function-shipping/index.ts';

const run = promisify(execFile);

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/function-shipping/${name}`, import.meta.url));
}

describe('a program in TypeScript that ships functions', () => {
  for (const name of ['program.ts', 'program-in-thread.ts']) {
    test(`writes nothing to stderr by itself: ${name}`, async () => {
      const { NODE_OPTIONS: _, NODE_NO_WARNINGS: __, ...env } = process.env;
      const { stdout, stderr } = await run(process.execPath, [fixture(name)], { env });
      assert.equal(stdout, '4 function 1\n');
      assert.equal(stderr, '');
    });
  }

  test('keeps warnings of its own', async () => {
    const { emitWarning } = process;
    const secret = 1;
    await shipFunction(() => secret, { callerUrl: import.meta.url, capture: { secret } });
    assert.equal(process.emitWarning, emitWarning);
  });
});
