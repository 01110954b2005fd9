// The dispatcher alone, where a task or a worker ends before its time: cancellation, limits, kills, recalls.
// Each test ends with "nothing else was sent".

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Session, sessionWith } from './dispatcher-session.ts';

describe('Dispatcher.onCancel()', () => {
  test('takes a task out of the queue', () => {
    const session = sessionWith({ windowTasksMax: 1 });
    session.submit(3);
    session.said();
    assert.equal(session.cancel(1, true), true);
    assert.equal(session.cancel(1, true), false);
    assert.deepEqual(session.unsettled(), [0, 2]);
    session.results('A', 1, [0]);
    assert.deepEqual(session.said(), ['A runs 2.1']);
    session.results('A', 1, [2]);
    session.nothingElse();
  });

  test('does nothing with a task that has settled or never came', () => {
    const session = sessionWith();
    session.submit(1);
    session.said();
    session.results('A', 1, [0]);
    assert.equal(session.cancel(0, true), false);
    session.tasks[0]!.state = 'new';
    assert.equal(session.cancel(0, true), false);
    session.nothingElse();
  });

  test('tells the worker of tasks that were sent, in one frame, and drops what it answers', () => {
    const session = sessionWith();
    session.submit(4);
    session.said();
    for (const id of [0, 2, 3]) assert.equal(session.cancel(id), true);
    assert.equal(session.cancel(2), false);
    assert.deepEqual(session.unsettled(), [1]);
    assert.deepEqual(session.said(), ['A cancels 0 2 3']);
    assert.deepEqual(session.results('A', 1, [0, 1]), [undefined, 1]);
    assert.equal(session.fail('A', 1, 2), undefined);
    session.dispatcher.onSkipped('A', 1, [3]);
    session.nothingElse();
  });

  test('without force a task may go on; it is not sent again when its worker is lost', () => {
    const session = sessionWith();
    session.submit(1);
    session.said();
    session.cancel(0);
    assert.deepEqual(session.said(), ['A cancels 0']);
    assert.equal(session.dispatcher.nextDeadline, undefined);
    session.dispatcher.onWorkerLost('A');
    session.nothingElse({ workers: 0 });
  });

  test('a cancelled task that fails is not retried', () => {
    const session = sessionWith();
    session.submit(1, { retryErrors: true });
    session.said();
    session.cancel(0);
    session.said();
    assert.equal(session.fail('A', 1, 0), undefined);
    session.nothingElse();
  });

  test('with force the worker is killed after the grace; its other tasks go out again for free', () => {
    const session = sessionWith({ graceMs: 250 });
    session.submit(3, { maxRetries: 1 });
    session.said();
    session.now = 100;
    session.cancel(0, true);
    session.submit(1);
    assert.deepEqual(session.said(), ['A cancels 0']);
    assert.equal(session.dispatcher.nextDeadline, 350);
    session.tick(349);
    assert.deepEqual(session.said(), []);
    session.tick(350);
    assert.deepEqual(session.said(), ['kill A']);
    assert.equal(session.dispatcher.nextDeadline, undefined);
    session.tick(1000);
    session.dispatcher.onWorkerLost('A');
    session.grant('B');
    assert.equal(session.tasks[1]?.retries, 0);
    assert.deepEqual(session.said(), ['B runs 1.2 2.2', 'B runs 3.1']);
    session.nothingElse({ sent: 3 });
  });

  test('with force after all, the grace begins then, and once: the task had settled before', () => {
    const session = sessionWith({ graceMs: 250 });
    session.submit(2);
    session.said();
    assert.equal(session.cancel(0), true);
    assert.deepEqual(session.said(), ['A cancels 0']);
    session.now = 1000;
    assert.equal(session.cancel(0, true), false);
    session.now = 1100;
    assert.equal(session.cancel(0, true), false);
    assert.deepEqual(session.said(), []);
    assert.equal(session.dispatcher.nextDeadline, 1250);
    session.tick(1250);
    assert.deepEqual(session.said(), ['kill A']);
    assert.equal(session.cancel(0, true), false);
    session.dispatcher.onWorkerLost('A');
    session.nothingElse({ queued: 1, workers: 0 });
  });

  test('a worker that answers within the grace is kept and works on', () => {
    const session = sessionWith();
    session.submit(2);
    session.said();
    session.cancel(0, true);
    session.submit(1);
    assert.deepEqual(session.said(), ['A cancels 0']);
    session.results('A', 1, [0]);
    assert.deepEqual(session.said(), ['A runs 2.1']);
    session.tick(10_000);
    session.nothingElse({ sent: 2 });
  });

  test('each task has a grace of its own', () => {
    const session = sessionWith({ graceMs: 250 });
    session.submit(2);
    session.said();
    session.cancel(0, true);
    session.now = 200;
    session.cancel(1, true);
    assert.deepEqual(session.said(), ['A cancels 0 1']);
    session.dispatcher.onSkipped('A', 1, [0]);
    assert.equal(session.dispatcher.nextDeadline, 450);
    session.tick(449);
    assert.deepEqual(session.said(), []);
    session.tick(450);
    assert.deepEqual(session.said(), ['kill A']);
    session.nothingElse({ sent: 1 });
  });

  test('a worker that dies by itself within the grace costs its tasks a retry', () => {
    const session = sessionWith();
    session.submit(2);
    session.said();
    session.cancel(0, true);
    session.said();
    session.dispatcher.onWorkerLost('A');
    assert.equal(session.tasks[1]?.retries, 1);
    session.nothingElse({ queued: 1, workers: 0 });
  });

  test('a worker that is being killed gets nothing more, whatever it still answers', () => {
    const session = sessionWith();
    session.submit(3, { maxRetries: 1 });
    session.said();
    session.cancel(0, true);
    session.said();
    session.tick(250);
    assert.deepEqual(session.said(), ['kill A']);
    session.submit(1);
    assert.deepEqual(session.results('A', 1, [0, 1]), [undefined, 1]);
    assert.deepEqual(session.said(), []);
    session.dispatcher.onWorkerRecalled('A');
    assert.deepEqual(session.results('A', 1, [2]), [2]);
    assert.deepEqual(session.said(), []); // not released: its loss will be told
    session.dispatcher.onWorkerLost('A');
    session.nothingElse({ queued: 1, workers: 0 });
  });

  test('a kill does not send again what may run only once', () => {
    const session = sessionWith({ isolate: false });
    session.submit(2, { maxRetries: 0 });
    session.said();
    session.cancel(1, true);
    session.tick(250);
    assert.deepEqual(session.said(), ['A cancels 1', 'kill A']);
    session.dispatcher.onWorkerLost('A');
    assert.deepEqual(session.said(), ['0 worker-died at A']);
    session.grant('B');
    session.nothingElse();
  });
});

describe('time limits', () => {
  test('a limit counts from the sending of each attempt and ends with its answer', () => {
    const session = sessionWith();
    session.submit(1, { timeoutMs: 100, retryErrors: true });
    assert.equal(session.dispatcher.nextDeadline, undefined);
    session.now = 50;
    assert.deepEqual(session.said(), ['A runs 0.1']);
    assert.equal(session.dispatcher.nextDeadline, 150);
    session.now = 120;
    session.fail('A', 1, 0);
    assert.equal(session.dispatcher.nextDeadline, undefined);
    assert.deepEqual(session.said(), ['A runs 0.2']);
    assert.equal(session.dispatcher.nextDeadline, 220);
    session.tick(219);
    session.results('A', 2, [0]);
    session.nothingElse();
  });

  test('a task over its limit is settled once, and its worker is killed after the grace', () => {
    const session = sessionWith({ graceMs: 250 });
    session.submit(1, { timeoutMs: 100 });
    session.said();
    session.tick(100);
    assert.deepEqual(session.said(), ['A cancels 0', '0 timed-out at A']);
    assert.equal(session.cancel(0, true), false);
    assert.equal(session.dispatcher.nextDeadline, 350);
    session.tick(350);
    assert.deepEqual(session.said(), ['kill A']);
    session.dispatcher.onWorkerLost('A');
    session.nothingElse({ workers: 0 });
  });

  test('the limit of a task goes with its worker', () => {
    const session = sessionWith();
    session.submit(1, { timeoutMs: 100 });
    session.said();
    session.dispatcher.onWorkerLost('A');
    assert.equal(session.dispatcher.nextDeadline, undefined);
    session.tick(1000);
    session.nothingElse({ queued: 1, workers: 0 });
  });

  test('the limit still ends a task that was cancelled without force and runs on', () => {
    const session = sessionWith({ graceMs: 250 });
    session.submit(1, { timeoutMs: 100 });
    session.said();
    session.cancel(0);
    assert.deepEqual(session.said(), ['A cancels 0']);
    session.tick(100);
    assert.deepEqual(session.said(), []);
    session.tick(350);
    assert.deepEqual(session.said(), ['kill A']);
    session.dispatcher.onWorkerLost('A');
    session.nothingElse({ workers: 0 });
  });
});

describe('Dispatcher.onWorkerRecalled()', () => {
  test('releases an idle worker at once', () => {
    const session = sessionWith();
    session.dispatcher.onWorkerRecalled('A');
    session.submit(1);
    assert.deepEqual(session.said(), ['release A']);
    session.dispatcher.onWorkerRecalled('A');
    session.dispatcher.onWorkerLost('A');
    session.nothingElse({ queued: 1, workers: 0 });
  });

  test('releases a busy worker when it has answered for all it holds, and gives it nothing more', () => {
    const session = new Session({ windowTasksMax: 2 });
    session.grant('A');
    session.submit(5);
    assert.deepEqual(session.said(), ['A runs 0.1 1.1']);
    session.dispatcher.onWorkerRecalled('A');
    session.cancel(1);
    session.results('A', 1, [0]);
    assert.deepEqual(session.said(), ['A cancels 1']);
    session.dispatcher.onSkipped('A', 1, [1]);
    assert.deepEqual(session.said(), ['release A']);
    assert.deepEqual(session.results('A', 1, [0]), [undefined]);
    session.nothingElse({ queued: 3, stale: 1, workers: 0 });
  });

  test('a recalled worker that is lost gives its tasks back and is not released', () => {
    const session = sessionWith();
    session.submit(1);
    session.said();
    session.dispatcher.onWorkerRecalled('A');
    session.dispatcher.onWorkerLost('A');
    session.grant('B');
    assert.deepEqual(session.said(), ['B runs 0.2']);
    session.results('B', 2, [0]);
    session.nothingElse();
  });
});

describe('Dispatcher.onWorkerCut()', () => {
  test('nothing more is sent to the worker, nor is it given back, until its loss is told: what waits costs no retry', () => {
    const session = sessionWith();
    session.submit(1);
    session.said();
    session.dispatcher.onWorkerCut('A');
    session.submit(1, { maxRetries: 0 });
    session.results('A', 1, [0]);
    session.dispatcher.onWorkerRecalled('A');
    assert.deepEqual(session.said(), []);
    session.dispatcher.onWorkerLost('A');
    session.grant('B');
    assert.deepEqual(session.said(), ['B runs 1.1']);
    session.results('B', 1, [1]);
    session.nothingElse();
  });

  test('nor to one that has a task which waits for its own tasks', () => {
    const session = sessionWith();
    session.submit(1);
    session.said();
    session.dispatcher.onWaiting('A', 1, [0], true);
    session.dispatcher.onWorkerCut('A');
    session.submit(1, { depth: 1 });
    session.dispatcher.onWaiting('A', 1, [0], false);
    assert.deepEqual(session.said(), []);
    session.dispatcher.onWorkerCut('B'); // one that is not there
    session.dispatcher.onWorkerLost('A', false);
    session.grant('B');
    assert.deepEqual(session.said(), ['B runs 1.1', 'B runs 0.2']);
    session.results('B', 1, [1]);
    session.results('B', 2, [0]);
    session.nothingElse();
  });
});
