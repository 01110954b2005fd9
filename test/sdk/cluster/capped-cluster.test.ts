// A session that may take fewer workers than its cluster has: how many it takes, and who of its tasks gets them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CappedCluster } from '../../../sdk/cluster/capped-cluster.ts';
import { EmbeddedCluster } from '../../../sdk/cluster/embedded.ts';
import { ResourceError } from '../../../sdk/index.ts';
import { Session } from '../../../sdk/session.ts';
import { sessionWithWorkers } from '../../../sdk/session-with-workers.ts';

/** How many workers a session holds at once for its tasks, as its events tell it. */
class HeldWorkers {
  most = 0;
  readonly workers = new Set<string>();
  readonly ended: Promise<void>;

  constructor(session: Session) {
    this.ended = this.#listen(session);
  }

  async #listen(session: Session): Promise<void> {
    const held = new Set<string>();
    for await (const event of session.events()) {
      if (event.type === 'worker.leased') {
        held.add(event.lease);
        this.workers.add(event.worker);
      }
      if (event.type === 'worker.released' || event.type === 'worker.lost') held.delete(event.lease);
      this.most = Math.max(this.most, held.size);
    }
  }
}

function* endless(): Generator<number> {
  for (let i = 0; ; i++) yield i;
}

test('no more workers than the cap are held at once, whatever the kinds of tasks', async () => {
  const kind = fc.record({ tasks: fc.integer({ min: 1, max: 30 }), kinds: fc.integer({ min: 1, max: 6 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(kind, { minLength: 1, maxLength: 4 }),
      async (cap, all) => {
        const session = new Session(new CappedCluster(new EmbeddedCluster({ workers: 4 }), cap));
        const held = new HeldWorkers(session);
        assert.equal(session.workers, cap);
        const refs = all.flatMap(({ tasks, kinds }) =>
          Array.from({ length: tasks }, (_, i) =>
            session.remote((x: number) => x, { resources: { [`kind${i % kinds}`]: 0 } })(i),
          ),
        );
        assert.deepEqual(
          await session.get(refs),
          all.flatMap(({ tasks }) => Array.from({ length: tasks }, (_, i) => i)),
        );
        await session.close();
        await held.ended;
        assert.ok(held.most >= 1 && held.most <= cap, `${held.most} of ${cap}`);
      },
    ),
    { numRuns: 5 },
  );
});

test('tasks of another kind get their turn beside one that could use all workers for ever', async () => {
  await using session = new Session(new CappedCluster(new EmbeddedCluster({ workers: 4 }), 1));
  const steady = session.map((x: number) => x, endless(), { inFlightMax: 64 })[Symbol.asyncIterator]();
  for (let i = 0; i < 200; i++) await steady.next();
  for (const other of ['a', 'b', 'c']) {
    const ref = session.remote((x: string) => x, { resources: { [other]: 0 } })(other);
    while (ref.state === 'pending') await steady.next();
    assert.equal(await ref, other);
  }
  assert.equal((await steady.next()).done, false);
  await steady.return?.();
});

test('an actor is not counted, and what no worker can have is refused', async () => {
  class Cell {
    get(): string {
      return 'kept';
    }
  }
  await using session = new Session(new CappedCluster(new EmbeddedCluster({ workers: 2 }), 1));
  const cells = [session.actor(Cell), session.actor(Cell)];
  assert.deepEqual(await session.get(cells.map((cell) => cell.get())), ['kept', 'kept']);
  assert.throws(() => session.remote(() => 1, { resources: { cpus: 3 } })(), ResourceError);
  assert.equal(await session.remote(() => 'a task')(), 'a task');
});

test('sessionWithWorkers() opens a session of its own, with as many workers as asked for', async () => {
  const session = new Session(new EmbeddedCluster({ workers: 1, resources: { licence: 1 } }));
  const other = await sessionWithWorkers(session, 3);
  await session.close();
  assert.equal(other.workers, 3);
  assert.equal(await other.remote(() => 'granted', { resources: { licence: 1 } })(), 'granted');
  await other.close();
  for (const count of [0, 1.5, 513]) {
    await assert.rejects(sessionWithWorkers(session, count), { code: 'INVALID_ARGUMENT', message: /workers must be/ });
  }
});
