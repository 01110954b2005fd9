// The line of an actor's calls, whatever comes first: arguments, cancelling, a hold.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CallsInOrder } from '../../sdk/calls-in-order.ts';
import { CancelledError } from '../../sdk/index.ts';
import { writeArguments } from '../../sdk/protocol/payload.ts';
import { Task } from '../../sdk/task.ts';

const handle = {
  name: 'method',
  definition: undefined,
  ready: Promise.resolve(),
  profile: { expectedMs: undefined },
  calls: 0,
  error: undefined,
};
const rules = {
  name: 'method',
  maxRetries: 0,
  retryErrors: false,
  timeoutMs: undefined,
  combine: undefined,
  timings: undefined,
};

/** A line, what it let through, and what it failed. */
class Watched {
  readonly sent: number[] = [];
  readonly failed: number[] = [];
  readonly line = new CallsInOrder({
    expect: () => {},
    forgo: () => {},
    cancel: (task) => {
      this.failed.push(task.id);
      return undefined;
    },
    submit: (task) => this.sent.push(task.id),
  });

  task(id: number): Task {
    const sink = {
      onValue: () => {},
      onStored: () => {},
      onError: (task: Task) => this.failed.push(task.id),
    };
    return new Task(id, handle, rules, writeArguments([]), sink, 0, 0);
  }
}

type End = 'submit' | 'forgo' | 'cancel';

describe('CallsInOrder', () => {
  test('lets calls through in the order in which they were expected, without those that ended before', () => {
    const ends = fc.constantFrom<End>('submit', 'submit', 'submit', 'forgo', 'cancel');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(ends, fc.nat()), { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        (calls, isHeld) => {
          const watched = new Watched();
          const tasks = calls.map((_, id) => watched.task(id));
          if (isHeld) watched.line.hold();
          for (const each of tasks) watched.line.expect(each);
          const inTurn = calls.map(([end, when], id) => ({ end, when, id })).sort((a, b) => a.when - b.when);
          for (const { end, id } of inTurn) {
            if (end === 'cancel') watched.line.cancel(tasks[id]!, false, new CancelledError('no'));
            else watched.line[end](tasks[id]!);
          }
          if (isHeld) assert.deepEqual(watched.sent, []);
          watched.line.letGo();
          const of = (which: End): number[] => calls.flatMap(([end], id) => (end === which ? [id] : []));
          assert.deepEqual(watched.sent, of('submit'));
          assert.deepEqual(
            watched.failed.sort((a, b) => a - b),
            of('cancel'),
          );
          // Nothing is left of them: the next call goes at once.
          watched.line.submit(watched.task(1000));
          assert.equal(watched.sent.at(-1), 1000);
        },
      ),
    );
  });

  test('fail() settles those that wait, each once, and no other', () => {
    const watched = new Watched();
    const tasks = [1, 2, 3].map((id) => watched.task(id));
    watched.line.submit(tasks[0]!);
    watched.line.expect(tasks[1]!);
    watched.line.submit(tasks[2]!);
    watched.line.fail(new CancelledError('over'));
    watched.line.fail(new CancelledError('over'));
    assert.deepEqual([watched.sent, watched.failed], [[1], [2, 3]]);
  });
});
