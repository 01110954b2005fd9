// What a session does, whatever grants its workers. Each way of connecting runs this whole suite.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  CancelledError,
  ClosedError,
  InvalidArgumentError,
  ObjectRef,
  ResourceError,
  SerializationError,
  type Session,
  TaskError,
  TimeoutError,
} from '../../sdk/index.ts';
import * as fixture from '../fixtures/conformance/work.ts';

/** Opens a session with two workers. */
export type Open = () => Promise<Session>;

const workModule = new URL('../fixtures/conformance/work.ts', import.meta.url);

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

export function sessionSuite(way: string, open: Open): void {
  describe(`a session ${way}`, () => {
    let session: Session;
    before(async () => {
      session = await open();
    });
    after(() => session.close());

    describe('Session.remote()', () => {
      test('runs a function elsewhere and gives its result', async () => {
        const where = session.remote(() => Reflect.get(globalThis, 'conformanceMark') ?? 'elsewhere');
        Object.assign(globalThis, { conformanceMark: 'here' });
        assert.equal(await where(), 'elsewhere');
      });

      test('awaits what an async function gives', async () => {
        const later = session.remote(async (x: number) => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return x + 1;
        });
        assert.equal(await later(1), 2);
      });

      test('sends captured values and functions along', async () => {
        const factor = 3;
        const triple = (x: number) => x * factor;
        const f = session.remote((x: number) => triple(x) + factor, { capture: { factor, triple } });
        assert.equal(await f(2), 9);
      });

      test('refuses a variable that workers do not have, naming it and its line', () => {
        const secret = 1;
        assert.throws(
          () => session.remote(() => secret),
          (error: unknown) =>
            error instanceof InvalidArgumentError && /secret/.test(error.message) && /capture/.test(error.message),
        );
      });

      test('ships an export of a module with what the module imports', async () => {
        const hypotenuse = session.remote<typeof fixture.hypotenuse>(workModule, 'hypotenuse');
        assert.equal(await hypotenuse(3, 4), 5);
      });

      test('ships a whole namespace', async () => {
        const work = session.remote(fixture);
        assert.equal(await work.hypotenuse(6, 8), 10);
        assert.deepEqual(await session.get([work.shout('a'), work.shout('b')]), ['A!', 'B!']);
      });

      test('a missing export fails its calls with a clear error', async () => {
        const missing = session.remote(workModule, 'nothing');
        await assert.rejects(async () => missing(), /nothing/);
      });

      test('refuses an option that it does not have', () => {
        const options: object = { maxRetry: 1 };
        assert.throws(() => session.remote(() => 1, options), /no option "maxRetry"; it has maxRetries/);
      });
    });

    describe('values', () => {
      test('arrive as structured clone gives them', async () => {
        const echo = session.remote((x: unknown) => x);
        const value = {
          d: new Date(1),
          m: new Map([[1, new Set(['a'])]]),
          u: undefined,
          b: 2n ** 70n,
          f: Float64Array.of(1, 2),
        };
        assert.deepStrictEqual(await echo(value), value);
      });

      test('are copied at the call', async () => {
        const sum = session.remote((a: number[], b: Float64Array) => a.length + (b[0] ?? 0));
        const list = [1, 2];
        const array = Float64Array.of(5);
        const ref = sum(list, array);
        list.push(3);
        array[0] = 7;
        assert.equal(await ref, 7);
      });

      test('that cannot travel are refused at the call, by their place', () => {
        const f = session.remote((_a: unknown, _b: unknown) => 1);
        assert.throws(
          () => f(1, { handler: () => 1 }),
          (error: unknown) => error instanceof SerializationError && error.path === 'args[1].handler',
        );
      });

      test('that cannot travel back fail the task that returned them, and no other', async () => {
        const f = session.remote((x: number): unknown => (x === 1 ? { f: () => 1 } : x));
        const [a, b, c] = [f(0), f(1), f(2)];
        await assert.rejects(async () => b, SerializationError);
        assert.deepEqual(await session.get([a, c]), [0, 2]);
      });

      test('large results and arguments come through whole', async () => {
        const make = session.remote((n: number) => Float64Array.from({ length: n }, (_, i) => i));
        const last = session.remote((a: Float64Array) => a.at(-1));
        assert.equal(await last(make(300_000)), 299_999);
        assert.equal((await make(300_000)).length, 300_000);
        assert.equal(await last(new Float64Array(100_000).fill(4)), 4);
      });
    });

    describe('ObjectRef', () => {
      test('as an argument is resolved on the worker, also nested', async () => {
        const add = session.remote((a: number, rest: { list: number[] }) => a + rest.list.reduce((x, y) => x + y, 0));
        const one = session.remote(() => 1);
        const nested: { list: unknown[] } = { list: [one(), session.put(5), one()] };
        assert.equal(await add(one(), nested as { list: number[] }), 8);
      });

      test('a failed ref fails the tasks that take it with its own error', async () => {
        const bad = session.remote((): number => {
          throw new RangeError('first');
        })();
        const next = session.remote((x: number) => x)(bad);
        await assert.rejects(
          async () => next,
          (error: unknown) => error instanceof TaskError && /first/.test(error.message),
        );
        await assert.rejects(async () => bad);
      });

      test('keeps its state in view', async () => {
        const ref = session.remote(() => 1)();
        assert.ok(ref instanceof ObjectRef);
        assert.equal(ref.state, 'pending');
        await ref;
        assert.equal(ref.state, 'ready');
      });
    });

    describe('errors', () => {
      test('TaskError keeps the class, code, cause and stack of what was thrown', async () => {
        const f = session.remote(() => {
          throw Object.assign(new RangeError('too far', { cause: new TypeError('inner') }), {
            code: 'E_FAR',
          });
        });
        await assert.rejects(
          async () => f(),
          (error: unknown) => {
            assert.ok(error instanceof TaskError);
            assert.ok(error.cause instanceof RangeError);
            assert.equal(Reflect.get(error.cause, 'code'), 'E_FAR');
            assert.ok(error.cause.cause instanceof TypeError);
            assert.match(error.remoteStack, /suite\.ts:\d+/);
            return true;
          },
        );
      });

      test('retryErrors runs a task again as long as it says so', async () => {
        const flaky = session.remote(
          async (file: string) => {
            const { appendFileSync, readFileSync } = await import('node:fs');
            appendFileSync(file, 'x');
            const tries = readFileSync(file, 'utf8').length;
            if (tries < 3) throw new Error(`try ${tries}`);
            return tries;
          },
          { maxRetries: 5, retryErrors: (error) => error.message.startsWith('try') },
        );
        const { mkdtemp, rm } = await import('node:fs/promises');
        const { tmpdir } = await import('node:os');
        const directory = await mkdtemp(`${tmpdir()}/gridbook-retry-`);
        try {
          assert.equal(await flaky(`${directory}/tries`), 3);
          await assert.rejects(async () => flaky.with({ retryErrors: false })(`${directory}/other`), TaskError);
        } finally {
          await rm(directory, { recursive: true });
        }
      });

      test('10,000 failures in a row are 10,000 errors and nothing else', async () => {
        const fail = session.remote((x: number) => {
          throw new Error(`no ${x}`);
        });
        const refs = numbers(10_000).map((x) => fail(x));
        const outcomes = await Promise.allSettled(refs.map((ref) => ref.promise()));
        assert.ok(
          outcomes.every(
            (o, x) => o.status === 'rejected' && o.reason instanceof TaskError && o.reason.message.endsWith(`no ${x}`),
          ),
        );
      });
    });

    describe('Session.get() and wait()', () => {
      test('get() gives values in the order of the refs', async () => {
        const f = session.remote((x: number) => x * 2);
        assert.deepEqual(
          await session.get(numbers(1000).map((x) => f(x))),
          numbers(1000).map((x) => x * 2),
        );
        assert.deepEqual(await session.get([]), []);
      });

      test('get() rejects with TimeoutError after timeoutMs, and the task goes on', async () => {
        const slow = session.remote(() => new Promise<number>((resolve) => setTimeout(() => resolve(1), 300)))();
        await assert.rejects(session.get(slow, { timeoutMs: 20 }), TimeoutError);
        assert.equal(await slow, 1);
      });

      test('get() ends with its signal', async () => {
        const never = session.remote(() => new Promise<number>(() => {}))();
        const abort = new AbortController();
        const waiting = session.get(never, { signal: abort.signal });
        abort.abort(new Error('enough'));
        await assert.rejects(waiting, /enough/);
        session.cancel(never, { force: true });
        await assert.rejects(async () => never, CancelledError);
      });

      test('wait() gives the first that settle and the rest', async () => {
        const slow = session.remote(() => new Promise<number>(() => {}))();
        const quick = session.remote(() => 1)();
        const { ready, pending } = await session.wait([slow, quick], { count: 1 });
        assert.deepEqual(ready, [quick]);
        assert.deepEqual(pending, [slow]);
        const none = await session.wait([slow], { timeoutMs: 10 });
        assert.deepEqual(none.ready, []);
        session.cancel(slow, { force: true });
        await assert.rejects(async () => slow, CancelledError);
      });

      test('refuse what is no ref', async () => {
        const wrong: unknown[] = [1];
        await assert.rejects(session.get(wrong as ObjectRef<number>[]), /refs\[0\] is something else/);
      });
    });

    describe('Session.map()', () => {
      test('gives results in the order of the inputs', async () => {
        const got: number[] = [];
        for await (const x of session.map((x: number) => x * x, numbers(5000))) got.push(x);
        assert.deepEqual(
          got,
          numbers(5000).map((x) => x * x),
        );
      });

      test('ordered: false gives each once', async () => {
        const got = await session.map((x: number) => x, numbers(3000), { ordered: false }).toArray();
        assert.deepEqual(
          got.sort((a, b) => a - b),
          numbers(3000),
        );
      });

      test('reads endless inputs only as far as they are needed', async () => {
        let taken = 0;
        let closed = false;
        function* endless(): Generator<number> {
          try {
            for (;;) yield taken++;
          } finally {
            closed = true;
          }
        }
        const got: number[] = [];
        for await (const x of session.map((x: number) => x, endless(), { inFlightMax: 100 })) {
          got.push(x);
          if (got.length === 500) break;
        }
        assert.deepEqual(got, numbers(500));
        assert.ok(taken <= 700, `took ${taken}`);
        assert.ok(closed);
      });

      test('takes async inputs', async () => {
        async function* later(): AsyncGenerator<number> {
          for (let i = 0; i < 50; i++) {
            await setImmediate();
            yield i;
          }
        }
        assert.deepEqual(await session.map((x: number) => x + 1, later()).toArray(), numbers(51).slice(1));
      });

      test('ends with the first failure and cancels the rest', async () => {
        const stream = session.map((x: number) => {
          if (x === 40) throw new Error('forty');
          return x;
        }, numbers(100_000));
        await assert.rejects(stream.toArray(), /forty/);
      });

      test('an error of the inputs is the error of the map', async () => {
        function* broken(): Generator<number> {
          yield 1;
          throw new Error('no more inputs');
        }
        await assert.rejects(session.map((x: number) => x, broken()).toArray(), /no more inputs/);
      });

      test('ends with its signal', async () => {
        const abort = new AbortController();
        const stream = session.map(
          (x: number) => new Promise<number>((resolve) => setTimeout(() => resolve(x), 50)),
          numbers(1000),
          { signal: abort.signal },
        );
        const all = stream.toArray();
        abort.abort(new Error('stop it'));
        await assert.rejects(all, /stop it/);
      });

      test('combine gives runs of neighbours that cover every input once', async () => {
        const join = (a: string, b: string): string => a + b;
        const parts = await session.map((x: number) => `${x},`, numbers(2000), { combine: join }).toArray();
        assert.ok(parts.length < 2000, 'nothing was combined');
        assert.equal(
          parts.join(''),
          numbers(2000)
            .map((x) => `${x},`)
            .join(''),
        );
      });

      test('reduce() combines all, in order, and knows the empty case', async () => {
        const concat = (a: string, b: string): string => a + b;
        assert.equal(
          await session.reduce((x: number) => String(x % 10), numbers(500), concat),
          numbers(500)
            .map((x) => x % 10)
            .join(''),
        );
        assert.equal(
          await session.reduce(
            (x: number) => x,
            [],
            (a, b) => a + b,
            { initial: 7 },
          ),
          7,
        );
        await assert.rejects(
          session.reduce(
            (x: number) => x,
            [],
            (a, b) => a + b,
          ),
          InvalidArgumentError,
        );
      });

      test('onProgress counts up to all', async () => {
        const seen: number[] = [];
        await session.map((x: number) => x, numbers(3000), { onProgress: ({ done }) => seen.push(done) }).toArray();
        assert.equal(seen.at(-1), 3000);
        assert.deepEqual(
          seen,
          seen.toSorted((a, b) => a - b),
        );
      });
    });

    describe('Session.actor()', () => {
      class Account {
        balance: number;
        constructor(start: number) {
          if (start < 0) throw new RangeError('no debts');
          this.balance = start;
        }
        async add(n: number): Promise<number> {
          const before = this.balance;
          await new Promise((resolve) => setTimeout(resolve, 1));
          this.balance = before + n;
          return this.balance;
        }
        exit(): void {
          process.exit(7);
        }
      }

      test('runs calls in order, one at a time, also async ones', async () => {
        const account = session.actor(Account, [100]);
        const refs = numbers(20).map(() => account.add(1));
        assert.deepEqual(
          await session.get(refs),
          numbers(20).map((i) => 101 + i),
        );
        account.kill();
      });

      test('keeps the order when an earlier call waits for its argument', async () => {
        const account = session.actor(Account, [0]);
        const ten = session.remote(() => new Promise<number>((resolve) => setTimeout(() => resolve(10), 30)));
        const first = account.add(ten());
        const second = account.add(1);
        assert.deepEqual(await session.get([first, second]), [10, 11]);
        account.kill();
      });

      test('a constructor that fails makes every call fail with ActorDiedError', async () => {
        const account = session.actor(Account, [-1]);
        await assert.rejects(async () => account.add(1), {
          code: 'ACTOR_DIED',
          message: /constructor failed/,
        });
        await assert.rejects(async () => account.add(1), { code: 'ACTOR_DIED' });
      });

      test('is constructed anew up to maxRestarts times; a call that it died in is not run again', async () => {
        const account = session.actor(Account, [5], { maxRestarts: 1 });
        await account.add(1);
        await assert.rejects(async () => account.exit(), { code: 'ACTOR_DIED', mayHaveRun: true });
        assert.equal(await account.add(1), 6);
        await assert.rejects(async () => account.exit(), { code: 'ACTOR_DIED' });
        await assert.rejects(async () => account.add(1), {
          code: 'ACTOR_DIED',
          message: /restarts are used up/,
        });
      });

      test('kill() fails what has not settled', async () => {
        const account = session.actor(Account, [0]);
        await account.add(1);
        const ref = account.add(1);
        account.kill();
        await assert.rejects(async () => ref, { code: 'ACTOR_DIED', message: /killed/ });
      });

      test('a method that is not there is an error of that call only', async () => {
        const account = session.actor(Account, [0]);
        const nothing: unknown = Reflect.get(account, 'nothing');
        assert.ok(typeof nothing === 'function');
        await assert.rejects(async () => nothing(), /no such method/);
        assert.equal(await account.add(2), 2);
        account.kill();
      });
    });

    describe('resources', () => {
      test('that no worker can have are refused, saying what there is', () => {
        assert.throws(
          () => session.remote(() => 1, { resources: { cpus: 64 } })(),
          (error: unknown) => error instanceof ResourceError && /64 cpus.*2/.test(error.message),
        );
      });

      test('a task that takes all workers gets them, and gives them back', async () => {
        const both = session.remote(() => 'both', { resources: { cpus: 2 } });
        const one = session.remote(() => 'one');
        const refs = [one(), both(), one(), both(), one()];
        assert.deepEqual(await session.get(refs), ['one', 'both', 'one', 'both', 'one']);
      });
    });

    test('Session.timings() says where the time went', async () => {
      const before = session.timings().tasks;
      const spin = session.remote((ms: number) => {
        const end = performance.now() + ms;
        while (performance.now() < end);
      });
      await session.get(numbers(20).map(() => spin(2)));
      const { tasks, stages, total } = session.timings();
      assert.equal(tasks - before, 20);
      assert.ok(stages.run.max >= 2);
      assert.ok(total.max >= stages.run.max * 0.9);
    });

    test('a closed session refuses calls and has cancelled what was open', async () => {
      const other = await open();
      const events = other.events();
      const never = other.remote(() => new Promise<number>(() => {}));
      const open1 = never();
      await other.remote(() => 1)();
      await other.close();
      await assert.rejects(async () => open1, CancelledError);
      assert.throws(() => never(), ClosedError);
      assert.throws(() => other.put(1), ClosedError);
      let leased = 0;
      for await (const event of events) if (event.type === 'worker.leased') leased++;
      assert.ok(leased >= 1);
      await other.close();
    });
  });
}
