// What callers see of tasks that fail. A part of the suite that every way of connecting runs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TaskError } from '../../sdk/index.ts';
import { type Given, numbers } from './given.ts';

export function errorsSuite(given: Given): void {
  describe('errors', () => {
    test('TaskError keeps the class, code, cause and stack of what was thrown', async () => {
      const f = given.session.remote(() => {
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
          assert.match(error.remoteStack, /errors-suite\.ts:\d+/);
          return true;
        },
      );
    });

    test('TaskError shows the frames of the function, and none of what called it', async () => {
      for (const fails of [
        () => {
          throw new Error('at once');
        },
        async () => {
          await null;
          throw new Error('later');
        },
      ]) {
        await assert.rejects(
          async () => given.session.remote(fails)(),
          (error: unknown) => {
            assert.ok(error instanceof TaskError);
            assert.match(error.remoteStack, /^Error: (at once|later)\n +at .*errors-suite\.ts:\d+/);
            assert.doesNotMatch(error.stack ?? '', /executor|async_local_storage/);
            return true;
          },
        );
      }
    });

    test('what is thrown and no error is shown as it is', async () => {
      const fail = given.session.remote(() => {
        throw { status: 404, tried: ['a', 'b'] };
      });
      await assert.rejects(async () => fail(), /failed: \{ status: 404, tried: \[ 'a', 'b' \] \}$/);
    });

    test('retryErrors that gives a promise allows no other try', async () => {
      const asked: string[] = [];
      const options: object = {
        maxRetries: 50,
        retryErrors: (error: Error) => {
          asked.push(error.message);
          return Promise.resolve(true);
        },
      };
      const fail = given.session.remote(() => {
        throw new Error('once');
      }, options);
      await assert.rejects(async () => fail(), TaskError);
      assert.deepEqual(asked, ['once']);
    });

    test('retryErrors runs a task again as long as it says so', async () => {
      const flaky = given.session.remote(
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
      const fail = given.session.remote((x: number) => {
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
}
