// Tasks that do not end by themselves: a time limit, a forced cancellation or an abort signal ends them, and their worker's
// place is free again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { CancelledError, connect, type Session, TimeoutError } from '../../sdk/index.ts';
import { watchBegin } from '../helpers/begun.ts';
import { errorOf } from '../helpers/outcomes.ts';

const endless: Record<string, (word: string) => unknown> = {
  'an endless loop': (word) => {
    new BroadcastChannel(word).postMessage(1);
    for (;;);
  },
  'an exploding regular expression': (word) => {
    new BroadcastChannel(word).postMessage(1);
    return /^(a+)+$/.test(`${'a'.repeat(64)}b`);
  },
  'Atomics.wait': (word) => {
    new BroadcastChannel(word).postMessage(1);
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
  'a promise that never settles': (word) => {
    new BroadcastChannel(word).postMessage(1);
    return new Promise<never>(() => {});
  },
};

describe('an endless task', () => {
  let session: Session;
  before(async () => {
    session = await connect({ address: 'embedded', workers: 2 });
  });
  after(() => session.close());

  /** Only when both places are free does this come to an end. */
  async function bothAreFree(): Promise<void> {
    assert.equal(await session.remote(() => 'both', { resources: { cpus: 2 } })(), 'both');
  }

  for (const [what, body] of Object.entries(endless)) {
    test(`${what} is ended by timeoutMs`, async () => {
      // Long enough for a new worker of a busy machine to begin: nothing else would tell that it had begun.
      const f = session.remote(body, { timeoutMs: 2000, name: 'endless' });
      const { word, begun } = watchBegin();
      const error = await errorOf(f(word));
      await begun;
      assert.ok(error instanceof TimeoutError, String(error));
      assert.match(error.message, /"endless".*2000/);
      await bothAreFree();
    });

    test(`${what} is ended by cancel() with force`, async () => {
      const { word, begun } = watchBegin();
      const ref = session.remote(body)(word);
      await begun;
      session.cancel(ref, { force: true });
      assert.equal(ref.state, 'failed');
      assert.ok((await errorOf(ref)) instanceof CancelledError);
      await bothAreFree();
    });

    test(`${what} is ended by its signal`, async () => {
      const { word, begun } = watchBegin();
      const abort = new AbortController();
      const ref = session.remote(body, { signal: abort.signal })(word);
      await begun;
      abort.abort();
      assert.ok((await errorOf(ref)) instanceof CancelledError);
      await bothAreFree();
    });

    test(`${what} in an actor is ended by kill()`, async () => {
      const { word, begun } = watchBegin();
      class Holder {
        run(f: string, its: string): unknown {
          return new Function(`return (${f})`)()(its);
        }
      }
      const actor = session.actor(Holder, [], { resources: { cpus: 2 } });
      const ref = actor.run(body.toString(), word);
      await begun;
      actor.kill();
      assert.match((await errorOf(ref)).message, /killed/);
      await bothAreFree();
    });
  }

  test('is run once only when its time is over, whatever maxRetries says', async () => {
    const seen: string[] = [];
    const other = await connect({ address: 'embedded', workers: 1 });
    const events = other.events();
    const listening = (async () => {
      for await (const event of events) seen.push(event.type);
    })();
    const ref = other.remote(() => new Promise<never>(() => {}), { timeoutMs: 20, maxRetries: 3 })();
    assert.ok((await errorOf(ref)) instanceof TimeoutError);
    await other.close();
    await listening;
    assert.ok(!seen.includes('task.retried'));
  });

  test('cancelled without force is ended by a second cancel() with it, and its worker is free', async () => {
    await using other = await connect({ address: 'embedded', workers: 1 });
    const { word, begun } = watchBegin();
    const ref = other.remote(endless['an endless loop']!)(word);
    await begun;
    other.cancel(ref);
    const error = await errorOf(ref);
    assert.ok(error instanceof CancelledError);
    const waiting = other.remote(() => 'free')();
    await turn(); // it is in the queue before
    other.cancel(ref, { force: true });
    assert.equal(await waiting, 'free');
    assert.equal(await errorOf(ref), error);
  });

  test('cancelled without force fails at once, and what is sent afterwards runs on the other worker', async () => {
    const other = await connect({ address: 'embedded', workers: 2 });
    try {
      const { word, begun } = watchBegin();
      const ref = other.remote(endless['a promise that never settles']!)(word);
      await begun;
      other.cancel(ref);
      assert.ok((await errorOf(ref)) instanceof CancelledError);
      const f = other.remote((x: number) => x);
      const refs = Array.from({ length: 200 }, (_, x) => f(x));
      assert.deepEqual(
        await other.get(refs),
        refs.map((_, x) => x),
      );
    } finally {
      await other.close();
    }
  });

  test('cancelled without force keeps one worker, and a single task that comes later gets another one', async () => {
    await using other = await connect({ address: 'embedded', workers: 2 });
    const { word, begun } = watchBegin();
    const ref = other.remote(endless['an endless loop']!)(word);
    await begun;
    other.cancel(ref);
    assert.ok((await errorOf(ref)) instanceof CancelledError);
    assert.equal(await other.remote(() => 'runs')(), 'runs');
  });

  test('of a function known as short, cancelled without force, gets no more tasks behind it', async () => {
    const f = session.remote((x: number, said: string): number | Promise<number> => {
      if (x >= 0) return x;
      new BroadcastChannel(said).postMessage(1);
      return new Promise<number>(() => {});
    });
    const inputs = Array.from({ length: 300 }, (_, x) => x);
    await session.get(inputs.map((x) => f(x, '')));
    const { word, begun } = watchBegin();
    const endlessRef = f(-1, word);
    await begun;
    session.cancel(endlessRef);
    assert.ok((await errorOf(endlessRef)) instanceof CancelledError);
    assert.deepEqual(await session.get(inputs.map((x) => f(x, ''))), inputs);
    // What it holds is given up with the session.
    await session.close();
    session = await connect({ address: 'embedded', workers: 2 });
  });

  test('does not take along what was sent to its worker after it', async () => {
    const one = await connect({ address: 'embedded', workers: 1 });
    try {
      const f = one.remote((x: number, word: string) => {
        if (x !== 50) return x;
        new BroadcastChannel(word).postMessage(1);
        for (;;);
      });
      await one.get(Array.from({ length: 300 }, (_, x) => f(x === 50 ? 0 : x, '')));
      const { word, begun } = watchBegin();
      const refs = Array.from({ length: 100 }, (_, x) => f(x, word));
      await begun;
      one.cancel(refs[50]!, { force: true });
      const others = refs.filter((_, x) => x !== 50);
      assert.deepEqual(
        await one.get(others),
        Array.from({ length: 100 }, (_, x) => x).filter((x) => x !== 50),
      );
      assert.ok((await errorOf(refs[50]!)) instanceof CancelledError);
    } finally {
      await one.close();
    }
  });
});

describe('an AbortSignal', () => {
  test('that is aborted already fails the call with a CancelledError that has its reason, and nothing runs', async () => {
    const session = await connect({ address: 'embedded', workers: 1 });
    try {
      const reason = new Error('before it began');
      const f = session.remote((x: number) => x, { signal: AbortSignal.abort(reason) });
      const ofMap: unknown = await session
        .map(f, [1, 2, 3])
        .toArray()
        .catch((error: unknown) => error);
      for (const error of [await errorOf(f(1)), ofMap]) {
        assert.ok(error instanceof CancelledError, String(error));
        assert.equal(error.cause, reason);
      }
      await assert.rejects(
        session.get([f.with({ signal: new AbortController().signal })(1)], { signal: AbortSignal.abort(reason) }),
        reason,
      );
      assert.equal(session.timings().tasks, 0);
    } finally {
      await session.close();
    }
  });

  test('shared by 20,000 calls ends those that are open, and warns of nothing', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const session = await connect({ address: 'embedded', workers: 2 });
    try {
      const abort = new AbortController();
      const f = session.remote((x: number) => x, { signal: abort.signal });
      const refs = Array.from({ length: 20_000 }, (_, x) => f(x));
      assert.equal((await session.get(refs)).length, 20_000);
      const open = session.remote(() => new Promise<never>(() => {}), { signal: abort.signal });
      const left = [open(), open(), open()];
      abort.abort();
      for (const ref of left) assert.ok((await errorOf(ref)) instanceof CancelledError);
      for (const ref of refs) assert.equal(ref.state, 'ready');
    } finally {
      await session.close();
      process.off('warning', onWarning);
    }
    assert.deepEqual(warnings, []);
  });
});

describe('cancel()', () => {
  test('of a task that waits for a ref settles it at once, and it never runs', async () => {
    const session = await connect({ address: 'embedded', workers: 2 });
    try {
      const gate = session.remote(() => new Promise<number>((resolve) => setTimeout(() => resolve(1), 50)))();
      const f = session.remote((x: number) => x);
      const waiting = f(gate);
      const afterIt = f(waiting);
      session.cancel(waiting);
      assert.equal(waiting.state, 'failed');
      await gate;
      assert.ok((await errorOf(waiting)) instanceof CancelledError);
      assert.ok((await errorOf(afterIt)) instanceof CancelledError);
      assert.equal(session.timings().tasks, 1);
    } finally {
      await session.close();
    }
  });

  test('of a settled or stored ref changes nothing', async () => {
    const session = await connect({ address: 'embedded', workers: 1 });
    try {
      const ref = session.remote(() => 5)();
      await ref;
      session.cancel(ref, { force: true });
      const put = session.put(6);
      session.cancel(put);
      assert.deepEqual(await session.get([ref, put]), [5, 6]);
    } finally {
      await session.close();
    }
  });
});
