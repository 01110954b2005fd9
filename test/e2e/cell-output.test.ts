// What a host of cells does with what tasks print, and of which cell they are.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect, currentSession, type SessionEvent, setCellHost } from '../../sdk/index.ts';

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

test('what a task calls is of the cell that called the task, whichever cell had its worker started, or was interrupted', async (t) => {
  const running = new AsyncLocalStorage<{ readonly name: string; interrupted: boolean }>();
  const printed: unknown[] = [];
  setCellHost({
    baseUrl: import.meta.url,
    placeOf: () => undefined,
    lookUp: () => undefined,
    get cell() {
      const cell = running.getStore();
      if (cell?.interrupted) throw new Error('Interrupted');
      return cell;
    },
    onOutput: ({ text, cell }) => printed.push([text, cell]),
  });
  t.after(() => setCellHost(undefined));
  await using session = await connect({ address: 'embedded', workers: 1 });
  class Speaker {
    say(word: string): void {
      console.log(word);
    }
  }
  session.actor(Speaker, [], { name: 'speaker' });
  const outer = session.remote(async (word: string) => {
    const own = currentSession();
    await own.remote((inner: string) => console.log(inner))(`${word}, within`);
    await own.getActor<Speaker>('speaker').say(`${word}, spoken`);
    return word;
  });
  const [one, two] = [
    { name: 'one', interrupted: false },
    { name: 'two', interrupted: false },
  ];
  assert.equal(await running.run(one, () => outer('first').promise()), 'first');
  one.interrupted = true;
  assert.equal(await running.run(two, () => outer('second').promise()), 'second');
  assert.deepEqual(printed, [
    ['first, within\n', one],
    ['first, spoken\n', one],
    ['second, within\n', two],
    ['second, spoken\n', two],
  ]);
});
