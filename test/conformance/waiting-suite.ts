// Waiting for references. A part of the suite that every way of connecting runs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CancelledError, InvalidArgumentError, TimeoutError } from '../../sdk/index.ts';
import { type Given, numbers } from './given.ts';

export function waitingSuite(given: Given): void {
  describe('Session.get() and wait()', () => {
    test('get() gives values in the order of the refs', async () => {
      const f = given.session.remote((x: number) => x * 2);
      assert.deepEqual(
        await given.session.get(numbers(1000).map((x) => f(x))),
        numbers(1000).map((x) => x * 2),
      );
      assert.deepEqual(await given.session.get([]), []);
    });

    test('get() rejects with TimeoutError after timeoutMs, and the task goes on', async () => {
      const slow = given.session.remote(() => new Promise<number>((resolve) => setTimeout(() => resolve(1), 300)))();
      await assert.rejects(given.session.get(slow, { timeoutMs: 20 }), TimeoutError);
      assert.equal(await slow, 1);
    });

    test('an option that a call does not have is refused, for it would change nothing', async () => {
      const ref = given.session.remote(() => 1)();
      const forced: object = { forced: true };
      const ordered: object = { ordered: true };
      const timeout: object = { timeout: 10 };
      await assert.rejects(
        given.session.get(ref, timeout),
        /^InvalidArgumentError: get has no option "timeout"; it has/,
      );
      await assert.rejects(given.session.wait([ref], timeout), /wait has no option "timeout"/);
      assert.throws(() => given.session.cancel(ref, forced), /cancel has no option "forced"/);
      const wrong: object = { force: 'x' };
      assert.throws(() => given.session.cancel(ref, wrong), {
        code: 'INVALID_ARGUMENT',
        message: /force must be true/,
      });
      const inWords: object = { ordered: 'no' };
      assert.throws(() => given.session.map((x: number) => x, [1], inWords), {
        code: 'INVALID_ARGUMENT',
        message: 'ordered must be true or false, got "no"',
      });
      const concurrency: object = { concurrency: 2 };
      assert.throws(() => given.session.map((x: number) => x, [1], concurrency), /map has no option "concurrency"/);
      const never = given.session.reduce(
        (x: number) => x,
        [1],
        (a) => a,
        ordered,
      );
      await assert.rejects(never, /reduce has no option "ordered"/);
      await ref;
    });

    test('get() ends with its signal', async () => {
      const never = given.session.remote(() => new Promise<number>(() => {}))();
      const abort = new AbortController();
      const waiting = given.session.get(never, { signal: abort.signal });
      abort.abort(new Error('enough'));
      await assert.rejects(waiting, /enough/);
      given.session.cancel(never, { force: true });
      await assert.rejects(async () => never, CancelledError);
    });

    test('wait() gives the first that settle and the rest', async () => {
      const slow = given.session.remote(() => new Promise<number>(() => {}))();
      const quick = given.session.remote(() => 1)();
      const { ready, pending } = await given.session.wait([slow, quick], { count: 1 });
      assert.deepEqual(ready, [quick]);
      assert.deepEqual(pending, [slow]);
      const none = await given.session.wait([slow], { timeoutMs: 10 });
      assert.deepEqual(none.ready, []);
      given.session.cancel(slow, { force: true });
      await assert.rejects(async () => slow, CancelledError);
    });

    test('with a timeoutMs of 0 ask what has settled by now', async () => {
      const open = given.session.remote(() => new Promise<number>(() => {}))();
      const settled = given.session.put(5);
      await assert.rejects(given.session.get(open, { timeoutMs: 0 }), TimeoutError);
      assert.equal(await given.session.get(settled, { timeoutMs: 0 }), 5);
      const { ready, pending } = await given.session.wait([open, settled], { count: 2, timeoutMs: 0 });
      assert.deepEqual([ready, pending], [[settled], [open]]);
      given.session.cancel(open, { force: true });
      await assert.rejects(async () => open, CancelledError);
    });

    test('with a timeoutMs of 0 in a loop let what is waited for go on', async () => {
      const ref = given.session.remote(() => 7)();
      for (let open = true; open; ) open = (await given.session.wait([ref], { timeoutMs: 0 })).pending.length > 0;
      assert.equal(await ref, 7);
    });

    test('refuse a timeoutMs below 0, and tasks one of 0', async () => {
      const ref = given.session.put(1);
      for (const timeoutMs of [-1, Number.NaN, 2 ** 31]) {
        await assert.rejects(given.session.get(ref, { timeoutMs }), InvalidArgumentError);
      }
      assert.throws(() => given.session.remote(() => 1, { timeoutMs: 0 }), /timeoutMs must be a number from above 0/);
    });

    test('refuse what is no ref', async () => {
      const { session } = given;
      const called = async (call: (...args: never[]) => unknown, what: unknown): Promise<unknown> =>
        Reflect.apply(call, session, [what]);
      const refused: [(...args: never[]) => unknown, unknown, RegExp][] = [
        [session.get, ['one'], /get takes an ObjectRef or an array of them, but refs\[0\] is "one"$/],
        [session.get, 1, /get takes an ObjectRef or an array of them, got 1$/],
        [session.wait, session.put(1), /wait takes an array of ObjectRefs, got ObjectRef ready 1$/],
        [session.wait, [1], /wait takes an array of ObjectRefs, but refs\[0\] is 1$/],
        [session.cancel, [session.put(1)], /cancel takes an ObjectRef, got \[ ObjectRef ready 1 \]$/],
      ];
      for (const [call, what, message] of refused) {
        await assert.rejects(called(call, what), { code: 'INVALID_ARGUMENT', message });
      }
    });
  });
}
