// What a host of cells does with what tasks print, and of which cell they are.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { after, before, beforeEach, describe, test } from 'node:test';
import { connect, currentSession, type SessionEvent, setCellHost, type TaskOutput } from '../../sdk/index.ts';

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

describe('a host of cells is told', () => {
  const told: TaskOutput[] = [];
  const heard = new EventEmitter();
  let cell = 0;
  before(() =>
    setCellHost({
      baseUrl: import.meta.url,
      placeOf: () => undefined,
      lookUp: () => undefined,
      get cell() {
        return cell;
      },
      onOutput: (output) => {
        told.push(output);
        heard.emit('output');
      },
    }),
  );
  after(() => setCellHost(undefined));
  beforeEach(() => {
    told.length = 0;
    cell = 0;
  });
  const texts = (): string[] => told.map(({ text }) => text);

  test('a line that a task prints in pieces as one, and what has no end before the last task is settled', async () => {
    await using session = await connect({ address: 'embedded', workers: 1 });
    const say = session.remote((pieces: string[]) => {
      for (const piece of pieces) process.stdout.write(piece);
    });
    await say(['0.', '1.', 'end\nnext, ', 'and on\n', 'left', ' open']);
    assert.deepEqual(texts(), ['0.1.end\n', 'next, and on\n', 'left open']);
  });

  test('lines of what all tasks of a cell print without an end, and no line of two cells', async () => {
    await using session = await connect({ address: 'embedded', workers: 1 });
    const dots = session.remote(() => process.stdout.write('.'));
    const first = Array.from({ length: 20 }, () => dots().promise());
    cell = 1;
    await Promise.all([...first, dots().promise()]);
    const of = (number: number): string[] => told.filter((output) => output.cell === number).map(({ text }) => text);
    assert.deepEqual([of(0).join(''), of(1)], ['.'.repeat(20), ['.']]);
    assert.ok(of(0).length < 10, `${of(0).length} lines`); // one, unless that took seconds
  });

  test('what has no end while its task still runs, and at once when it is long', async () => {
    await using session = await connect({ address: 'embedded', workers: 1 });
    const long = 'x'.repeat(9000);
    const running = session.remote(async (text: string) => {
      const channel = new BroadcastChannel('the end');
      const end = once(channel, 'message');
      process.stdout.write(text);
      process.stdout.write('...');
      await end;
      channel.close();
    })(long);
    while (told.length < 2) await once(heard, 'output');
    assert.deepEqual(texts(), [long, '...']);
    const channel = new BroadcastChannel('the end');
    channel.postMessage('now');
    channel.close();
    await running;
    assert.equal(told.length, 2);
  });

  test('what a worker that dies had begun to print', async () => {
    await using session = await connect({ address: 'embedded', workers: 1 });
    const dying = session.remote(
      async () => {
        process.stdout.write('the last words');
        await new Promise((resolve) => setTimeout(resolve, 20));
        process.exit(3);
      },
      { maxRetries: 0 },
    );
    await assert.rejects(dying().promise(), { code: 'WORKER_DIED' });
    assert.deepEqual(texts(), ['the last words']);
  });

  test('what a task had begun to print whose session is closed', async () => {
    const session = await connect({ address: 'embedded', workers: 1 });
    const endless = session.remote(() => {
      process.stdout.write('no end');
      console.error('it runs');
      for (;;);
    });
    const failed = assert.rejects(endless().promise(), { code: 'CANCELLED' });
    while (told.length < 1) await once(heard, 'output');
    await session.close();
    await failed;
    assert.deepEqual(texts().toSorted(), ['it runs\n', 'no end']);
  });

  test('text that was written in another encoding', async () => {
    await using session = await connect({ address: 'embedded', workers: 1 });
    await session.remote(() => {
      process.stdout.write('68690a', 'hex');
      process.stdout.write('w6k=', 'base64');
      process.stdout.write(Buffer.from([0xe2, 0x82]));
      process.stdout.write('ac0a', 'hex');
    })();
    assert.deepEqual(texts(), ['hi\n', 'é€\n']);
  });

  test('the beginning of a piece that is too long by itself, and what is printed after it', async () => {
    await using session = await connect({ address: 'embedded', workers: 1 });
    await session.remote(() => {
      console.log('x'.repeat(300_000));
      for (let i = 0; i < 100; i++) console.log(i);
    })();
    const [long = '', ...lines] = texts();
    assert.match(long, /^x{100000,299999}… \(cut\)\n$/);
    assert.deepEqual(
      lines,
      Array.from({ length: 100 }, (_, i) => `${i}\n`),
    );
  });

  test('short lines after longer ones for which there was no room', async () => {
    await using session = await connect({ address: 'embedded', workers: 1 });
    await session.remote(() => {
      for (const size of [200_000, 200_000, 200_000]) console.log('x'.repeat(size));
      for (let i = 0; i < 100; i++) console.log(i);
    })();
    assert.deepEqual(
      texts().filter((text) => text.length < 5),
      Array.from({ length: 100 }, (_, i) => `${i}\n`),
    );
  });
});
