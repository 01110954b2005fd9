// How long a sweep waits for workers that are not there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SweepSessions } from '../../../sdk/experiments/sweep-sessions.ts';
import { connect, ResourceError } from '../../../sdk/index.ts';

const signal = new AbortController().signal;

test('SweepSessions waits for missing workers no longer than the budget of the sweep, and no longer than it was told', async () => {
  await using session = await connect({ workers: 1 });
  const patient = new SweepSessions(session, 1e9);
  assert.equal(patient.has(2), false);
  await patient.untilChanged(2, signal, 30);
  await patient.untilChanged(2, signal, -1);
  await assert.rejects(patient.untilChanged(2, AbortSignal.abort(), 1e9), { name: 'AbortError' });
  const hasty = new SweepSessions(session, 30);
  await assert.rejects(
    hasty.untilChanged(2, signal, Number.POSITIVE_INFINITY),
    (error: Error) => error instanceof ResourceError && /^Cannot measure with 2 workers any more/.test(error.message),
  );
});
