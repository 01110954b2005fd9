// What a task can do to its worker on a machine: each fault costs that worker only, and its place is free again. The
// daemon, a process of its own, runs on through all of them.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CancelledError, type Session, TimeoutError, WorkerDiedError } from '../../sdk/index.ts';
import { assertWithin, timeOf } from '../helpers/bar.ts';
import { ProcessCluster, until } from '../helpers/cluster-process.ts';
import { errorOf, outcomes } from '../helpers/outcomes.ts';

describe('a daemon whose worker', () => {
  let cluster: ProcessCluster;
  let session: Session;
  let incarnation: string;
  let count = 0;
  before(async () => {
    // What runs out of heap shall do so soon.
    cluster = await ProcessCluster.open([2], { NODE_OPTIONS: '--max-old-space-size=96' });
    session = await cluster.session();
    incarnation = (await cluster.statusOf(cluster.head)).daemon.incarnation;
  });
  after(async () => {
    const { daemon } = await cluster.statusOf(cluster.head);
    await session.close();
    await cluster.close();
    assert.deepEqual([daemon.incarnation, daemon.pid], [incarnation, cluster.head.pid], 'the daemon ran on');
  });

  /** Where a task can say that it has begun. */
  function begin(): { path: string; begun: Promise<boolean> } {
    const path = join(cluster.home, `begun-${++count}`);
    return { path, begun: until(() => existsSync(path)) };
  }

  /** Only when both places are free does this come to an end. */
  async function bothAreFree(): Promise<void> {
    assert.equal(await session.remote(() => 'both', { resources: { cpus: 2 } })(), 'both');
  }

  /** The error of a task that costs its worker its life, while its neighbours finish. */
  async function deathBy(task: () => unknown, maxRetries = 0): Promise<WorkerDiedError> {
    const neighbour = session.remote((x: number) => x * 2);
    const dying = session.remote(task, { maxRetries, name: 'dying' })();
    const others = Array.from({ length: 300 }, (_, x) => neighbour(x));
    const error = await errorOf(dying);
    assert.ok(error instanceof WorkerDiedError, String(error));
    assert.equal(error.mayHaveRun, true);
    assert.deepEqual(
      await session.get(others),
      others.map((_, x) => x * 2),
    );
    await bothAreFree();
    return error;
  }

  test('calls process.exit loses that worker, with its code, and its place is free again in 500 ms', () =>
    assertWithin(500, 'to have another worker', async () => {
      const { reason, exitCode } = await deathBy(() => process.exit(7));
      assert.deepEqual([reason, exitCode], ['exit', 7]);
      // A worker of its own, that nobody has used, in the place of the one that is lost.
      const dying = session.remote(() => process.exit(7), { maxRetries: 0, resources: { cpus: 2 } });
      await errorOf(dying());
      return timeOf(bothAreFree);
    }));

  test('exhausts the JavaScript heap loses that worker, as out-of-memory', async () => {
    const { reason } = await deathBy(() => {
      const kept: unknown[] = [];
      for (;;) kept.push(new Array(1000).fill(Math.random()));
    });
    assert.equal(reason, 'out-of-memory');
  });

  test('kills its own process loses that worker', async () => {
    const { reason, message } = await deathBy(() => process.kill(process.pid, 'SIGKILL'));
    assert.equal(reason, 'killed');
    assert.match(message, /SIGKILL/);
  });

  test('aborts loses that worker', async () => {
    const { reason, message } = await deathBy(() => process.abort());
    assert.equal(reason, 'killed');
    assert.match(message, /SIGABRT/);
  });

  test('kills its whole process group loses that worker', async () => {
    const { reason } = await deathBy(() => process.kill(0, 'SIGKILL'));
    assert.equal(reason, 'killed');
  });

  test('closes all of its descriptors loses that worker', async () => {
    await deathBy(async () => {
      const { closeSync } = await import('node:fs');
      for (let fd = 0; fd < 256; fd++) {
        try {
          closeSync(fd);
        } catch {
          // Some are not open.
        }
      }
      await new Promise(() => {});
    });
  });

  test('meets a poison task: that one fails after its retries, and all others finish', async () => {
    const f = session.remote(
      (x: number) => {
        if (x === 137) process.exit(1);
        return x;
      },
      { maxRetries: 2 },
    );
    const ended = await outcomes(Array.from({ length: 400 }, (_, x) => f(x)));
    const failed = ended.flatMap((outcome, x) => (outcome.status === 'rejected' ? [x] : []));
    assert.deepEqual(failed, [137]);
    await bothAreFree();
  });

  const native = [
    'execSync of what takes a minute',
    'pbkdf2Sync of what takes minutes',
    'a sort of what takes minutes',
  ];
  const endless: Record<string, (path: string) => unknown> = {
    'an endless loop': async (path) => {
      (await import('node:fs')).writeFileSync(path, '');
      for (;;);
    },
    'an exploding regular expression': async (path) => {
      (await import('node:fs')).writeFileSync(path, '');
      return /^(a+)+$/.test(`${'a'.repeat(64)}b`);
    },
    'Atomics.wait': async (path) => {
      (await import('node:fs')).writeFileSync(path, '');
      return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    },
    'execSync of what takes a minute': async (path) => {
      (await import('node:fs')).writeFileSync(path, '');
      return (await import('node:child_process')).execSync('sleep 60').length;
    },
    'pbkdf2Sync of what takes minutes': async (path) => {
      (await import('node:fs')).writeFileSync(path, '');
      return (await import('node:crypto')).pbkdf2Sync('secret', 'salt', 2 ** 30, 64, 'sha512').length;
    },
    'a sort of what takes minutes': async (path) => {
      const values = Array.from({ length: 500_000 }, (_, i) => String((i * 7919) % 500_000));
      (await import('node:fs')).writeFileSync(path, '');
      for (;;) values.sort().reverse();
    },
  };
  for (const [what, body] of Object.entries(endless)) {
    const barMs = native.includes(what) ? 3000 : 1000;
    test(`is in ${what} is killed when the task is cancelled by force, and its place is free in ${barMs} ms`, () =>
      assertWithin(barMs, 'to cancel', async () => {
        const { path, begun } = begin();
        const ref = session.remote(body)(path);
        await begun;
        return timeOf(async () => {
          session.cancel(ref, { force: true });
          assert.ok((await errorOf(ref)) instanceof CancelledError);
          await bothAreFree();
        });
      }));
  }

  // As many at once as there are places: most of it is waiting.
  test(`is in any of these is killed when the task's time is over`, async () => {
    const ended = Object.entries(endless).map(async ([what, body]) => {
      const { path, begun } = begin();
      const error = await errorOf(session.remote(body, { timeoutMs: 3000, name: 'endless' })(path));
      await begun;
      assert.ok(error instanceof TimeoutError, `${what}: ${error}`);
    });
    await Promise.all(ended);
    await bothAreFree();
  });
});
