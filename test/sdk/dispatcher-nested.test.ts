// The dispatcher where tasks have tasks of their own: who keeps whom from a worker, and that every tree gets on.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Session, sessionWith } from './dispatcher-session.ts';

describe('tasks that wait for their own tasks (D7)', () => {
  test('a task that waits keeps no other from its worker, though it is long', () => {
    const session = sessionWith();
    session.submit(1, { profile: { expectedMs: 500 } });
    assert.deepEqual(session.said(), ['A runs 0.1']);
    session.submit(1, { depth: 1 });
    assert.deepEqual(session.said(), []);
    session.dispatcher.onWaiting('A', 1, [0], true);
    assert.deepEqual(session.said(), ['A runs 1.1']);
    assert.deepEqual(session.results('A', 1, [1]), [1]);
    assert.deepEqual(session.results('A', 1, [0]), [0]);
    session.nothingElse();
  });

  test('a task that goes on keeps others from its worker again', () => {
    const session = sessionWith();
    session.submit(1, { profile: { expectedMs: 500 } });
    session.said();
    session.dispatcher.onWaiting('A', 1, [0], true);
    session.dispatcher.onWaiting('A', 1, [0], false);
    session.submit(1);
    assert.deepEqual(session.said(), []);
    assert.deepEqual(session.results('A', 1, [0]), [0]);
    assert.deepEqual(session.said(), ['A runs 1.1']);
  });

  test('neither a task that waits nor the one under it needs a worker for itself alone', () => {
    const session = sessionWith();
    session.submit(1, { maxRetries: 0, timeoutMs: 100 });
    session.said();
    session.dispatcher.onWaiting('A', 1, [0], true);
    session.submit(2, { maxRetries: 0, depth: 1 });
    assert.deepEqual(session.said(), ['A runs 1.1']);
    session.dispatcher.onWaiting('A', 1, [1], true);
    assert.deepEqual(session.said(), ['A runs 2.1']);
  });

  test('the deepest tasks go first, those of one depth in their order', () => {
    const session = sessionWith({ windowTasksMax: 1 });
    session.submit(1);
    session.submit(2, { depth: 1 });
    session.submit(1, { depth: 3 });
    const order: string[] = [];
    for (let said = session.said(); said.length > 0; said = session.said()) {
      order.push(...said);
      session.results('A', 1, [Number(/(\d+)\.1$/.exec(said[0] ?? '')?.[1])]);
    }
    assert.deepEqual(order, ['A runs 3.1', 'A runs 1.1', 'A runs 2.1', 'A runs 0.1']);
  });

  test('a recalled worker with a task that waits takes tasks of tasks only, and is released after them', () => {
    const session = sessionWith();
    session.submit(1);
    session.said();
    session.dispatcher.onWaiting('A', 1, [0], true);
    session.dispatcher.onWorkerRecalled('A');
    session.submit(1);
    assert.deepEqual(session.said(), []);
    session.submit(1, { depth: 1 });
    assert.deepEqual(session.said(), ['A runs 2.1']);
    session.results('A', 1, [2]);
    assert.deepEqual(session.said(), []);
    session.results('A', 1, [0]);
    assert.deepEqual(session.said(), ['release A']);
  });

  test('a task that waits is lost with its worker and goes out again, before what was sent after it', () => {
    const session = sessionWith();
    session.submit(1);
    session.said();
    session.dispatcher.onWaiting('A', 1, [0], true);
    session.submit(1);
    session.said();
    session.dispatcher.onWorkerLost('A', false);
    session.grant('B');
    assert.deepEqual(session.said(), ['B runs 0.2', 'B runs 1.2']);
    session.dispatcher.onWaiting('A', 1, [0], true); // too late to mean anything
    session.results('B', 2, [0, 1]);
    session.nothingElse();
  });

  test('what waits can be cancelled, and a worker that does not answer for it is killed', () => {
    const session = sessionWith({ graceMs: 250 });
    session.submit(2, { maxRetries: 0 });
    session.said();
    session.dispatcher.onWaiting('A', 1, [0], true);
    assert.equal(session.cancel(0, true), true);
    assert.deepEqual(session.said(), ['A cancels 0']);
    session.dispatcher.onSkipped('A', 1, [0]);
    assert.deepEqual(session.said(), ['A runs 1.1']);
    session.dispatcher.onWaiting('A', 1, [1], true);
    assert.equal(session.cancel(1, true), true);
    session.tick(250);
    assert.deepEqual(session.said(), ['A cancels 1', 'kill A']);
  });

  test('every tree of tasks comes to its end on any workers, whatever is lost and recalled', () => {
    fc.assert(
      fc.property(
        fc.record({
          workers: fc.integer({ min: 1, max: 3 }),
          roots: fc.integer({ min: 1, max: 4 }),
          fanOut: fc.integer({ min: 1, max: 3 }),
          depth: fc.integer({ min: 1, max: 4 }),
          maxRetries: fc.constantFrom(0, 3),
          faults: fc.array(fc.record({ at: fc.nat(200), worker: fc.nat(2), isLost: fc.boolean() }), { maxLength: 3 }),
        }),
        (scenario) => growTrees(scenario),
      ),
      { numRuns: 300 },
    );
  });
});

interface TreeScenario {
  workers: number;
  roots: number;
  fanOut: number;
  depth: number;
  maxRetries: number;
  faults: { at: number; worker: number; isLost: boolean }[];
}

/** Workers that run one task a step: a task with levels under it submits its tasks and waits. */
function growTrees({ workers, roots, fanOut, depth, maxRetries, faults }: TreeScenario): void {
  const session = new Session();
  const { dispatcher } = session;
  const queues = new Map<string, string[]>();
  /** Of each task that waits: how many under it have not settled. */
  const open = new Map<number, number>();
  const parents = new Map<number, number>();
  let settled = 0;
  let leases = 0;
  const grant = (): void => {
    const lease = `L${leases++}`;
    queues.set(lease, []);
    session.grant(lease);
  };
  const submit = (level: number, parent: number | undefined): void => {
    if (parent !== undefined) parents.set(session.tasks.length, parent);
    session.submit(1, { depth: level, maxRetries });
  };
  const settle = (id: number): void => {
    settled++;
    const parent = parents.get(id);
    if (parent === undefined) return;
    const left = (open.get(parent) ?? 1) - 1;
    open.set(parent, left);
    const task = session.tasks[parent];
    if (left > 0 || task === undefined || task.state !== 'sent') return;
    open.delete(parent);
    dispatcher.onWaiting(task.lease, task.attempt, [parent], false);
    for (const done of session.results(task.lease, task.attempt, [parent])) if (done !== undefined) settle(done);
  };
  const hear = (): void => {
    for (const line of session.said()) {
      const [first = '', verb, ...rest] = line.split(' ');
      if (verb === 'runs') queues.get(first)?.push(...rest);
      else if (first === 'release') {
        queues.delete(verb ?? '');
        grant();
      } else if (verb === 'worker-died') settle(Number(first));
    }
  };
  for (let i = 0; i < workers; i++) grant();
  for (let i = 0; i < roots; i++) submit(0, undefined);
  hear();
  let step = 0;
  for (; dispatcher.counts.queued + dispatcher.counts.sent > 0 && step < 5000; step++) {
    for (const fault of faults.filter(({ at }) => at === step)) {
      const lease = [...queues.keys()][fault.worker];
      if (lease === undefined) continue;
      if (fault.isLost) {
        queues.delete(lease);
        dispatcher.onWorkerLost(lease, false);
        grant();
      } else dispatcher.onWorkerRecalled(lease);
      hear();
    }
    hear();
    for (const [lease, queue] of [...queues]) {
      const [id = -1, attempt = 0] = queue.shift()?.split('.').map(Number) ?? [];
      const task = session.tasks[id];
      if (task === undefined || task.attempt !== attempt || task.state !== 'sent') continue;
      const level = task.depth ?? 0;
      if (level < depth) {
        dispatcher.onWaiting(lease, attempt, [id], true);
        open.set(id, fanOut);
        for (let i = 0; i < fanOut; i++) submit(level + 1, id);
      } else {
        for (const done of session.results(lease, attempt, [id])) if (done !== undefined) settle(done);
      }
      hear();
    }
  }
  assert.deepEqual(session.unsettled(), [], `unsettled after ${step} steps`);
  assert.equal(settled, session.tasks.length);
}
