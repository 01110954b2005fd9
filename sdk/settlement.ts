// From an accepted answer of a worker to the sinks of its tasks.
//
// Owns: reading the values, taking the times. Does not own: which tasks count (the dispatcher). Callers: worker-pool.ts.

import { asPlace } from './cluster/object-place.ts';
import { GridbookError } from './errors.ts';
import type { Frame } from './protocol/channel.ts';
import type { FrameReader } from './protocol/codec.ts';
import { readFloat64, readValue, readWholeValue } from './protocol/deserialization.ts';
import type { TaskCombined, TaskResults } from './protocol/messages.ts';
import { rowOffset } from './protocol/result-rows.ts';
import { tags, type WireValue } from './protocol/wire-value.ts';
import type { CallTimes, Task } from './task.ts';
import { stageTimesOf } from './task-times.ts';
import { asError } from './text-of.ts';
import type { TimingsRecorder } from './timings.ts';

/** What comes with an answer. */
export interface Arrival {
  readonly frame: Frame;
  readonly reader: FrameReader;
  /** What each task took, in microseconds. */
  readonly runUs: Float32Array;
  readonly arrivedAt: number;
}

/** An answer with the frame that it stands in. */
export interface Answer<M> extends Arrival {
  readonly message: M;
}

/**
 * Settles tasks with their results.
 *
 * @param accepted - parallel to the answer's ids; undefined where the answer is to be dropped.
 * @returns how many were settled.
 */
export function settleResults(
  accepted: readonly (Task | undefined)[],
  answer: Answer<TaskResults>,
  timings: TimingsRecorder,
): number {
  const { message, frame, reader, runUs } = answer;
  const { rows } = message;
  let count = 0;
  let elapsedMs = 0;
  for (let i = 0; i < accepted.length; i++) {
    const task = accepted[i];
    const runMs = (runUs[i] ?? 0) / 1000;
    if (task !== undefined) {
      count++;
      if (rows === undefined) settleValue(task, message.values[i] ?? null, frame, reader);
      else settleRow(task, rowOffset(rows, i), rows.length, reader);
      if (task.times !== undefined) record(task, task.times, answer, elapsedMs, runMs, timings);
    }
    elapsedMs += runMs;
  }
  timings.count(count);
  return count;
}

/**
 * Settles neighbours with the one value that stands for all of them.
 *
 * @param accepted - as for `settleResults`; all are settled or none, for no task of a map is cancelled by itself.
 * @returns how many were accepted.
 */
export function settleCombined(
  accepted: readonly (Task | undefined)[],
  answer: Answer<TaskCombined>,
  timings: TimingsRecorder,
): number {
  const { message, frame, reader, runUs } = answer;
  const tasks = accepted.filter((task) => task !== undefined);
  const [first] = tasks;
  if (first === undefined || tasks.length < accepted.length) return tasks.length;
  const bytes = storedBytes(message.value, frame);
  try {
    first.sink.onCombined?.(tasks, bytes === undefined ? readValue(message.value, reader) : readWholeValue(bytes));
  } catch (error) {
    for (const task of tasks) task.sink.onError(task, asError(error));
  }
  let elapsedMs = 0;
  for (let i = 0; i < tasks.length; i++) {
    const task = tasks[i]!;
    const runMs = (runUs[i] ?? 0) / 1000;
    if (task.times !== undefined) record(task, task.times, answer, elapsedMs, runMs, timings);
    elapsedMs += runMs;
  }
  timings.count(tasks.length);
  return tasks.length;
}

function settleValue(task: Task, node: WireValue, frame: Frame, reader: FrameReader): void {
  let value: unknown;
  try {
    if (isStored(node)) {
      settleStored(task, node, frame);
      return;
    }
    value = readValue(node, reader);
  } catch (error) {
    task.sink.onError(task, asError(error));
    return;
  }
  task.sink.onValue(task, value);
}

function settleRow(task: Task, offset: number, length: number, reader: FrameReader): void {
  let value: unknown;
  try {
    value = readFloat64(reader, offset, length);
  } catch (error) {
    task.sink.onError(task, asError(error));
    return;
  }
  task.sink.onValue(task, value);
}

/** @throws ProtocolError and others when what is stored cannot be read; the sink has not taken the task then. */
function settleStored(task: Task, node: WireValue[], frame: Frame): void {
  const { sink } = task;
  const bytes = storedBytes(node, frame);
  if (Array.isArray(node[0])) {
    if (sink.onKept === undefined) throw new GridbookError('The result was left where nobody fetches it');
    sink.onKept(task, asPlace(node[0]));
  } else if (bytes !== undefined) {
    sink.onStored(task, { bytes });
  } else {
    throw new GridbookError('The result did not come along with its answer');
  }
}

function isStored(node: WireValue): node is WireValue[] {
  return Array.isArray(node) && node.length === 2 && node[1] === tags.stored;
}

function storedBytes(node: WireValue, { shared }: Frame): Frame['shared'][number] | undefined {
  return isStored(node) ? shared[Number(node[0])] : undefined;
}

function record(
  task: Task,
  called: CallTimes,
  { message, arrivedAt }: Answer<TaskResults | TaskCombined>,
  elapsedMs: number,
  runMs: number,
  timings: TimingsRecorder,
): void {
  const times = stageTimesOf(called, message, elapsedMs, runMs, arrivedAt);
  timings.record(times);
  task.rules.timings?.record(times);
}
