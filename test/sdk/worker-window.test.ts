// The window against a plain list, with answers in any order, for any attempt, past the sizes where it gives back memory.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { DispatchTask } from '../../sdk/dispatcher.ts';
import { WorkerWindow } from '../../sdk/worker-window.ts';

function taskOf(id: number, attempt: number, loadMs: number, bytes: number): DispatchTask {
  return {
    id,
    attempt,
    loadMs,
    bytes,
    profile: { expectedMs: loadMs },
    maxRetries: 3,
    timeoutMs: undefined,
    state: 'sent',
    retries: 0,
    suspect: false,
    lease: 'A',
  };
}

/** `first` answers for the oldest, `any` for one in the middle, `wrong` for an attempt that is not there or was taken. */
type Step = { do: 'add' | 'first'; times: number } | { do: 'any' | 'wrong'; at: number };

const steps = (timesMax: number): fc.Arbitrary<Step[]> => {
  const times = fc.integer({ min: 1, max: timesMax });
  const at = fc.nat();
  return fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('add' as const, 'first' as const), times }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('any' as const, 'wrong' as const), at }) },
    ),
    { maxLength: 40, size: 'max' },
  );
};

function compare(list: readonly Step[]): void {
  const window = new WorkerWindow<DispatchTask>('A');
  const model: DispatchTask[] = [];
  const taken: DispatchTask[] = [];
  let made = 0;
  const takeAt = (place: number): void => {
    const [task] = model.splice(place, 1);
    if (task === undefined) {
      assert.equal(window.take(made, 1), undefined);
      return;
    }
    assert.equal(window.take(task.id, task.attempt), task);
    taken.push(task);
  };
  for (const step of list) {
    const at = 'at' in step ? step.at : 0;
    const place = at % Math.max(1, model.length);
    if (step.do === 'add') {
      for (let i = 0; i < step.times; i++) {
        const task = taskOf(made, 1 + (made % 3), 0.1 * (made % 7), made % 11);
        made++;
        model.push(task);
        window.add(task);
      }
    } else if (step.do === 'first') {
      for (let i = 0; i < step.times; i++) takeAt(0);
    } else if (step.do === 'any') {
      takeAt(place);
    } else {
      const task = model[place];
      if (task !== undefined) assert.equal(window.take(task.id, task.attempt + 1), undefined);
      const old = taken[at % Math.max(1, taken.length)];
      if (old !== undefined) assert.equal(window.take(old.id, old.attempt), undefined);
    }
    assert.equal(window.size, model.length);
    assert.deepEqual(window.tasks(), model);
    assert.equal(
      window.bytes,
      model.reduce((sum, task) => sum + task.bytes, 0),
    );
    const loadMs = model.reduce((sum, task) => sum + task.loadMs, 0);
    assert.ok(Math.abs(window.loadMs - loadMs) < 1e-6, `a load of ${window.loadMs} ms instead of ${loadMs}`);
    if (model.length === 0) assert.equal(window.loadMs, 0); // no drift is left
  }
}

describe('WorkerWindow', () => {
  test('holds what was added and not taken, in that order, with its weight', () => {
    fc.assert(
      fc.property(steps(5), (list) => compare(list)),
      { numRuns: 1000 },
    );
  });

  test('keeps its order where it gives back memory', () => {
    fc.assert(
      fc.property(steps(6000), (list) => compare([{ do: 'add', times: 6000 }, { do: 'first', times: 5000 }, ...list])),
      { numRuns: 20 },
    );
  });

  test('a task that is alone is so until it is taken', () => {
    const window = new WorkerWindow<DispatchTask>('A');
    window.add(taskOf(1, 1, 1, 1));
    window.alone = true;
    assert.equal(window.mayTakeMore, false);
    window.take(1, 1);
    assert.equal(window.alone, false);
    assert.equal(window.mayTakeMore, true);
  });

  test('WorkerWindow.killAt is the earliest grace of what must end, and never when that was done', () => {
    const window = new WorkerWindow<DispatchTask>('A');
    assert.equal(window.killAt, Number.POSITIVE_INFINITY);
    for (const id of [1, 2, 3]) {
      const task = taskOf(id, 1, 1, 1);
      window.add(task);
      task.state = 'cancelled';
      window.unwanted++;
      window.overdue.set(id, 100 * id);
    }
    assert.equal(window.killAt, 100);
    assert.equal(window.mayTakeMore, false);
    window.take(2, 1);
    assert.equal(window.killAt, 100);
    window.take(1, 1);
    assert.equal(window.killAt, 300);
    window.killed = true;
    assert.equal(window.killAt, Number.POSITIVE_INFINITY);
    window.take(3, 1);
    assert.equal(window.mayTakeMore, false);
  });
});
