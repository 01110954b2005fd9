// Tasks that end their worker: what is said of it, who is run again, and that all others finish.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { connect, type Session, type SessionEvent, TaskError, WorkerDiedError } from '../../sdk/index.ts';
import { errorOf, outcomes } from '../helpers/outcomes.ts';

/** Opens a session for the body; gives all that happened in it. */
async function inSession(body: (session: Session) => Promise<void>): Promise<SessionEvent[]> {
  const session = await connect({ address: 'embedded', workers: 2, workerHeapBytesMax: 64 * 2 ** 20 });
  const seen: SessionEvent[] = [];
  const events = session.events();
  const listening = (async () => {
    for await (const event of events) seen.push(event);
  })();
  try {
    await body(session);
  } finally {
    await session.close();
    await listening;
  }
  return seen;
}

/** How often each word was written to a file that tasks append to. */
async function inDirectory(body: (file: string, count: () => Promise<number>) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(`${tmpdir()}/gridbook-e2e-`);
  const file = `${directory}/marks`;
  try {
    await body(file, async () => (await readFile(file, 'utf8')).length);
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe('process.exit() in a task', () => {
  test('fails it with the exit code after its retries, each on another worker', async () => {
    const seen = await inSession(async (session) => {
      const exit = session.remote((code: number) => process.exit(code), { maxRetries: 2, name: 'leaver' });
      const error = await errorOf(exit(9));
      assert.ok(error instanceof WorkerDiedError);
      assert.equal(error.reason, 'exit');
      assert.equal(error.exitCode, 9);
      assert.match(error.message, /"leaver".*exit code 9.*2 retries are used up/);
    });
    const lost = seen.filter((e) => e.type === 'worker.lost');
    assert.equal(lost.length, 3);
    assert.equal(new Set(lost.map((e) => e.worker)).size, 3);
    const retried = seen.filter((e) => e.type === 'task.retried');
    assert.deepEqual(
      retried.map(({ name, attempt }) => [name, attempt]),
      [
        ['leaver', 2],
        ['leaver', 3],
      ],
    );
  });

  test('with maxRetries: 0 runs once, and its error says mayHaveRun', async () => {
    await inSession(async (session) => {
      await inDirectory(async (file, count) => {
        const exit = session.remote(
          async (path: string) => {
            const { appendFileSync } = await import('node:fs');
            appendFileSync(path, 'x');
            process.exit(0);
          },
          { maxRetries: 0 },
        );
        const error = await errorOf(exit(file));
        assert.ok(error instanceof WorkerDiedError);
        assert.equal(error.mayHaveRun, true);
        assert.equal(error.exitCode, 0);
        assert.equal(await count(), 1);
      });
    });
  });

  test('once is made good by a retry', async () => {
    await inSession(async (session) => {
      await inDirectory(async (file, count) => {
        const f = session.remote(async (path: string) => {
          const { appendFileSync, readFileSync } = await import('node:fs');
          appendFileSync(path, 'x');
          if (readFileSync(path, 'utf8').length < 3) process.exit(1);
          return 'third';
        });
        assert.equal(await f(file), 'third');
        assert.equal(await count(), 3);
      });
    });
  });

  test('amid a batch whose answers have not left yet costs no other task its result', async () => {
    await inSession(async (session) => {
      const f = session.remote((x: number) => {
        if (x === 1500) process.exit(0);
        return x;
      });
      // Known to be short, so that many travel in one batch.
      await session.get(Array.from({ length: 500 }, () => f(0)));
      const all = await outcomes(Array.from({ length: 3000 }, (_, x) => f(x)));
      for (const [x, outcome] of all.entries()) {
        if (x !== 1500) assert.deepEqual(outcome, { status: 'fulfilled', value: x });
        else assert.ok(outcome.status === 'rejected' && outcome.reason instanceof WorkerDiedError);
      }
    });
  });

  test('of several poison tasks in one map of failures fails these and no other', async () => {
    await inSession(async (session) => {
      const f = session.remote(
        (x: number) => {
          if (x % 400 === 7) process.exit(3);
          return x;
        },
        { maxRetries: 2 },
      );
      const all = await outcomes(Array.from({ length: 2000 }, (_, x) => f(x)));
      const failed = all.flatMap((o, x) => (o.status === 'rejected' ? [x] : []));
      assert.deepEqual(failed, [7, 407, 807, 1207, 1607]);
      assert.equal(await session.remote(() => 'alive')(), 'alive');
    });
  });
});

describe('what a task does to its process', () => {
  test('exit codes and signal handlers set in a task stay in its thread', async () => {
    await inSession(async (session) => {
      const before = process.listenerCount('SIGTERM');
      await session.remote(() => {
        process.exitCode = 42;
        process.on('SIGTERM', () => {});
        process.env['GRIDBOOK_E2E_MARK'] = 'set';
      })();
      assert.notEqual(process.exitCode, 42);
      assert.equal(process.listenerCount('SIGTERM'), before);
      assert.equal(process.env['GRIDBOOK_E2E_MARK'], undefined);
    });
  });

  test('process.abort() and process.chdir() are errors of the task', async () => {
    const seen = await inSession(async (session) => {
      for (const f of [session.remote(() => process.abort()), session.remote(() => process.chdir('/'))]) {
        assert.ok((await errorOf(f())) instanceof TaskError);
      }
    });
    assert.ok(seen.every((e) => e.type !== 'worker.lost'));
  });

  test('a task that closes its own port costs its worker only', async () => {
    await inSession(async (session) => {
      const f = session.remote(
        async () => {
          const { parentPort } = await import('node:worker_threads');
          parentPort?.close();
          return 'unheard';
        },
        { maxRetries: 1 },
      );
      assert.ok((await errorOf(f())) instanceof WorkerDiedError);
      assert.equal(await session.remote(() => 'alive')(), 'alive');
    });
  });
});

describe('a task that uses up the JavaScript heap', () => {
  // In small pieces: a single allocation of more than 16 MB over a thread's limit makes V8 abort the whole process.
  const hogs: Record<string, () => unknown> = {
    'a list': () => {
      let head: unknown;
      for (let i = 0; ; i++) head = { head, i };
    },
    closures: () => {
      let last = (): unknown => undefined;
      for (;;) {
        const before = last;
        last = () => before;
      }
    },
    texts: () => {
      const list: string[] = [];
      for (;;) list.push(JSON.stringify(Array.from({ length: 10_000 }, (_, i) => `${i} ${list.length}`)));
    },
    'an awaited hoard': async () => {
      let head: unknown;
      for (let i = 0; ; i++) {
        head = { head, i };
        if (i % 100_000 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
  for (const [what, hog] of Object.entries(hogs)) {
    test(`by ${what} fails as out-of-memory while its neighbours finish`, async () => {
      const seen = await inSession(async (session) => {
        const hogging = session.remote(hog, { maxRetries: 1, name: 'hog' })();
        const f = session.remote((x: number) => x);
        const refs = Array.from({ length: 2000 }, (_, x) => f(x));
        const error = await errorOf(hogging);
        assert.ok(error instanceof WorkerDiedError, String(error));
        assert.equal(error.reason, 'out-of-memory');
        assert.equal(error.mayHaveRun, true);
        assert.deepEqual(
          await session.get(refs),
          refs.map((_, x) => x),
        );
        assert.equal(await session.remote(() => 'alive')(), 'alive');
      });
      assert.equal(seen.filter((e) => e.type === 'worker.lost' && e.reason === 'out-of-memory').length, 2);
    });
  }
});
