// Nodes and heads that are killed, stopped and started again: what runs elsewhere goes on, what was lost runs again, and
// each task settles once.

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { CappedCluster } from '../../sdk/cluster/capped-cluster.ts';
import { HeadCluster } from '../../sdk/cluster/head-cluster.ts';
import type { Way } from '../../sdk/cluster/worker-connection.ts';
import { ActorDiedError, NodeDiedError, type SessionEvent, WorkerDiedError } from '../../sdk/index.ts';
import { Session } from '../../sdk/session.ts';
import { assertWithin, timeOf } from '../helpers/bar.ts';
import { ProcessCluster, pidsIn, until } from '../helpers/cluster-process.ts';
import { errorOf } from '../helpers/outcomes.ts';

/** Says on a file that it runs, and ends when the other file is there; gives the worker's process. */
async function waitForFile(begun: string, gate: string): Promise<number> {
  const fs = await import('node:fs');
  fs.appendFileSync(begun, `${process.pid}\n`);
  while (!fs.existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 20));
  return process.pid;
}

/** The same, for one that answers nobody meanwhile. */
async function blockForFile(begun: string, gate: string): Promise<number> {
  const fs = await import('node:fs');
  fs.appendFileSync(begun, `${process.pid}\n`);
  while (!fs.existsSync(gate)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  return process.pid;
}

/** How long an answer is that can be seen to have left the process that gave it, in letters. */
const longAnswer = 30_000;

/** The same, and its answer is long. */
async function answerAfterFile(begun: string, gate: string, letters: number): Promise<string> {
  const fs = await import('node:fs');
  fs.appendFileSync(begun, `${process.pid}\n`);
  while (!fs.existsSync(gate)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  return `${process.pid} `.padEnd(letters, '.');
}

/** How many bytes a process has written. */
function writtenBy(pid: number): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** What happens in a session, while it is open. */
function listen(session: Session): SessionEvent[] {
  const seen: SessionEvent[] = [];
  void (async () => {
    for await (const event of session.events()) seen.push(event);
  })();
  return seen;
}

/** What a session was told of its head. */
function headEvents(seen: readonly SessionEvent[]): string[] {
  return seen.flatMap(({ type }) => (type.startsWith('head.') ? [type] : []));
}

const ways: readonly (readonly Way[])[] = [['socket'], ['node'], ['head']];

describe('a node killed with -9', () => {
  for (const way of ways) {
    test(`is noticed in 200 ms and costs no task, with workers reached by ${way}: what it ran runs elsewhere, and each settles once`, () =>
      assertWithin(200, 'to notice a killed node', async () => {
        await using cluster = await ProcessCluster.open([1]);
        const [first, second] = [await cluster.startNode({ cpus: 2 }), await cluster.startNode({ cpus: 2 })];
        const session = await cluster.session(way);
        try {
          const seen = listen(session);
          const [begun, gate, log] = ['begun', 'gate', 'settled'].map((name) => join(cluster.home, name));
          const waiting = session.remote(waitForFile);
          const held = Array.from({ length: 5 }, () => waiting(begun!, gate!));
          for (const ref of held) void ref.promise().then(() => appendFileSync(log!, 'x'));
          await until(() => pidsIn(begun!).length === 5);
          const dying = cluster.workersOf(first);
          const lostHere = pidsIn(begun!).filter((pid) => dying.includes(pid));
          assert.equal(lostHere.length, 2);
          const noticedMs = await timeOf(async () => {
            first.child.kill('SIGKILL');
            await until(() => seen.filter(({ type }) => type === 'worker.lost').length === 2);
          });
          await cluster.kill(first);
          writeFileSync(gate!, '');
          const pids = await session.get(held);
          assert.ok(pids.every((pid) => !dying.includes(pid)));
          assert.equal(readFileSync(log!, 'utf8'), 'xxxxx');
          assert.equal(pidsIn(begun!).length, 7, 'only what was lost ran twice');
          assert.deepEqual((await cluster.statusOf(second)).node.headConnected, true);
          assert.equal(seen.filter(({ type }) => type === 'task.retried').length, 2);
          await until(() => dying.every((pid) => !cluster.processes().includes(pid)));
          return noticedMs;
        } finally {
          await session.close();
        }
      }));
  }
});

test('a task that may not run again fails with a NodeDiedError when its node is killed, and a call of an actor says so', async () => {
  await using cluster = await ProcessCluster.open([0]);
  const node = await cluster.startNode({ cpus: 1 });
  const session = await cluster.session();
  try {
    const [begun, gate] = ['begun', 'gate'].map((name) => join(cluster.home, name));
    class Holder {
      hold = waitForFile;
    }
    const held = session.remote(waitForFile, { maxRetries: 0 })(begun!, gate!);
    const called = session.actor(Holder, [], { capture: { waitForFile } }).hold(begun!, gate!);
    await until(() => pidsIn(begun!).length === 2);
    await cluster.kill(node);
    const [task, call] = [await errorOf(held), await errorOf(called)];
    assert.ok(task instanceof NodeDiedError && task instanceof WorkerDiedError, String(task));
    assert.deepEqual([task.name, task.code, task.reason], ['NodeDiedError', 'NODE_DIED', 'node-died']);
    assert.equal(task.mayHaveRun, true);
    assert.ok(call instanceof ActorDiedError && call.mayHaveRun, String(call));
    assert.match(call.message, /its daemon does not answer/);
  } finally {
    await session.close();
  }
  await cluster.untilFree();
});

test('a task that may run once is not sent to a worker whose connection was cut: the next worker runs it', async () => {
  await using cluster = await ProcessCluster.open([0]);
  await cluster.startNode({ cpus: 1 });
  const session = await cluster.session();
  try {
    const pid = await session.remote(() => process.pid)();
    // It cannot say what has become of the worker.
    process.kill(cluster.head.pid, 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
    await until(() => !existsSync(`/proc/${pid}`)); // by then its connections have ended
    for (let turn = 0; turn < 20; turn++) await setImmediate(); // and that is heard of here
    const ref = session.remote(() => process.pid, { maxRetries: 0 })();
    process.kill(cluster.head.pid, 'SIGCONT');
    assert.notEqual(await ref, pid);
  } finally {
    await session.close();
  }
  await cluster.untilFree();
});

// What waits for silence to be long enough costs no processor time.
describe('a node stopped and continued', { concurrency: true }, () => {
  for (const way of ways) {
    test(`has its tasks run elsewhere, and what the zombie answers is dropped and counted, with workers reached by ${way}`, async () => {
      await using cluster = await ProcessCluster.open([0]);
      const zombie = await cluster.startNode({ cpus: 1 });
      const session = await cluster.session(way);
      try {
        const seen = listen(session);
        const [begun, gate] = ['begun', 'gate'].map((name) => join(cluster.home, name));
        const ref = session.remote(answerAfterFile)(begun!, gate!, longAnswer);
        const [zombieWorker = 0] = await until(() => (pidsIn(begun!).length === 1 ? pidsIn(begun!) : undefined));
        const stopped = [...cluster.workersOf(zombie), zombie.pid];
        await cluster.startNode({ cpus: 1 });
        for (const pid of stopped) process.kill(pid, 'SIGSTOP');
        await until(() => seen.some(({ type }) => type === 'worker.lost'));
        await until(() => pidsIn(begun!).length === 2);
        assert.equal(session.timings().answersDropped, 0);
        writeFileSync(gate!, '');
        const answer = await ref;
        assert.equal(answer.length, longAnswer);
        assert.notEqual(Number.parseInt(answer, 10), zombieWorker);
        // Its answer has left the worker before its daemon learns that the lease is over.
        const written = writtenBy(zombieWorker);
        process.kill(zombieWorker, 'SIGCONT');
        await until(() => writtenBy(zombieWorker) >= written + longAnswer);
        // The daemon last: it ends the worker as soon as it goes on.
        for (const pid of stopped) process.kill(pid, 'SIGCONT');
        // The head has cut what it passes on to a node that it holds for dead.
        if (!way.includes('head')) {
          await until(() => session.timings().answersDropped === 1);
          const { worker, lease } = seen.find((event) => event.type === 'worker.lost') ?? assert.fail();
          assert.deepEqual(
            seen.filter(({ type }) => type === 'answers.dropped'),
            [{ type: 'answers.dropped', worker, lease, count: 1 }],
          );
        }
        // It comes back to the head, and the lease that it had is over there, too.
        await until(async () => (await cluster.statusOf(zombie)).node.headConnected);
        await until(() => !cluster.processes().includes(zombieWorker));
        const { head } = await cluster.statusOf(cluster.head);
        assert.equal(head?.nodes.length, 3);
        assert.equal(await session.remote(() => 'fine')(), 'fine');
        assert.equal(session.timings().answersDropped, way.includes('head') ? 0 : 1);
        assert.equal(session.timings().tasks, 2, 'each settled once');
      } finally {
        await session.close();
      }
      await cluster.untilFree();
    });
  }
});

describe('a head that is killed with -9 and started again', { concurrency: 2 }, () => {
  for (const [name, task] of Object.entries({ waits: waitForFile, blocks: blockForFile })) {
    test(`takes nothing with it: work that ${name} goes on, and all come back with their leases`, async () => {
      await using cluster = await ProcessCluster.open([0, 2]);
      const [, node] = cluster.daemons;
      const session = await cluster.session();
      try {
        const seen = listen(session);
        const [begun, gate] = ['begun', 'gate'].map((file) => join(cluster.home, file));
        const f = session.remote(task);
        const held = [f(begun!, gate!), f(begun!, gate!)];
        await until(() => pidsIn(begun!).length === 2);
        const { head: before } = await cluster.statusOf(cluster.head);
        const { options, port } = cluster.head;
        await cluster.kill(cluster.head);
        await until(async () => !(await cluster.statusOf(node!)).node.headConnected);
        await cluster.startHead({ ...options, port });
        await until(async () => {
          const { head } = await cluster.statusOf(cluster.head);
          return head?.sessions.length === 1 && head.leases.length === 2 && head.nodes.length === 2;
        });
        const { head: after } = await cluster.statusOf(cluster.head);
        const idsOf = (head: typeof after): string[] => (head?.leases ?? []).map(({ lease }) => lease).sort();
        assert.deepEqual(idsOf(after), idsOf(before), 'the same leases');
        writeFileSync(gate!, '');
        assert.deepEqual((await session.get(held)).sort(), pidsIn(begun!).sort());
        assert.deepEqual(headEvents(seen), ['head.lost', 'head.found']);
        assert.deepEqual(
          seen.filter(({ type }) => type === 'worker.lost' || type === 'task.retried'),
          [],
        );
        // New leases are granted again: on a node that comes now.
        await cluster.startNode({ cpus: 1, resources: { late: 1 } });
        assert.equal(await session.remote(() => 'late', { resources: { late: 1 } })(), 'late');
      } finally {
        await session.close();
      }
      await cluster.untilFree();
    });
  }

  test('keeps a session waiting for a worker, and grants it one when it is back', async () => {
    await using cluster = await ProcessCluster.open([0]);
    const { place } = cluster;
    const capped = new CappedCluster(await HeadCluster.connect(place.url, place), 2);
    const session = new Session(capped);
    try {
      const seen = listen(session);
      const { options, port } = cluster.head;
      const ref = session.remote(() => 'granted')();
      await cluster.kill(cluster.head);
      await cluster.startHead({ ...options, port, cpus: 1 });
      assert.equal(await ref, 'granted');
      assert.deepEqual(headEvents(seen), ['head.lost', 'head.found'], 'told also where workers are capped');
    } finally {
      await session.close();
    }
    await cluster.untilFree();
  });

  test('has lost the workers of its own node only', async () => {
    await using cluster = await ProcessCluster.open([1, 1]);
    const session = await cluster.session();
    try {
      const [begun, gate] = ['begun', 'gate'].map((file) => join(cluster.home, file));
      const f = session.remote(waitForFile);
      const held = [f(begun!, gate!), f(begun!, gate!)];
      await until(() => pidsIn(begun!).length === 2);
      const own = cluster.workersOf(cluster.head);
      const { options, port } = cluster.head;
      await cluster.kill(cluster.head);
      await until(() => own.every((pid) => !cluster.processes().includes(pid)));
      await cluster.startHead({ ...options, port });
      await until(() => pidsIn(begun!).length === 3);
      writeFileSync(gate!, '');
      const pids = await session.get(held);
      assert.equal(pids.filter((pid) => pidsIn(begun!).slice(0, 2).includes(pid)).length, 1);
    } finally {
      await session.close();
    }
    await cluster.untilFree();
  });
});
