// Actors of a session whose node is killed, its daemon and its workers at once: they begin anew on another node, and each
// call that was made settles as is said of it.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Way } from '../../sdk/cluster/worker-connection.ts';
import { ActorDiedError, type SessionEvent } from '../../sdk/index.ts';
import { type DaemonProcess, ProcessCluster, pidsIn, until } from '../helpers/cluster-process.ts';
import { errorOf } from '../helpers/outcomes.ts';

class Tally {
  count = 0;
  readonly #made: string;
  constructor(made: string) {
    this.#made = made;
  }
  async where(): Promise<number> {
    const fs = await import('node:fs');
    fs.appendFileSync(this.#made, `${process.pid}\n`);
    return process.pid;
  }
  add(n: number): number {
    this.count += n;
    return this.count;
  }
  /** Says on a file that it runs, and never ends. */
  async hold(begun: string): Promise<never> {
    const fs = await import('node:fs');
    fs.appendFileSync(begun, `${process.pid}\n`);
    return new Promise<never>(() => {});
  }
}

/** Gives the number when the file is there. */
async function numberAfter(gate: string, n: number): Promise<number> {
  const fs = await import('node:fs');
  while (!fs.existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 20));
  return n;
}

/** Kills a node's processes in one go, so that none is left that could say why another one ended. */
async function killNode(cluster: ProcessCluster, node: DaemonProcess): Promise<void> {
  const pids = [...cluster.workersOf(node), node.pid];
  assert.ok(pids.length > 1, 'it has workers');
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  await cluster.kill(node);
  await until(() => pids.every((pid) => !existsSync(`/proc/${pid}`)));
}

const ways: readonly (readonly Way[])[] = [['socket'], ['node'], ['head']];

describe('an actor whose node is killed with -9, the daemon and its workers', () => {
  for (const way of ways) {
    test(`moves to another node, reached by ${way}: the call that ran is not run again, those that waited are`, async () => {
      await using cluster = await ProcessCluster.open([1]);
      const first = await cluster.startNode({ cpus: 0, resources: { actors: 1 } });
      const session = await cluster.session(way);
      try {
        const seen: SessionEvent[] = [];
        void (async () => {
          for await (const event of session.events()) seen.push(event);
        })();
        const [made, begun, gate] = ['made', 'begun', 'gate'].map((name) => join(cluster.home, name));
        const options = { name: 'tally', maxRestarts: 1, resources: { actors: 1 } };
        const tally = session.actor(Tally, [made!], options);
        const born = await tally.where();
        assert.ok(cluster.workersOf(first).includes(born));
        assert.equal(await tally.add(2), 2);
        const second = await cluster.startNode({ cpus: 0, resources: { actors: 1 } });

        const held = tally.hold(begun!);
        // What these are given is not there yet, so that they have not been sent when the node is killed.
        const waited = tally.add(session.remote(numberAfter)(gate!, 5));
        const behind = tally.add(1);
        await until(() => pidsIn(begun!).length === 1);
        const heldError = errorOf(held);
        await killNode(cluster, first);

        const error = await heldError;
        assert.ok(error instanceof ActorDiedError);
        assert.equal(error.mayHaveRun, true);
        assert.match(error.message, /tally died during the call, which is not run again/);
        writeFileSync(gate!, '');
        assert.deepEqual(
          await session.get([waited, behind]),
          [5, 6],
          'it begins anew, with nothing of its former state',
        );
        const moved = await session.getActor<Tally>('tally').where();
        assert.ok(cluster.workersOf(second).includes(moved));
        assert.deepEqual(pidsIn(begun!), [born], 'what may have run is not run again');
        assert.deepEqual(
          seen.filter(({ type }) => type === 'actor.restarted'),
          [{ type: 'actor.restarted', name: 'tally', restarts: 1 }],
        );
        assert.equal(seen.filter(({ type }) => type === 'task.retried').length, 0);

        const last = errorOf(tally.hold(begun!));
        await until(() => pidsIn(begun!).length === 2);
        await killNode(cluster, second);
        const lastError = await last;
        assert.ok(lastError instanceof ActorDiedError && lastError.mayHaveRun);
        await assert.rejects(async () => tally.add(1), { code: 'ACTOR_DIED', message: /its one restart is used up/ });
        assert.deepEqual(pidsIn(made!), [born, moved]);
        assert.equal(await session.remote(() => 'fine')(), 'fine');
      } finally {
        await session.close();
      }
      await cluster.untilFree();
    });
  }

  test('waits for a node that can have it, and its calls with it', async () => {
    await using cluster = await ProcessCluster.open([1]);
    const first = await cluster.startNode({ cpus: 0, resources: { actors: 1 } });
    const session = await cluster.session();
    try {
      const tally = session.actor(Tally, [join(cluster.home, 'made')], { maxRestarts: 1, resources: { actors: 1 } });
      assert.equal(await tally.add(2), 2);
      const lost = (async () => {
        for await (const { type } of session.events()) if (type === 'actor.restarted') return;
      })();
      await killNode(cluster, first);
      await lost;
      const waited = tally.add(3);
      await until(async () => (await cluster.statusOf(cluster.head)).head?.leases.length === 0);
      const second = await cluster.startNode({ cpus: 0, resources: { actors: 1 } });
      assert.equal(await waited, 3);
      assert.ok(cluster.workersOf(second).includes(await tally.where()));
    } finally {
      await session.close();
    }
    await cluster.untilFree();
  });
});
