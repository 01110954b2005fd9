// Functions that throw, reject or leave errors behind, on real threads: what their callers see, and that nobody else sees
// anything.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, type Session, TaskError, WorkerDiedError } from '../../sdk/index.ts';
import { errorOf, outcomes } from '../helpers/outcomes.ts';

describe('a function that fails', () => {
  let session: Session;
  const lost: string[] = [];
  let listening: Promise<void>;
  before(async () => {
    session = await connect({ address: 'embedded', workers: 2 });
    const events = session.events();
    listening = (async () => {
      for await (const event of events) if (event.type === 'worker.lost') lost.push(event.message);
    })();
  });
  after(async () => {
    await session.close();
    await listening;
  });

  test('by throwing costs no worker and no neighbour', async () => {
    const f = session.remote((x: number) => {
      if (x % 3 === 0) throw new RangeError(`three ${x}`);
      return x;
    });
    const all = await outcomes(Array.from({ length: 3000 }, (_, x) => f(x)));
    for (const [x, outcome] of all.entries()) {
      if (x % 3 !== 0) assert.deepEqual(outcome, { status: 'fulfilled', value: x });
      else {
        assert.ok(outcome.status === 'rejected' && outcome.reason instanceof TaskError);
        assert.ok(outcome.reason.cause instanceof RangeError);
        assert.equal(outcome.reason.cause.message, `three ${x}`);
      }
    }
    assert.deepEqual(lost, []);
  });

  test('by a rejection that nobody handles fails with that error, and its worker stays', async () => {
    const f = session.remote(async () => {
      void Promise.reject(new TypeError('left behind'));
      await new Promise((resolve) => setTimeout(resolve, 5));
      return 'unaware';
    });
    const error = await errorOf(f());
    assert.ok(error instanceof TaskError);
    assert.match(error.message, /left behind/);
    assert.match(error.remoteStack, /function-faults\.test\.ts/);
    assert.deepEqual(lost, []);
  });

  test('by a rejection in a function that has returned already fails with that error', async () => {
    const f = session.remote(() => {
      void Promise.reject(new TypeError('at the end'));
      return 'unaware';
    });
    assert.match((await errorOf(f())).message, /at the end/);
    assert.deepEqual(lost, []);
  });

  test('a rejection after the answer is told as an event, and no task fails', async () => {
    const other = await connect({ address: 'embedded', workers: 1 });
    try {
      const events = other.events();
      const f = other.remote(() => {
        setTimeout(() => void Promise.reject(new Error('much later')), 5);
        return 'fine';
      });
      assert.equal(await f(), 'fine');
      for await (const event of events) {
        assert.notEqual(event.type, 'worker.lost');
        if (event.type !== 'task.stray-error') continue;
        assert.match(String(event.error), /much later/);
        break;
      }
    } finally {
      await other.close();
    }
  });

  test('by throwing in a timer ends its worker with that error as the cause', async () => {
    const other = await connect({ address: 'embedded', workers: 2 });
    try {
      const f = other.remote(
        () => {
          setTimeout(() => {
            throw new RangeError('from a timer');
          });
          return new Promise<never>(() => {});
        },
        { maxRetries: 0 },
      );
      const error = await errorOf(f());
      assert.ok(error instanceof WorkerDiedError);
      assert.equal(error.reason, 'uncaught-error');
      assert.ok(error.cause instanceof RangeError);
      assert.match(error.message, /from a timer/);
      assert.equal(await other.remote(() => 'alive')(), 'alive');
    } finally {
      await other.close();
    }
  });

  test('by throwing what is no error in a timer ends its worker as an error does', async () => {
    const other = await connect({ address: 'embedded', workers: 1 });
    try {
      const f = other.remote(
        (what: unknown) => {
          setTimeout(() => {
            throw what;
          });
          return new Promise<never>(() => {});
        },
        { maxRetries: 0 },
      );
      for (const what of [undefined, null, 5, { toString: 5 }]) {
        const error = await errorOf(f(what));
        assert.ok(error instanceof WorkerDiedError);
        assert.equal(error.reason, 'uncaught-error');
      }
    } finally {
      await other.close();
    }
  });

  test('with anything at all fails with a TaskError that says what can be said', async () => {
    const f = session.remote((kind: string) => {
      const revocable = Proxy.revocable({}, {});
      revocable.revoke();
      const kinds: Record<string, unknown> = {
        undefined: undefined,
        null: null,
        number: 5,
        symbol: Symbol('sign'),
        function: () => 1,
        'no prototype': Object.create(null),
        'text that throws': {
          toString() {
            throw new Error('no text');
          },
        },
        'text that is no function': { toString: 5 },
        'an inspection that throws': {
          [Symbol.for('nodejs.util.inspect.custom')]() {
            throw new Error('no view');
          },
          f: () => 1,
        },
        'revoked proxy': revocable.proxy,
        'error with a message that is no text': Object.assign(new Error('m'), { message: Object.create(null) }),
        'error with a getter that throws': Object.defineProperty(new Error('m'), 'message', {
          get() {
            throw new Error('no message');
          },
        }),
      };
      throw kinds[kind];
    });
    const said: Record<string, RegExp> = {
      undefined: /undefined/,
      null: /null/,
      number: /5/,
      symbol: /Symbol\(sign\)/,
      function: /=> 1/,
      'no prototype': /failed/,
      'text that throws': /toString: \[Function: toString\]/,
      'text that is no function': /\{ toString: 5 \}/,
      'an inspection that throws': /without text/,
      'revoked proxy': /cannot travel/,
      'error with a message that is no text': /failed/,
      'error with a getter that throws': /failed/,
    };
    for (const [kind, text] of Object.entries(said)) {
      const error = await errorOf(f(kind));
      assert.ok(error instanceof TaskError, `${kind}: ${error}`);
      assert.match(error.message, text, kind);
    }
    assert.deepEqual(lost, []);
  });

  test('the first of a chain of 30,000 tasks fails all of them', async () => {
    const next = session.remote((x: number) => x + 1);
    let ref = session.remote((): number => {
      throw new Error('at the root');
    })();
    for (let i = 0; i < 30_000; i++) ref = next(ref);
    assert.match((await errorOf(ref)).message, /at the root/);
  });
});
