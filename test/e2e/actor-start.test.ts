// Actors that cannot be started, and what a restart starts them with.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { coreOf } from '../../sdk/core-of.ts';
import { type ActorOptions, connect, currentSession, type Session } from '../../sdk/index.ts';
import { errorOf } from '../helpers/outcomes.ts';

class Holder {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
  get(): unknown {
    return this.value;
  }
  exit(): void {
    process.exit(3);
  }
  /** Starts a task that never ends, and tells by a file when that has been said. */
  startEndless(path: string): void {
    currentSession().remote(() => new Promise<never>(() => {}))();
    setTimeout(() => process.getBuiltinModule('node:fs').writeFileSync(path, ''), 20);
  }
}

describe('Session.actor()', () => {
  let session: Session;
  before(async () => {
    session = await connect({ address: 'embedded', workers: 1 });
  });
  after(() => session.close());

  const refused: Record<string, readonly [unknown, ActorOptions, string]> = {
    'an argument that cannot travel': [() => 1, {}, 'NOT_SERIALIZABLE'],
    'resources below 0': [1, { resources: { cpus: -1 } }, 'INVALID_ARGUMENT'],
    'resources that nobody has': [1, { resources: { gpu: 1 } }, 'RESOURCES'],
    'restarts below 0': [1, { maxRestarts: -1 }, 'INVALID_ARGUMENT'],
  };
  for (const [what, [value, options, code]] of Object.entries(refused)) {
    for (const detached of [false, true]) {
      test(`with ${what} leaves its name to others${detached ? ', also detached' : ''}`, async () => {
        const name = `refused with ${what} ${detached}`;
        assert.throws(() => session.actor(Holder, [value], { ...options, name, detached }), { code });
        assert.throws(() => session.getActor(name), /no living one/);
        const actor = session.actor(Holder, [5], { name, detached });
        assert.equal(await actor.get(), 5);
        actor.kill();
      });
    }
  }

  test('a restart constructs with the arguments as they were at the start', async () => {
    const list: unknown[] = [1, { deep: 2 }];
    const actor = session.actor(Holder, [list], { maxRestarts: 2 });
    assert.deepEqual(await actor.get(), [1, { deep: 2 }]);
    list.push('later');
    await errorOf(actor.exit());
    assert.deepEqual(await actor.get(), [1, { deep: 2 }]);
    list.push(() => 'what cannot travel');
    await errorOf(actor.exit());
    assert.deepEqual(await actor.get(), [1, { deep: 2 }]);
    actor.kill();
  });

  test('what a killed actor had still said of tasks of its own starts none', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'gridbook-said-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'said');
    const actor = session.actor(Holder, [0]);
    await actor.get();
    await actor.get(); // its call is known by now, and leaves at once
    actor
      .startEndless(path)
      .promise()
      .catch(() => {});
    await Promise.resolve();
    while (!existsSync(path)); // nothing that it says is read meanwhile
    actor.kill();
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    assert.equal(await session.remote(() => 1)(), 1);
    assert.deepEqual([...coreOf(session).openTasks()], []);
  });
});
