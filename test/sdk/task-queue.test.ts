// The queue against the plainest queue there is: an array from which the dead are filtered.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TaskQueue } from '../../sdk/task-queue.ts';

interface Item {
  readonly id: number;
  state: 'queued' | 'settled';
}

type Step = { do: 'push' | 'putBack' | 'shift'; times: number } | { do: 'drop'; at: number };

const steps = (timesMax: number): fc.Arbitrary<Step[]> => {
  const times = fc.integer({ min: 1, max: timesMax });
  return fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('push' as const), times }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('putBack' as const), times }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('shift' as const), times }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const), at: fc.nat() }) },
    ),
    { maxLength: 40, size: 'max' },
  );
};

/** Does the steps with both queues; they must agree after each. */
function compare(list: readonly Step[]): void {
  const queue = new TaskQueue<Item>();
  let model: Item[] = [];
  let made = 0;
  const make = (): Item => ({ id: made++, state: 'queued' });
  for (const step of list) {
    if (step.do === 'drop') {
      const item = model[step.at % Math.max(1, model.length)];
      if (item === undefined) continue;
      item.state = 'settled';
      queue.drop();
      model = model.filter((other) => other !== item);
    } else {
      for (let i = 0; i < step.times; i++) {
        if (step.do === 'push') {
          const item = make();
          queue.push(item);
          model.push(item);
        } else if (step.do === 'putBack') {
          const item = make();
          queue.putBack(item);
          model.unshift(item);
        } else {
          const expected = model.shift();
          assert.equal(queue.peek(), expected);
          if (expected !== undefined) queue.shift();
        }
      }
    }
    assert.equal(queue.size, model.length);
    assert.deepEqual([...queue], model);
    assert.equal(queue.peek(), model[0]);
  }
}

describe('TaskQueue', () => {
  test('gives live entries in their order, what was put back first (Q1, Q2)', () => {
    fc.assert(
      fc.property(steps(5), (list) => compare(list)),
      { numRuns: 1000 },
    );
  });

  test('keeps its order where it gives back memory', () => {
    fc.assert(
      fc.property(steps(1500), (list) => compare(list)),
      { numRuns: 100 },
    );
  });

  test('an empty queue holds nothing, the dead included (Q3)', () => {
    const queue = new TaskQueue<Item>();
    const held = [true, false, true].map((back, id) => {
      const item: Item = { id, state: 'queued' };
      if (back) queue.putBack(item);
      else queue.push(item);
      return item;
    });
    for (const item of held) {
      item.state = 'settled';
      queue.drop();
    }
    assert.equal(queue.size, 0);
    for (const item of held) item.state = 'queued'; // a dead entry that is still held would show
    assert.deepEqual([...queue], []);
    assert.equal(queue.peek(), undefined);
  });
});
