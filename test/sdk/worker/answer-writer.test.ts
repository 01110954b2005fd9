// What a worker answers, as its session reads it: results of every kind in one frame, each for its own task.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Frame } from '../../../sdk/protocol/channel.ts';
import { readFrame } from '../../../sdk/protocol/codec.ts';
import { asWorkerMessages, type TaskResults } from '../../../sdk/protocol/messages.ts';
import { writeArguments } from '../../../sdk/protocol/payload.ts';
import { settleResults } from '../../../sdk/settlement.ts';
import { type FunctionHandle, Task, type TaskRules, type TaskSink } from '../../../sdk/task.ts';
import { runTimesOf } from '../../../sdk/task-times.ts';
import { TimingsRecorder } from '../../../sdk/timings.ts';
import { AnswerWriter } from '../../../sdk/worker/answer-writer.ts';

const handle: FunctionHandle = {
  name: 'f',
  definition: undefined,
  ready: Promise.resolve(),
  profile: { expectedMs: undefined },
  calls: 0,
  error: undefined,
};
const rules: TaskRules = {
  name: 'f',
  maxRetries: 0,
  retryErrors: false,
  timeoutMs: undefined,
  combine: undefined,
  timings: undefined,
};

/** Answers as `answer` says, and gives the messages of its frame and what each task settled with, by its number. */
function answered(answer: (writer: AnswerWriter) => void, change = (_results: TaskResults): void => {}) {
  const frames: Frame[] = [];
  const writer = new AnswerWriter({ send: (frame) => frames.push(frame), onFrame: () => {}, setBusy: () => {} });
  answer(writer);
  writer.flush();
  const values: Record<number, unknown> = {};
  const sink: TaskSink = {
    onValue: ({ id }, value) => {
      values[id] = value;
    },
    onStored: () => assert.fail('nothing here is large'),
    onError: ({ id }, error) => {
      values[id] = error;
    },
  };
  const results: TaskResults[] = [];
  for (const frame of frames) {
    const reader = readFrame(frame.bytes);
    for (const message of asWorkerMessages(reader.header)) {
      if (message.type !== 'task.results') continue;
      results.push(message);
      change(message);
      const tasks = message.ids.map((id) => new Task(id, handle, rules, writeArguments([]), sink, 0, 0));
      const runUs = runTimesOf(message.runUs, reader);
      assert.equal(runUs.length, tasks.length);
      settleResults(tasks, { message, frame, reader, runUs, arrivedAt: 0 }, new TimingsRecorder());
    }
  }
  return { results, values };
}

describe('answers', () => {
  test('that are rows of one length are named together', () => {
    const { results, values } = answered((writer) => {
      for (let id = 1; id <= 3; id++) writer.addResult(1, id, Float64Array.of(id, -id), 0.1, 0);
    });
    assert.equal(results.length, 1);
    assert.deepEqual(results[0]?.values, []);
    assert.equal(results[0]?.rows?.length, 2);
    assert.deepEqual(values, { 1: Float64Array.of(1, -1), 2: Float64Array.of(2, -2), 3: Float64Array.of(3, -3) });
  });

  test('of other kinds and lengths stand between rows', () => {
    const given = [
      Float64Array.of(1, 2),
      Float64Array.of(3, 4),
      'a word',
      Float64Array.of(5, 6),
      Float64Array.of(7),
      new Float64Array(),
      Uint8Array.of(8),
      { inside: Float64Array.of(9) },
      undefined,
    ];
    for (let first = 0; first < given.length; first++) {
      const order = [...given.slice(first), ...given.slice(0, first)];
      const { results, values } = answered((writer) => {
        for (const [id, value] of order.entries()) writer.addResult(1, id, value, 0.1, 0);
      });
      assert.equal(results.length, 1, 'and all of them are one message');
      assert.deepEqual(Object.values(values), order);
    }
  });

  test('of another attempt, and after a failure, begin anew', () => {
    const { results, values } = answered((writer) => {
      writer.addResult(1, 1, Float64Array.of(1), 0.1, 0);
      writer.addResult(2, 2, Float64Array.of(2), 0.1, 0);
      writer.addFailure(2, 3, new Error('no'), 0.1, 0);
      writer.addResult(2, 4, Float64Array.of(4), 0.1, 0);
    });
    assert.deepEqual(
      results.map(({ attempt, ids }) => [attempt, ids]),
      [
        [1, [1]],
        [2, [2]],
        [2, [4]],
      ],
    );
    assert.deepEqual(values, { 1: Float64Array.of(1), 2: Float64Array.of(2), 4: Float64Array.of(4) });
  });

  test('that are taken back leave the rest as it was', () => {
    for (const taken of [1, 2, 3]) {
      const { values } = answered((writer) => {
        for (let id = 1; id <= 3; id++) writer.addResult(1, id, Float64Array.of(id), 0.1, 0);
        assert.equal(writer.retractResult(taken), true);
        assert.equal(writer.retractResult(taken), false);
        writer.addResult(1, 4, Float64Array.of(4), 0.1, 0);
      });
      const left = [1, 2, 3, 4].filter((id) => id !== taken);
      assert.deepEqual(values, Object.fromEntries(left.map((id) => [id, Float64Array.of(id)])));
    }
    const { values } = answered((writer) => {
      writer.addResult(1, 1, Float64Array.of(1), 0.1, 0);
      writer.retractResult(1);
      writer.addResult(1, 2, Float64Array.of(2, 2), 0.1, 0);
    });
    assert.deepEqual(values, { 2: Float64Array.of(2, 2) });
  });

  test('whose rows lie outside of their frame fail their tasks', () => {
    const write = (writer: AnswerWriter): void => writer.addResult(1, 1, Float64Array.of(1), 0.1, 0);
    for (const rows of [
      { offset: 1e9, length: 1 },
      { offset: -8, length: 1 },
      { offset: 4, length: 1 },
      { offset: 16, length: 1e12 },
      { offset: 16, length: -1 },
    ]) {
      const { values } = answered(write, (message) => {
        message.rows = rows;
      });
      assert.match(String(values[1]), /ProtocolError: Cannot read a value/);
    }
  });
});
