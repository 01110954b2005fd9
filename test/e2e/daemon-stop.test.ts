// Daemons that are asked to stop while tasks run on them: what runs may finish, what has not begun runs elsewhere.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Way } from '../../sdk/cluster/worker-connection.ts';
import { currentSession, type ObjectRef, type Session } from '../../sdk/index.ts';
import { assertWithin, timeOf } from '../helpers/bar.ts';
import { type DaemonProcess, ProcessCluster, pidsIn, until } from '../helpers/cluster-process.ts';
import { errorOf } from '../helpers/outcomes.ts';

/** Says on a file that it runs, and ends when the other file is there; gives the worker's process. */
async function waitForFile(begun: string, gate: string): Promise<number> {
  const fs = process.getBuiltinModule('node:fs');
  fs.appendFileSync(begun, `${process.pid}\n`);
  while (!fs.existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 20));
  return process.pid;
}

class Holder {
  hold(begun: string, gate: string): Promise<number> {
    return waitForFile(begun, gate);
  }
}

const ways: readonly Way[] = ['socket', 'node', 'head'];

for (const way of ways) {
  test(`a node that is stopped lets tasks and calls of actors finish that run there, reached by ${way}`, async () => {
    await using cluster = await ProcessCluster.open([0]);
    const node = await cluster.startNode({ cpus: 1 });
    await using session = await cluster.session([way]);
    const [begun = '', gate = ''] = ['begun', 'gate'].map((name) => join(cluster.home, name));
    const f = session.remote(waitForFile, { maxRetries: 0 });
    const held = f(begun, gate);
    const called = session.actor(Holder, [], { capture: { waitForFile } }).hold(begun, gate);
    await until(() => pidsIn(begun).length === 2);
    const stopped = cluster.kill(node, 'SIGTERM');
    await until(async () => (await cluster.statusOf(node)).daemon.state === 'stopping');
    const waiting = f(begun, gate);
    await cluster.startNode({ cpus: 1 });
    await until(() => pidsIn(begun).length === 3);
    writeFileSync(gate, '');
    const pids = [...(await session.get([held, called])), await waiting];
    assert.deepEqual(pids.sort(), pidsIn(begun).sort(), 'each ran once');
    await stopped;
    assert.equal(node.child.exitCode, 0);
  });
}

async function briefly(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return process.pid;
}

test('a node that is stopped in the midst of many short tasks loses none of them', async () => {
  await using cluster = await ProcessCluster.open([1]);
  await using session = await cluster.session();
  const node = await cluster.startNode({ cpus: 4 });
  let isOver = false;
  let given = 0;
  function* inputs(): Generator<undefined> {
    for (; !isOver; given++) yield undefined;
  }
  const pids: number[] = [];
  const map = session.map(session.remote(briefly, { maxRetries: 0 }), inputs(), { ordered: false });
  const done = map.forEach((pid) => void pids.push(pid));
  const untilStopped = async (): Promise<void> => {
    await until(() => new Set(pids).size >= 5);
    await cluster.kill(node, 'SIGTERM');
    const before = pids.length;
    await until(() => pids.length > before);
    isOver = true;
  };
  await Promise.all([done, untilStopped()]);
  assert.equal(pids.length, given);
});

test('a node that is stopped is sent nothing more: what waits for it runs on another, also once at most', async () => {
  await using cluster = await ProcessCluster.open([1]);
  await using session = await cluster.session();
  const [begun = '', gate = '', otherGate = ''] = ['begun', 'gate', 'other'].map((name) => join(cluster.home, name));
  const f = session.remote(waitForFile, { maxRetries: 0 });
  const other = f(begun, otherGate);
  await until(() => pidsIn(begun).length === 1);
  const node = await cluster.startNode({ cpus: 1 });
  const held = f(begun, gate);
  await until(() => pidsIn(begun).length === 2);
  const waiting = [f(begun, gate), f(begun, gate)];
  const stopped = cluster.kill(node, 'SIGTERM');
  await until(async () => (await cluster.statusOf(node)).daemon.state === 'stopping');
  // What the node has said before reaches the head before the second question, and the session before its answer.
  for (let asked = 0; asked < 2; asked++) await cluster.statusOf(cluster.head);
  writeFileSync(gate, '');
  await held;
  await stopped;
  assert.deepEqual(
    waiting.map(({ state }) => state),
    ['pending', 'pending'],
  );
  writeFileSync(otherGate, '');
  const pid = await other;
  assert.deepEqual(await session.get(waiting), [pid, pid]);
  assert.equal(pidsIn(begun).length, 4, 'each ran once');
});

test('a head that is stopped lets tasks finish that run on its own node', async () => {
  await using cluster = await ProcessCluster.open([1]);
  await using session = await cluster.session();
  const [begun = '', gate = ''] = ['begun', 'gate'].map((name) => join(cluster.home, name));
  const held = session.remote(waitForFile, { maxRetries: 0 })(begun, gate);
  await until(() => pidsIn(begun).length === 1);
  const { head } = cluster;
  const stopped = cluster.kill(head, 'SIGTERM');
  await until(async () => (await cluster.statusOf(head)).daemon.state === 'stopping');
  writeFileSync(gate, '');
  assert.equal(await held, pidsIn(begun)[0]);
  await stopped;
  assert.equal(head.child.exitCode, 0);
});

/** Has a task of its own run for each file, one after the other; gives the processes of all. */
async function waitForFiles(begun: string, gates: readonly string[]): Promise<number[]> {
  const run = currentSession().remote(waitForFile, { maxRetries: 0 });
  const pids = [process.pid];
  for (const gate of gates) pids.push(await run(begun, gate));
  return pids;
}

test('a head that is stopped lets a task finish that waits for tasks of its own, which run there meanwhile', async () => {
  await using cluster = await ProcessCluster.open([1]);
  await using session = await cluster.session();
  const [begun = '', ...gates] = ['begun', 'first', 'second'].map((name) => join(cluster.home, name));
  const [first = '', second = ''] = gates;
  const parent = session.remote(waitForFiles, { maxRetries: 0, capture: { waitForFile } })(begun, gates);
  await until(() => pidsIn(begun).length === 1);
  const { head } = cluster;
  const stopped = cluster.kill(head, 'SIGTERM');
  await until(async () => (await cluster.statusOf(head)).daemon.state === 'stopping');
  writeFileSync(first, '');
  await until(() => pidsIn(begun).length === 2);
  writeFileSync(second, '');
  const pids = await parent;
  assert.deepEqual(pids.slice(1), pidsIn(begun), 'each ran once');
  assert.equal(new Set(pids).size, 1, 'in the one worker that there is');
  await stopped;
  assert.equal(head.child.exitCode, 0);
});

/** Says on a file that it runs, and never ends. */
function runForEver(begun: string): void {
  process.getBuiltinModule('node:fs').appendFileSync(begun, `${process.pid}\n`);
  for (;;);
}

/** How long a head that stops is there after something was done about its task, which would take all of its grace. */
async function endsAfter(act: (head: DaemonProcess, session: Session, task: ObjectRef<void>) => void): Promise<number> {
  await using cluster = await ProcessCluster.open([1]);
  await using session = await cluster.session();
  const begun = join(cluster.home, 'begun');
  const task = session.remote(runForEver, { maxRetries: 0 })(begun);
  const failed = errorOf(task);
  await until(() => pidsIn(begun).length === 1);
  const { head } = cluster;
  const stopped = cluster.kill(head, 'SIGTERM');
  await until(async () => (await cluster.statusOf(head)).daemon.state === 'stopping');
  const tookMs = await timeOf(async () => {
    act(head, session, task);
    await stopped;
  });
  assert.equal(head.child.exitCode, 0);
  const { name } = await failed;
  assert.match(name, /^(Cancelled|WorkerDied|NodeDied)Error$/);
  return tookMs;
}

test('a head that is stopped does not wait for a task that is cancelled by force meanwhile', () =>
  assertWithin(1000, 'to end', () => endsAfter((_head, session, task) => void session.cancel(task, { force: true }))));

test('a head that is told twice to stop waits for nothing', () =>
  assertWithin(1000, 'to end', () => endsAfter((head) => void head.child.kill('SIGTERM'))));
