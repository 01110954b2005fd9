// What a session keeps of tasks and values that are over: nothing. Measured in processes of their own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runScript } from '../helpers/run-script.ts';

async function measure(what: string): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runScript('memory.ts', { args: [what], nodeFlags: ['--expose-gc'] });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return Object(JSON.parse(stdout));
}

const megabyte = 2 ** 20;

test('20,000 failures leave nothing on the heap', async () => {
  const { grownBytes } = await measure('failures');
  // 64 bytes a failure would be 1.3 MB.
  assert.ok(Number(grownBytes) < megabyte, `the heap grew by ${grownBytes} bytes`);
});

test('awaiting 100,000 refs one by one takes time in proportion to their number', async () => {
  const { small, large } = await measure('refsOneByOne');
  // Ten times the refs: about 10 times the time, 100 times were it quadratic.
  assert.ok(Number(large) < 40 * Number(small), `10,000 took ${small} ms, 100,000 took ${large} ms`);
});

test('a stored value that no ref reaches is freed, and told of as object.freed', async () => {
  const { sizeMb, heldBytes, leftBytes, eventBytes, freedRssBytes } = await measure('freed');
  const size = Number(sizeMb) * megabyte;
  assert.ok(Number(heldBytes) > 0.9 * size, `held ${heldBytes}`);
  assert.ok(Number(leftBytes) < 0.1 * size, `left ${leftBytes}`);
  assert.ok(Array.isArray(eventBytes) && eventBytes.every((bytes) => bytes >= size && bytes < size + 1000));
  assert.ok(Number(freedRssBytes) > 0.9 * size, `the process gave back ${freedRssBytes}`);
});

test('typed arrays of 200 MB come whole, in shared memory, and are copied once however many tasks read them', async () => {
  const { seen, length, isShared, peakTimesOfRef, peakTimes } = await measure('large');
  assert.equal(length, (200 * megabyte) / 8);
  assert.equal(isShared, true);
  assert.ok(Array.isArray(seen));
  assert.equal(seen.length, 9);
  for (const look of seen) assert.deepEqual(look, { shared: true, ends: [1, 2], length });
  // The array as the task made it, and its copy.
  assert.ok(Number(peakTimesOfRef) < 2.5, `the peak was ${peakTimesOfRef} times the value`);
  // Beside those, one for the argument and one for what was put.
  assert.ok(Number(peakTimes) < 4.5, `the peak was ${peakTimes} times the value`);
});
