// The peak of resident memory is the run's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeakMemory } from '../../sdk/peak-memory.ts';

const mebibyte = 2 ** 20;

/** Makes so much memory resident, and gives it back at once. */
function touch(bytes: number): void {
  const memory = new Uint8Array(bytes).fill(1);
  memory.buffer.transfer(0);
}

test('PeakMemory sees what was given back between two looks, and not what came before it', () => {
  const first = new PeakMemory();
  touch(300 * mebibyte);
  assert.ok(process.memoryUsage.rss() < 300 * mebibyte, 'the memory was given back');
  assert.ok(first.peakBytes() >= 300 * mebibyte);
  const second = new PeakMemory();
  touch(50 * mebibyte);
  assert.ok(second.peakBytes() < 300 * mebibyte);
  assert.ok(second.peakBytes() >= process.memoryUsage.rss() - 10 * mebibyte);
});
