// Actors that die: who is told what, in which order they begin anew, and that none of it depends on timing.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ActorDiedError, connect, type ObjectRef, type Session } from '../../sdk/index.ts';
import { watchBegin } from '../helpers/begun.ts';
import { errorOf, outcomes } from '../helpers/outcomes.ts';

class Fragile {
  readonly start: number;
  calls = 0;
  constructor(start: number) {
    this.start = start;
  }
  count(): number {
    return this.start + ++this.calls;
  }
  spin(ms: number): number {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return this.count();
  }
  async rest(ms: number): Promise<number> {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    return this.count();
  }
  exit(): void {
    process.exit(4);
  }
  async exitLater(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    process.exit(4);
  }
  throwInTimer(): Promise<never> {
    setTimeout(() => {
      throw new Error('in a timer');
    });
    return new Promise<never>(() => {});
  }
  hang(word: string): Promise<never> {
    new BroadcastChannel(word).postMessage(1);
    return new Promise<never>(() => {});
  }
}

class StillBorn {
  constructor() {
    process.exit(5);
  }
  get(): number {
    return 1;
  }
}

/** Ways to let some time pass, or none. */
const pauses: Record<string, () => Promise<void>> = {
  'at once': () => Promise.resolve(),
  'a few promises later': async () => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
  },
  'the next turn': () => new Promise((resolve) => setImmediate(resolve)),
  'some turns later': () => new Promise((resolve) => setTimeout(resolve, 3)),
};

describe('an actor that dies', () => {
  let session: Session;
  before(async () => {
    session = await connect({ address: 'embedded', workers: 2 });
  });
  after(() => session.close());

  const ends = ['exit', 'exitLater', 'throwInTimer'] as const;
  for (const [when, pause] of Object.entries(pauses)) {
    test(`for the last time fails the next call, ${when}, saying that its restarts are used up`, async () => {
      for (let round = 0; round < 12; round++) {
        const end = ends[round % ends.length]!;
        const maxRestarts = round % 2;
        const actor = session.actor(Fragile, [0], { maxRestarts });
        for (let death = 0; death < maxRestarts; death++) await errorOf(actor[end]());
        const last = actor[end]();
        const error = await errorOf(last);
        assert.ok(error instanceof ActorDiedError);
        assert.equal(error.mayHaveRun, true);
        await pause();
        const why = maxRestarts === 0 ? /is dead: .*it is not restarted/ : /is dead: .*its one restart is used up/;
        for (let call = 0; call < 2; call++) {
          const next = await errorOf(actor.count());
          assert.ok(next instanceof ActorDiedError);
          assert.equal(next.mayHaveRun, false);
          assert.match(next.message, why, `round ${round}, ${end}`);
        }
      }
    });
  }

  test('for the last time fails every call that was made beside it, each once, in all timings', async () => {
    for (let round = 0; round < 20; round++) {
      const actor = session.actor(Fragile, [0], { maxRestarts: 0 });
      if (round % 2 === 0) await actor.count();
      const refs: ObjectRef<unknown>[] = [actor.count(), actor.exit(), actor.count(), actor.count()];
      const late = session.remote(() => 1)();
      refs.push(session.remote((x: number) => x)(late));
      const [first, ...rest] = await outcomes([...refs.slice(0, 4)]);
      // What it answered before its end may or may not have left the worker.
      assert.ok(first?.status === 'fulfilled' || first?.reason instanceof ActorDiedError);
      for (const o of rest) assert.ok(o.status === 'rejected' && o.reason instanceof ActorDiedError);
      assert.equal(await refs[4], 1);
    }
  });

  for (const [what, start] of [
    ['a number', () => 10],
    ['a stored value', () => session.put(10)],
    ['the result of a task', () => session.remote(() => 10)()],
  ] as const) {
    test(`and was made with ${what} is constructed anew before any call that waited`, async () => {
      const actor = session.actor(Fragile, [start() as number], { maxRestarts: 3 });
      // Long calls, so that some have not been sent when it dies.
      for (let i = 1; i <= 2; i++) assert.equal(await actor.spin(15), 10 + i);
      const refs: ObjectRef<unknown>[] = [actor.spin(15), actor.exit(), actor.spin(15), actor.spin(15), actor.spin(15)];
      const all = await outcomes(refs);
      assert.ok(all[1]?.status === 'rejected');
      assert.deepEqual(
        all.slice(2).map((o) => (o.status === 'fulfilled' ? o.value : o.reason.message)),
        [11, 12, 13],
      );
      actor.kill();
    });
  }

  test('while it is constructed is tried maxRestarts times, and then is dead for all calls', async () => {
    const events = session.events();
    const actor = session.actor(StillBorn, [], { maxRestarts: 2, name: 'stillborn' });
    for (let i = 0; i < 3; i++) assert.ok((await errorOf(actor.get())) instanceof ActorDiedError);
    let restarts = 0;
    for await (const event of events) {
      if (event.type !== 'actor.restarted') continue;
      assert.equal(event.name, 'stillborn');
      if (++restarts === 2) break;
    }
    const dead = await errorOf(actor.get());
    assert.match(dead.message, /stillborn is dead/);
  });

  test('takes one worker at a time, however many calls are open', async () => {
    const other = await connect({ address: 'embedded', workers: 4 });
    const leased: string[] = [];
    const events = other.events();
    const listening = (async () => {
      for await (const event of events) if (event.type === 'worker.leased') leased.push(event.worker);
    })();
    const actor = other.actor(Fragile, [0]);
    const refs = Array.from({ length: 40 }, () => actor.spin(3));
    assert.deepEqual(
      await other.get(refs),
      refs.map((_, i) => i + 1),
    );
    await other.close();
    await listening;
    assert.equal(leased.length, 1);
  });

  test('by a forced cancel() of a call that hangs begins anew, and calls that were not sent run', async () => {
    const actor = session.actor(Fragile, [100], { maxRestarts: 1 });
    assert.equal(await actor.count(), 101);
    const { word, begun } = watchBegin();
    const hanging = actor.hang(word);
    await begun;
    session.cancel(hanging, { force: true });
    assert.equal((await errorOf(hanging)).name, 'CancelledError');
    assert.equal(await actor.count(), 101);
    actor.kill();
  });

  test('does not die of a forced cancel() of a call that waits behind one that waits itself', async () => {
    const actor = session.actor(Fragile, [0], { maxRestarts: 1 });
    await session.get(Array.from({ length: 50 }, () => actor.rest(0)));
    const long = actor.rest(700);
    const waiting = actor.rest(0);
    await new Promise((resolve) => setImmediate(resolve));
    session.cancel(waiting, { force: true });
    assert.equal((await errorOf(waiting)).name, 'CancelledError');
    assert.equal(await long, 51);
    assert.equal(await actor.count(), 52);
    actor.kill();
  });
});
