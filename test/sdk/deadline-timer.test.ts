// The timer of state machines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadlineTimer } from '../../sdk/deadline-timer.ts';
import { nowMs } from '../../sdk/protocol/clock.ts';

test('a deadline as far off as the longest timeoutMs is not taken for one that has come', async (t) => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): number => warnings.push(name);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  let calls = 0;
  const far = new DeadlineTimer(() => calls++);
  far.set(nowMs() + 2 ** 31 - 1);
  await new Promise<void>((resolve) => new DeadlineTimer(resolve).set(nowMs() + 20));
  far.set(undefined);
  assert.equal(calls, 0);
  assert.deepEqual(warnings, []);
});
