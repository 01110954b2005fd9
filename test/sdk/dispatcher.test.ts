// The dispatcher alone, from a task's coming to its answer: windows, who travels alone, answers, retries, order.
// Each test ends with "nothing else was sent".

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FunctionProfile } from '../../sdk/function-profile.ts';
import { Session, sessionWith, type TaskSettings } from './dispatcher-session.ts';

describe('windows (D2)', () => {
  test('without workers nothing is sent', () => {
    const session = new Session();
    session.submit(3);
    assert.deepEqual(session.unsettled(), [0, 1, 2]);
    session.nothingElse({ queued: 3, workers: 0 });
  });

  test('the first task of a function travels alone; what it took sizes the window', () => {
    const session = sessionWith();
    const profile: FunctionProfile = { expectedMs: undefined };
    session.submit(100, { profile });
    assert.deepEqual(session.said(), ['A runs 0.1']);
    assert.deepEqual(session.results('A', 1, [0], 2), [0]);
    assert.equal(profile.expectedMs, 2);
    assert.deepEqual(session.said(), ['A runs 1.1 2.1 3.1 4.1 5.1']); // 10 ms
    session.nothingElse({ queued: 94, sent: 5 });
  });

  test('a new time moves the expectation by three tenths, and what is no time does not', () => {
    const session = sessionWith();
    const profile: FunctionProfile = { expectedMs: 1 };
    session.submit(4, { profile });
    assert.deepEqual(session.said(), ['A runs 0.1 1.1', 'A runs 2.1', 'A runs 3.1']);
    session.results('A', 1, [0, 1], 4);
    assert.equal(profile.expectedMs, 1.3);
    session.results('A', 1, [2], Number.NaN);
    session.results('A', 1, [3], -1);
    assert.equal(profile.expectedMs, 1.3);
    session.nothingElse();
  });

  test('a task that is longer than the window is sent, and nothing beside it', () => {
    const session = sessionWith();
    session.submit(2, { profile: { expectedMs: 50 } });
    assert.deepEqual(session.said(), ['A runs 0.1']);
    session.results('A', 1, [0]);
    assert.deepEqual(session.said(), ['A runs 1.1']);
    session.results('A', 1, [1]);
    session.nothingElse();
  });

  test('arguments and a count limit the window too', () => {
    const byBytes = sessionWith({ windowBytesMax: 25 });
    byBytes.submit(5);
    byBytes.submit(1, { bytes: 1000 });
    assert.deepEqual(byBytes.said(), ['A runs 0.1 1.1']); // 20 bytes
    byBytes.nothingElse({ queued: 4, sent: 2 });
    const byCount = sessionWith({ windowTasksMax: 3 });
    byCount.submit(100);
    assert.deepEqual(byCount.said(), ['A runs 0.1 1.1 2.1']);
    byCount.nothingElse({ queued: 97, sent: 3 });
  });

  test('a window is filled again when half of it is left, not before', () => {
    const session = sessionWith();
    session.submit(100);
    assert.deepEqual(session.said(), ['A runs 0.1 1.1 2.1 3.1 4.1 5.1 6.1 7.1 8.1 9.1']);
    session.results('A', 1, [0, 1, 2, 3]);
    assert.deepEqual(session.said(), []);
    session.results('A', 1, [4]);
    assert.deepEqual(session.said(), ['A runs 10.1 11.1 12.1 13.1 14.1']);
    session.nothingElse({ queued: 85, sent: 10 });
  });

  test('no worker takes more than half of an equal share, so that the end is even', () => {
    const session = new Session();
    session.grant('A', 'B');
    session.submit(8);
    const said = ['A runs 0.1 1.1', 'B runs 2.1 3.1', 'A runs 4.1', 'B runs 5.1', 'A runs 6.1', 'B runs 7.1'];
    assert.deepEqual(session.said(), said);
    session.nothingElse({ sent: 8, workers: 2 });
  });
});

describe('a worker that answers first', () => {
  test('takes its part of what is left, not all of it', () => {
    const session = new Session();
    session.grant('A', 'B');
    session.submit(10, { profile: { expectedMs: undefined } });
    assert.deepEqual(session.said(), ['A runs 0.1', 'B runs 1.1']);
    session.results('A', 1, [0], 0.7);
    assert.deepEqual(session.said(), ['A runs 2.1 3.1', 'A runs 4.1 5.1', 'A runs 6.1']);
    session.results('B', 1, [1], 0.7);
    assert.deepEqual(session.said(), ['B runs 7.1', 'B runs 8.1', 'B runs 9.1']);
    session.nothingElse({ sent: 8, workers: 2 });
  });
});

describe('Dispatcher.wantsMore()', () => {
  const unknown: FunctionProfile = { expectedMs: undefined };

  test('says so until enough tasks wait: few of unknown ones, many of short ones, some a worker of long ones', () => {
    const enough = ([expectedMs, waiting, workers]: [number | undefined, number, string[]]): void => {
      const session = new Session();
      const profile: FunctionProfile = { expectedMs };
      session.grant(...workers);
      session.submit(waiting - 1);
      assert.equal(session.dispatcher.wantsMore(profile, 1e6), true);
      session.submit(1);
      assert.equal(session.dispatcher.wantsMore(profile, 1e6), false);
    };
    enough([undefined, 64, []]);
    enough([0, 1024, ['A']]);
    enough([0.002, 1024, ['A']]);
    enough([1, 30, ['A', 'B', 'C']]); // 10 ms each
    enough([100, 12, ['A', 'B', 'C']]);
    enough([100, 4, []]);
  });

  test('says so to a stream that has few open tasks, whatever else waits', () => {
    const session = new Session();
    session.submit(5000);
    assert.deepEqual(
      [0, 63, 64].map((open) => session.dispatcher.wantsMore(unknown, open)),
      [true, true, false],
    );
    assert.deepEqual(
      [0, 9, 10].map((open) => session.dispatcher.wantsMore({ expectedMs: 1 }, open)),
      [true, true, false],
    );
    session.nothingElse({ queued: 5000, workers: 0 });
  });

  test('says so while fewer tasks wait than workers have', () => {
    const session = sessionWith({ windowMs: 1000, windowTasksMax: 2000 });
    const profile: FunctionProfile = { expectedMs: 0 };
    const wantsMore = (): boolean => session.dispatcher.wantsMore(profile, 1e6);
    session.submit(8000, { profile });
    session.said();
    const { queued, sent } = session.dispatcher.counts;
    assert.deepEqual({ queued, sent }, { queued: 6000, sent: 2000 });
    assert.equal(wantsMore(), false);
    for (let id = 2000; id < 6000; id++) session.cancel(id);
    assert.equal(wantsMore(), false);
    session.cancel(6000);
    assert.equal(wantsMore(), true);
    session.nothingElse({ queued: 1999, sent: 2000 });
  });
});

describe('who travels alone (D3)', () => {
  const reasons: [string, () => TaskSettings][] = [
    ['a function that was never timed', () => ({ profile: { expectedMs: undefined } })],
    ['a time limit', () => ({ timeoutMs: 1000 })],
    ['no retries', () => ({ maxRetries: 0 })],
  ];
  for (const [reason, settingsOf] of reasons) {
    test(`a task with ${reason} shares its worker with none before it and none after it`, () => {
      const session = sessionWith();
      session.submit(1);
      session.submit(1, settingsOf());
      session.submit(2);
      assert.deepEqual(session.said(), ['A runs 0.1']);
      session.results('A', 1, [0]);
      assert.deepEqual(session.said(), ['A runs 1.1']);
      session.results('A', 1, [1]);
      assert.deepEqual(session.said(), ['A runs 2.1', 'A runs 3.1']);
      session.results('A', 1, [2, 3]);
      session.nothingElse();
    });

    test(`without isolation a task with ${reason} travels with others`, () => {
      const session = sessionWith({ isolate: false });
      session.submit(4, settingsOf());
      session.said();
      session.nothingElse({ sent: 4 });
    });
  }

  test('tasks whose worker died go out one by one', () => {
    const session = sessionWith();
    session.submit(2);
    assert.deepEqual(session.said(), ['A runs 0.1', 'A runs 1.1']);
    session.dispatcher.onWorkerLost('A');
    session.grant('B');
    assert.deepEqual(session.said(), ['B runs 0.2']);
    session.results('B', 2, [0]);
    assert.deepEqual(session.said(), ['B runs 1.2']);
    session.results('B', 2, [1]);
    session.nothingElse();
  });

  test('tasks whose node died go out together, until they are on their last try', () => {
    const session = sessionWith();
    session.submit(2, { maxRetries: 2 });
    session.said();
    session.dispatcher.onWorkerLost('A', false);
    session.grant('B');
    assert.deepEqual(session.said(), ['B runs 0.2', 'B runs 1.2']);
    session.dispatcher.onWorkerLost('B', false);
    session.grant('C');
    assert.deepEqual(session.said(), ['C runs 0.3']);
    session.nothingElse({ queued: 1, sent: 1 });
  });
});

describe('answers (D1)', () => {
  test('a result counts once; under another attempt, lease or id it is dropped and counted', () => {
    const session = new Session();
    session.grant('A', 'B');
    session.submit(1);
    assert.deepEqual(session.said(), ['A runs 0.1']);
    assert.deepEqual(session.results('A', 2, [0]), [undefined]);
    assert.deepEqual(session.results('B', 1, [0]), [undefined]);
    assert.deepEqual(session.results('C', 1, [0]), [undefined]);
    assert.deepEqual(session.results('A', 1, [7, 0]), [undefined, 0]);
    assert.deepEqual(session.results('A', 1, [0]), [undefined]);
    session.nothingElse({ stale: 5, workers: 2 });
  });

  test('failures and skips that are stale change nothing and are counted', () => {
    const session = sessionWith();
    session.submit(1, { retryErrors: true });
    session.said();
    assert.equal(session.fail('A', 2, 0), undefined);
    assert.equal(session.fail('B', 1, 0), undefined);
    session.dispatcher.onSkipped('A', 2, [0]);
    session.dispatcher.onSkipped('B', 1, [0, 1]);
    session.nothingElse({ sent: 1, stale: 5 });
  });

  test('what a lost worker still answers is dropped, also while its tasks wait', () => {
    const session = sessionWith();
    session.submit(1);
    session.said();
    session.dispatcher.onWorkerLost('A');
    assert.deepEqual(session.results('A', 1, [0]), [undefined]);
    session.grant('B');
    assert.deepEqual(session.said(), ['B runs 0.2']);
    assert.deepEqual(session.results('A', 1, [0]), [undefined]);
    assert.deepEqual(session.results('B', 2, [0]), [0]);
    session.nothingElse({ stale: 2 });
  });

  test('a task that a worker took out unasked goes out again, in the old order', () => {
    const session = sessionWith();
    session.submit(2);
    session.said();
    session.dispatcher.onSkipped('A', 1, [0, 1]);
    assert.deepEqual(session.said(), ['A runs 0.2', 'A runs 1.2']);
    assert.equal(session.tasks[0]?.retries, 0);
    session.results('A', 2, [0, 1]);
    session.nothingElse();
  });
});

describe('retries (D4)', () => {
  test('a failure settles its task at once when its rules do not allow another try', () => {
    const session = sessionWith();
    session.submit(1);
    session.said();
    assert.equal(session.fail('A', 1, 0), 0);
    session.nothingElse();
  });

  test('a failure that may be retried goes out again, before all others, up to maxRetries', () => {
    const session = sessionWith({ windowTasksMax: 1 });
    session.submit(2, { retryErrors: true, maxRetries: 2 });
    assert.deepEqual(session.said(), ['A runs 0.1']);
    for (const attempt of [1, 2]) {
      assert.equal(session.fail('A', attempt, 0), undefined);
      assert.deepEqual(session.said(), [`A runs 0.${attempt + 1}`]);
    }
    assert.equal(session.fail('A', 3, 0), 0);
    assert.deepEqual(session.said(), ['A runs 1.1']);
    session.results('A', 1, [1]);
    session.nothingElse();
  });

  test('a task that kills every worker it meets ends after its retries; its neighbours live', () => {
    const session = sessionWith();
    session.submit(3, { maxRetries: 2 });
    session.said();
    session.dispatcher.onWorkerLost('A');
    session.grant('B');
    assert.deepEqual(session.said(), ['B runs 0.2']);
    session.dispatcher.onWorkerLost('B');
    session.grant('C');
    assert.deepEqual(session.said(), ['C runs 0.3']);
    session.dispatcher.onWorkerLost('C');
    assert.deepEqual(session.said(), ['0 worker-died at C']);
    session.grant('D');
    assert.deepEqual(session.said(), ['D runs 1.2']);
    session.results('D', 2, [1]);
    assert.deepEqual(session.said(), ['D runs 2.2']);
    session.results('D', 2, [2]);
    session.nothingElse();
  });

  test('a task without retries is never sent twice', () => {
    const session = sessionWith();
    session.submit(1, { maxRetries: 0, retryErrors: true });
    session.said();
    session.dispatcher.onWorkerLost('A', false);
    session.dispatcher.onWorkerLost('A', false);
    assert.deepEqual(session.said(), ['0 worker-died at A']);
    session.grant('B');
    session.nothingElse();
  });
});

describe('order (D5)', () => {
  test('tasks of a lost worker go before all others, in their old order', () => {
    const session = sessionWith();
    session.submit(20);
    assert.deepEqual(session.said(), ['A runs 0.1 1.1 2.1 3.1 4.1 5.1 6.1 7.1 8.1 9.1']);
    session.results('A', 1, [0, 1, 2, 3]);
    session.dispatcher.onWorkerLost('A', false);
    session.grant('B');
    assert.deepEqual(session.unsettled(), [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    assert.deepEqual(session.said(), ['B runs 4.2 5.2 6.2 7.2 8.2 9.2 10.1 11.1']);
    session.nothingElse({ queued: 8, sent: 8 });
  });

  test('a task that is submitted as the first goes before all that wait', () => {
    const session = sessionWith({ windowTasksMax: 1 });
    session.submit(3);
    session.said();
    session.submit(1, {}, true);
    session.results('A', 1, [0]);
    assert.deepEqual(session.said(), ['A runs 3.1']);
    session.nothingElse({ queued: 2, sent: 1 });
  });
});
