// Waiting for references. A part of the suite that every way of connecting runs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CancelledError, type ObjectRef, TimeoutError } from '../../sdk/index.ts';
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

    test('refuse what is no ref', async () => {
      const wrong: unknown[] = [1];
      await assert.rejects(given.session.get(wrong as ObjectRef<number>[]), /refs\[0\] is something else/);
    });
  });
}
