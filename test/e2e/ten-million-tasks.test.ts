// Ten million tiny tasks through one map: the sum is right, and the client's memory stays flat.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runScript } from '../helpers/run-script.ts';

const peakMbMax = 512;
/** How much more memory the last million may hold than the third one did: what a leak of 64 bytes a task would be. */
const growthMbMax = 64;

test('Session.map() over ten million inputs gives the right sum in less than 512 MB, flat', async (t) => {
  const { code, stdout, stderr } = await runScript('ten-million-tasks.ts', {
    timeoutMs: 600_000,
    onOutput: (piece) => t.diagnostic(piece.trim()),
  });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  const lines: unknown[] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const [end, ...millions] = lines.reverse().map((line) => Object(line));
  let sum = 0;
  for (let i = 0; i < 10_000_000; i++) sum += i % 7;
  assert.equal(end.done, 10_000_000);
  assert.equal(end.sum, sum);
  assert.ok(end.peakMb < peakMbMax, `peak ${end.peakMb} MB`);
  const sizes = millions.reverse().map(({ rssMb }) => Number(rssMb));
  assert.equal(sizes.length, 10);
  const [, , early] = sizes;
  const late = Math.min(...sizes.slice(-2));
  assert.ok(late - early! < growthMbMax, `resident at each million: ${sizes.join(' ')} MB`);
});
