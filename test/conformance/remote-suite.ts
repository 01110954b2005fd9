// How functions become remote ones. A part of the suite that every way of connecting runs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InvalidArgumentError } from '../../sdk/index.ts';
import * as fixture from '../fixtures/conformance/work.ts';
import type { Given } from './given.ts';

const workModule = new URL('../fixtures/conformance/work.ts', import.meta.url);

export function remoteSuite(given: Given): void {
  describe('Session.remote()', () => {
    test('runs a function elsewhere and gives its result', async () => {
      const where = given.session.remote(() => Reflect.get(globalThis, 'conformanceMark') ?? 'elsewhere');
      Object.assign(globalThis, { conformanceMark: 'here' });
      assert.equal(await where(), 'elsewhere');
    });

    test('awaits what an async function gives', async () => {
      const later = given.session.remote(async (x: number) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return x + 1;
      });
      assert.equal(await later(1), 2);
    });

    test('sends captured values and functions along', async () => {
      const factor = 3;
      const triple = (x: number) => x * factor;
      const f = given.session.remote((x: number) => triple(x) + factor, { capture: { factor, triple } });
      assert.equal(await f(2), 9);
    });

    test('refuses a variable that workers do not have, naming it and its line', () => {
      const secret = 1;
      assert.throws(
        () => given.session.remote(() => secret),
        (error: unknown) =>
          error instanceof InvalidArgumentError && /secret/.test(error.message) && /capture/.test(error.message),
      );
    });

    test('ships an export of a module with what the module imports', async () => {
      const hypotenuse = given.session.remote<typeof fixture.hypotenuse>(workModule, 'hypotenuse');
      assert.equal(await hypotenuse(3, 4), 5);
    });

    test('ships a whole namespace', async () => {
      const work = given.session.remote(fixture);
      assert.equal(await work.hypotenuse(6, 8), 10);
      assert.deepEqual(await given.session.get([work.shout('a'), work.shout('b')]), ['A!', 'B!']);
    });

    test('a missing export fails its calls with a clear error', async () => {
      const missing = given.session.remote(workModule, 'nothing');
      await assert.rejects(async () => missing(), /nothing/);
    });

    const malformed: readonly [object, RegExp][] = [
      [{ timeoutMs: '5' }, /timeoutMs must be a number from above 0 to \d+, got a string/],
      [{ timeoutMs: 0 }, /timeoutMs must be a number from above 0/],
      [{ maxRetries: -1 }, /maxRetries must be a whole number of at least 0, got -1/],
      [{ retryErrors: 'always' }, /retryErrors.* must be a function, got "always"/],
      [{ retryErrors: async () => true }, /retryErrors must answer at once, true or false: it is an async function/],
      [{ signal: new AbortController() }, /signal must be an AbortSignal, got AbortController/],
      [{ name: 5 }, /name must be a text that is not empty, got 5/],
      [{ name: '' }, /name must be a text that is not empty/],
      [{ resources: 4 }, /resources must be amounts by name, such as \{ cpus: 1 \}, got 4/],
    ];
    for (const [options, message] of malformed) {
      test(`refuses ${Object.keys(options)} of a wrong form: ${message.source}`, () => {
        const refuses = (make: () => unknown): void => assert.throws(make, { code: 'INVALID_ARGUMENT', message });
        refuses(() => given.session.remote(() => 1, options));
        refuses(() => given.session.remote(() => 1).with(options));
        refuses(() => given.session.map((x: number) => x, [1], options));
      });
    }

    test('map() refuses callbacks that are none', () => {
      const wrong: readonly object[] = [{ onProgress: 5 }, { combine: 'sum' }];
      for (const options of wrong) {
        assert.throws(() => given.session.map((x: number) => x, [1], options), /must be a function, got (5|"sum")/);
      }
    });

    test('refuses an option that it does not have', () => {
      const options: object = { maxRetry: 1 };
      assert.throws(() => given.session.remote(() => 1, options), /no option "maxRetry"; it has maxRetries/);
    });
  });
}
