// What a host of cells does with what tasks print.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect, type SessionEvent, setCellHost } from '../../sdk/index.ts';

test('a host that throws when it is told what tasks print is warned of once, and ends no worker', async (t) => {
  let told = 0;
  setCellHost({
    baseUrl: import.meta.url,
    placeOf: () => undefined,
    lookUp: () => undefined,
    onOutput: () => {
      told++;
      throw new Error('no room on the screen');
    },
  });
  t.after(() => setCellHost(undefined));
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  const session = await connect({ address: 'embedded', workers: 1 });
  const seen: SessionEvent['type'][] = [];
  const listening = (async () => {
    for await (const { type } of session.events()) seen.push(type);
  })();
  const warned = once(process, 'warning');
  const say = session.remote(
    (x: number) => {
      console.log(x);
      return x;
    },
    { maxRetries: 0 },
  );
  assert.deepEqual([await say(1), await say(2), await say(3)], [1, 2, 3]);
  await warned;
  await session.close();
  await listening;
  assert.ok(told >= 3, `it was told ${told} times`);
  assert.ok(!seen.includes('worker.lost'), 'a worker was lost');
  assert.deepEqual(
    warnings.map(({ name, message }) => [name, message]),
    [
      [
        'GridbookWarning',
        "What is called with a session's events, or with what tasks print, failed: no room on the screen",
      ],
    ],
  );
});
