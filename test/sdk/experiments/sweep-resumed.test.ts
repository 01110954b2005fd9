// A sweep that is killed and started again, beside one that is not.

import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openStore } from '../../../sdk/index.ts';
import { storePath } from '../../helpers/kept-experiments.ts';
import { startSweepProcess } from '../../helpers/store-process.ts';

test('a sweep that is killed twice and started again ends with the records of one that is not, in the same order', async (t) => {
  const path = storePath(t);
  const whole = startSweepProcess(t, path);
  assert.equal(await whole.end(), 0);
  const runs = whole.lines.slice(0, -1);
  assert.equal(runs.length, 5 * 2 * 3);

  const killedPath = join(dirname(path), 'killed.sqlite');
  for (const count of [4, 9]) {
    const killed = startSweepProcess(t, killedPath);
    await killed.said(count);
    await killed.end('SIGKILL');
  }
  const resumed = startSweepProcess(t, killedPath);
  assert.equal(await resumed.end(), 0);
  assert.ok(resumed.lines.length <= runs.length - 13 + 1, 'nothing was measured twice');

  using store = openStore(killedPath);
  const [experiment, ...others] = store.list().map(({ id }) => store.get(id));
  assert.deepEqual(others, []);
  assert.equal(resumed.lines.at(-1), `${experiment?.id} true`);
  const kept = experiment?.records.map(({ params, workers, repeat }) => JSON.stringify([params, workers, repeat]));
  assert.deepEqual(kept, runs);
});
