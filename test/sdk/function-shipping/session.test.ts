// Function shipping through a session: what differs when there is a thread in between.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { threadId } from 'node:worker_threads';
import { mean } from 'simple-statistics';
import { connect, InvalidArgumentError, type Session, TaskError } from '../../../sdk/index.ts';
import { add as plus } from '../../fixtures/function-shipping/numbers.ts';
import * as state from '../../fixtures/function-shipping/state.ts';
import { lineHere, refusalOf } from './carry.ts';

const stateUrl = new URL('../../fixtures/function-shipping/state.ts', import.meta.url);

describe('a session with one worker', () => {
  let session: Session;
  before(async () => {
    session = await connect({ workers: 1 });
  });
  after(() => session.close());

  test('runs functions with imports, captures and themselves in another thread', async () => {
    const factor = 2;
    const scale = (n: number): number => n * factor;
    const f = session.remote((xs: number[]) => [threadId, scale(mean(xs)), plus({ a: 1, b: 2 })], {
      capture: { factor, scale },
    });
    const [thread, scaled, sum] = await f([1, 2, 3]);
    assert.notEqual(thread, threadId);
    assert.deepEqual([scaled, sum], [4, 3]);
    const factorial = session.remote(function factorial(n: number): number {
      return n < 2 ? 1 : n * factorial(n - 1);
    });
    assert.equal(await factorial(5), 120);
  });

  test('shares the state of a module between its functions, by URL or as a whole', async () => {
    const remote = session.remote(state);
    const read = session.remote<typeof state.read>(stateUrl, 'read');
    assert.equal(await remote.add(5), 5);
    assert.equal(await remote.add(2), 7);
    assert.equal(await read(), 7);
    assert.equal(await remote.readLater(), 7);
    assert.equal(state.read(), 0);
  });

  test('maps with captures that only the function, only `combine`, or both use', async () => {
    const factor = 2;
    const offset = 1;
    const capture = { factor, offset };
    const sums = async (results: AsyncIterable<number>): Promise<number> => {
      let sum = 0;
      for await (const result of results) sum += result;
      return sum;
    };
    const only = { capture: { factor }, combine: (a: number, b: number) => a + b };
    assert.equal(await sums(session.map((n: number) => n * factor, [1, 2, 3], only)), 12);
    const inside = { capture: { offset }, combine: (a: number, b: number) => a + b + offset - offset };
    assert.equal(await sums(session.map((n: number) => n, [1, 2, 3], inside)), 6);
    const both = { capture, combine: (a: number, b: number) => (a + b) * (offset / offset) };
    assert.equal(await sums(session.map((n: number) => n * factor * offset, [1, 2, 3], both)), 12);
    const none = { capture: { factor }, combine: (a: number, b: number) => a + b };
    assert.match(
      refusalOf(() => session.map((n: number) => n, [1], none)),
      /the capture "factor" is not used/,
    );
  });

  test('sends a capture under the name __proto__', async () => {
    const __proto__ = { n: 5 };
    const read = session.remote(() => __proto__.n, { capture: { ['__proto__']: __proto__ } });
    assert.equal(await read(), 5);
  });

  test('sends a function once, so that what it keeps on the worker stays', async () => {
    const make = () =>
      session.remote((n: number) => {
        const kept: Map<string, number> = Reflect.get(globalThis, 'keptBySessionTest') ?? new Map();
        Reflect.set(globalThis, 'keptBySessionTest', kept);
        return kept.set('sum', (kept.get('sum') ?? 0) + n).get('sum');
      });
    assert.equal(await make()(1), 1);
    assert.equal(await make()(2), 3);
  });

  test('gives errors with the file and line of the function, and with their class', async () => {
    const line = lineHere() + 3;
    const failing = session.remote((row: { n: number }): number => {
      const text: string = 'too large';
      if (row.n > 0) throw new RangeError(text satisfies string);
      return row.n;
    });
    const error = await failing({ n: 1 }).then(
      () => assert.fail('it did not throw'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof TaskError && error.cause instanceof RangeError && error.cause instanceof Error);
    assert.match(error.remoteStack, new RegExp(`/session\\.test\\.ts:${line}:`));
    assert.match(String(error.stack), new RegExp(`/session\\.test\\.ts:${line}:`));
  });

  test('lets `instanceof` hold for errors that travel there', async () => {
    const kinds = session.remote((error: unknown) => [
      error instanceof TypeError,
      error instanceof Error,
      error instanceof RangeError,
    ]);
    assert.deepEqual(await kinds(new TypeError('x')), [true, true, false]);
  });

  test('refuses at the call, and fails calls of what cannot be bundled', async () => {
    const secret = 1;
    const uses = () => secret;
    const line = lineHere() - 1;
    assert.match(
      refusalOf(() => session.remote(uses)),
      new RegExp(`"secret" \\(session\\.test\\.ts:${line}\\)`),
    );
    const awaiting = session.remote(new URL('../../fixtures/function-shipping/awaiting.ts', import.meta.url), 'give');
    await assert.rejects(
      async () => awaiting(),
      (error) => error instanceof InvalidArgumentError && /cannot use `await` outside of functions/.test(error.message),
    );
  });

  test('fails the calls of a module that throws while it loads, with what it threw', async () => {
    const url = new URL('../../fixtures/function-shipping/throwing.ts', import.meta.url);
    const never = session.remote(url, 'never');
    await assert.rejects(
      async () => never(),
      (error) => error instanceof Error && /no start/.test(`${error.message} ${String(error.cause)}`),
    );
    assert.equal(await session.remote(() => 'still here')(), 'still here');
  });

  test('constructs actors of classes that extend captured ones', async () => {
    class Base {
      #count = 0;
      add(n: number): number {
        this.#count += n;
        return this.#count;
      }
    }
    class Doubled extends Base {
      override add(n: number): number {
        return super.add(2 * n);
      }
    }
    const actor = await session.actor(Doubled, [], { capture: { Base } });
    assert.equal(await actor.add(2), 4);
    assert.equal(await actor.add(1), 6);
  });
});
