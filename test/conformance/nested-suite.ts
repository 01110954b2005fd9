// Tasks that have tasks of their own. A part of the suite that every way of connecting runs.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import {
  CancelledError,
  currentSession,
  type Session,
  type SessionEvent,
  TaskError,
  TimeoutError,
} from '../../sdk/index.ts';
import { type Given, numbers } from './given.ts';

/** A file that tasks make as a sign; workers and tests are on one machine. */
async function signFor(t: TestContext): Promise<{ path: string; seen: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'gridbook-nested-'));
  const watcher = watch(directory);
  t.after(async () => {
    watcher.close();
    await rm(directory, { recursive: true });
  });
  const path = join(directory, 'sign');
  return {
    path,
    seen: async () => {
      while (!existsSync(path)) await once(watcher, 'change');
    },
  };
}

/** The first event of a type from now on. */
async function eventOf<T extends SessionEvent['type']>(
  session: Session,
  type: T,
): Promise<Extract<SessionEvent, { type: T }>> {
  for await (const event of session.events()) if (isOfType(event, type)) return event;
  throw new Error(`There was no ${type}`);
}

function isOfType<T extends SessionEvent['type']>(
  event: SessionEvent,
  type: T,
): event is Extract<SessionEvent, { type: T }> {
  return event.type === type;
}

export function nestedSuite(given: Given): void {
  describe('currentSession()', () => {
    test('a tree of tasks 6 deep gets on with two workers', async () => {
      const tree = given.session.remote(async function grow(depth: number): Promise<number> {
        if (depth === 0) return 1;
        const session = currentSession();
        const again = session.remote(grow);
        const [left, right] = await session.get([again(depth - 1), again(depth - 1)]);
        return left + right + 1;
      });
      assert.equal(await tree(6), 127);
    });

    test('trees of tasks that may share with none get on, too', async () => {
      const tree = given.session.remote(
        async function grow(depth: number): Promise<number> {
          if (depth === 0) return 1;
          const again = currentSession().remote(grow, { maxRetries: 0, timeoutMs: 60_000 });
          const [left, right] = await Promise.all([again(depth - 1), again(depth - 1)]);
          return left + right + 1;
        },
        { maxRetries: 0 },
      );
      assert.deepEqual(await given.session.get(numbers(4).map(() => tree(4))), [31, 31, 31, 31]);
    });

    test('takes values of every kind there and back, references among them', async () => {
      const outer = given.session.remote(async (big: Float64Array) => {
        const session = currentSession();
        const double = session.remote((values: Float64Array) => values.map((x) => 2 * x));
        const kept = session.put(new Map([['one', 1]]));
        const size = session.remote((map: Map<string, number>, values: Float64Array) => map.size + values.length);
        const doubled = double(double(big));
        return { sum: (await doubled).reduce((a, b) => a + b), size: await size(kept, doubled) };
      });
      for (const length of [10, 100_000]) {
        assert.deepEqual(await outer(new Float64Array(length).fill(1)), { sum: 4 * length, size: 1 + length });
      }
    });

    test('map, reduce and wait work inside a task', async () => {
      const outer = given.session.remote(async (count: number) => {
        const session = currentSession();
        const inputs = Array.from({ length: count }, (_, i) => i);
        const squares = await session.map((x: number) => x * x, inputs).toArray();
        const sum = await session.reduce(
          (x: number) => x,
          inputs,
          (a, b) => a + b,
        );
        const { ready } = await session.wait([session.remote(() => 1)()]);
        return [squares.length, squares[count - 1], sum, ready.length];
      });
      assert.deepEqual(await outer(3000), [3000, 2999 ** 2, (3000 * 2999) / 2, 1]);
    });

    test('a function of a function may import() what it uses', async () => {
      const outer = async (): Promise<string[]> => {
        const { sep } = await import('node:path');
        const inner = async (): Promise<string> => (await import('node:os')).EOL + (await import('node:path')).sep;
        return [sep, await currentSession().remote(inner)()];
      };
      assert.deepEqual(await given.session.remote(outer)(), ['/', '\n/']);
    });

    test('an error goes up through the levels, and a level may catch it', async () => {
      const outer = given.session.remote(async (isCaught: boolean) => {
        const middle = currentSession().remote(async () => {
          const inner = currentSession().remote(() => {
            throw new RangeError('too deep');
          });
          return inner();
        });
        try {
          return await middle();
        } catch (error) {
          if (isCaught && error instanceof Error) return `caught: ${error.name}`;
          throw error;
        }
      });
      assert.equal(await outer(true), 'caught: TaskError');
      await assert.rejects(
        async () => outer(false),
        (error: unknown) => error instanceof TaskError && /too deep/.test(error.message),
      );
    });

    test('retries of tasks of tasks follow their own rules', async () => {
      const outer = given.session.remote(async () => {
        const flaky = currentSession().remote(
          (path: string) => {
            const { appendFileSync, readFileSync } = process.getBuiltinModule('node:fs');
            appendFileSync(path, 'x');
            if (readFileSync(path, 'utf8').length < 3) throw new RangeError('not yet');
            return 'at last';
          },
          { maxRetries: 4, retryErrors: (error) => error instanceof RangeError },
        );
        const { mkdtempSync, rmSync } = process.getBuiltinModule('node:fs');
        const directory = mkdtempSync(`${process.getBuiltinModule('node:os').tmpdir()}/gridbook-flaky-`);
        try {
          return await flaky(`${directory}/tries`);
        } finally {
          rmSync(directory, { recursive: true });
        }
      });
      assert.equal(await outer(), 'at last');
    });

    test('cancelling a task cancels the tasks under it', async (t) => {
      const began = await signFor(t);
      const outer = given.session.remote(async (path: string) => {
        const middle = currentSession().remote(async (to: string) => {
          const inner = currentSession().remote(
            (sign: string): never => {
              process.getBuiltinModule('node:fs').writeFileSync(sign, '');
              for (;;);
            },
            { maxRetries: 0 },
          );
          await inner(to);
        });
        await middle(path);
      });
      const ref = outer(began.path);
      await began.seen();
      given.session.cancel(ref, { force: true });
      await assert.rejects(async () => ref, CancelledError);
      // Every worker answers again: what ran for ever was ended.
      const two = given.session.remote((x: number) => x, { maxRetries: 0 });
      assert.deepEqual(await given.session.get(numbers(8).map((x) => two(x))), numbers(8));
    });

    test('a task that is cancelled while it waits costs no worker, though it never returns', async (t) => {
      const began = await signFor(t);
      const session = await given.open();
      const lost: string[] = [];
      const events = session.events();
      const listening = (async () => {
        for await (const event of events) if (event.type === 'worker.lost') lost.push(event.message);
      })();
      const outer = session.remote(async (path: string) => {
        const short = currentSession().remote(async (to: string) => {
          process.getBuiltinModule('node:fs').writeFileSync(to, '');
          await new Promise((resolve) => setTimeout(resolve, 50));
        });
        try {
          await short(path);
        } catch {}
        await new Promise(() => {});
      });
      const ref = outer(began.path);
      await began.seen();
      session.cancel(ref, { force: true });
      await assert.rejects(async () => ref, CancelledError);
      // Longer than a worker has to answer for what must end.
      const sleep = session.remote(() => new Promise<void>((resolve) => setTimeout(resolve, 400)));
      await session.get([sleep(), sleep(), sleep()]);
      await session.close();
      await listening;
      assert.deepEqual(lost, []);
    });

    test('timeoutMs ends a task that waits, and the tasks under it', async () => {
      const outer = given.session.remote(
        async () => {
          const inner = currentSession().remote((): never => {
            for (;;);
          });
          return inner();
        },
        { timeoutMs: 300, maxRetries: 0 },
      );
      await assert.rejects(async () => outer(), TimeoutError);
      assert.equal(await given.session.remote(() => 5)(), 5);
    });

    test('a task outlives the one that submitted it', async (t) => {
      const made = await signFor(t);
      const outer = given.session.remote((path: string) => {
        const inner = currentSession().remote((to: string) => {
          process.getBuiltinModule('node:fs').writeFileSync(to, 'made');
        });
        inner(path);
        return 'gone';
      });
      assert.equal(await outer(made.path), 'gone');
      await made.seen();
    });

    test('a task that was cancelled without force and runs on is ended by force later, by the task that started it', async (t) => {
      const [session, begun] = [await given.open(), await signFor(t)];
      t.after(() => session.close());
      const lost = eventOf(session, 'worker.lost');
      const outer = session.remote(async (path: string) => {
        const own = currentSession();
        const fs = process.getBuiltinModule('node:fs');
        const ref = own.remote((to: string): never => {
          process.getBuiltinModule('node:fs').writeFileSync(to, '');
          for (;;);
        })(path);
        while (!fs.existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
        own.cancel(ref);
        const failed = await ref.promise().catch((error) => error.code);
        own.cancel(ref, { force: true });
        return failed;
      });
      assert.equal(await outer(begun.path), 'CANCELLED');
      assert.equal((await lost).reason, 'killed');
    });

    test('and by force on the task that started it, which was cancelled without force, too', async (t) => {
      const [session, begun] = [await given.open(), await signFor(t)];
      t.after(() => session.close());
      const lost = eventOf(session, 'worker.lost');
      const outer = session.remote(async (path: string): Promise<never> => {
        const endless = currentSession().remote((to: string): never => {
          process.getBuiltinModule('node:fs').writeFileSync(to, '');
          for (;;);
        });
        return endless(path);
      });
      const ref = outer(begun.path);
      await begun.seen();
      session.cancel(ref);
      await assert.rejects(async () => ref, CancelledError);
      // It has been taken off its worker meanwhile; what it started has not.
      assert.equal(await session.remote(() => 'runs')(), 'runs');
      session.cancel(ref, { force: true });
      assert.equal((await lost).reason, 'killed');
    });

    test('a task whose worker died submits its tasks anew', async (t) => {
      const died = await signFor(t);
      const outer = given.session.remote(async (path: string) => {
        const session = currentSession();
        const one = await session.remote(() => 1)();
        const fs = process.getBuiltinModule('node:fs');
        if (!fs.existsSync(path)) {
          fs.writeFileSync(path, '');
          process.exit(3);
        }
        return one + (await session.remote(() => 2)());
      });
      assert.equal(await outer(died.path), 3);
    });

    test('actors have tasks, and their calls stay in order meanwhile', async () => {
      class Sum {
        total = 0;
        async add(n: number): Promise<number> {
          const before = this.total;
          const session = currentSession();
          this.total = before + (await session.remote((x: number) => x * 10)(n));
          return this.total;
        }
      }
      const sum = given.session.actor(Sum);
      assert.deepEqual(await given.session.get([sum.add(1), sum.add(2), sum.add(3)]), [10, 30, 60]);
      sum.kill();
    });

    test('refuses what a task cannot have', async () => {
      const refusals = given.session.remote(async () => {
        const session = currentSession();
        class Nothing {}
        const told: string[] = [];
        for (const attempt of [
          () => session.actor(Nothing),
          () => session.remote(() => 1, { resources: { cpus: 2 } }),
          () => session.workers,
          () => session.close(),
        ]) {
          try {
            await attempt();
          } catch (error) {
            told.push(error instanceof Error ? error.message : 'no error');
          }
        }
        return told;
      });
      const told = await refusals();
      assert.equal(told.length, 4);
      for (const message of told) assert.match(message, /inside a task/);
      assert.throws(() => currentSession(), { code: 'INVALID_ARGUMENT' });
    });

    test('a recursion without an end is refused', async () => {
      const endless = given.session.remote(async function deeper(): Promise<never> {
        return currentSession().remote(deeper)();
      });
      await assert.rejects(async () => endless(), /256 deep/);
    });

    test('close() ends a session whose tasks wait for tasks', async (t) => {
      const began = await signFor(t);
      const session = await given.open();
      const outer = session.remote(async (path: string) => {
        const inner = currentSession().remote((to: string): never => {
          process.getBuiltinModule('node:fs').writeFileSync(to, '');
          for (;;);
        });
        await inner(path);
      });
      const ref = outer(began.path);
      const failed = assert.rejects(async () => ref, CancelledError);
      await began.seen();
      await session.close();
      await failed;
    });
  });
}
