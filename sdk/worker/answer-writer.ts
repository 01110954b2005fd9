// Collects what a worker answers and sends it in batches: a frame by size or after a millisecond or two, not one a task.
//
// Owns: the frame under construction, when it is full or old enough. Does not own: the order of tasks (executor.ts).
//
// Invariants:
//   A1. A result is copied into the frame when it is added, so that a function may reuse the memory it returned.
//   A2. A result that cannot travel becomes that task's failure and touches no other.

import { wirePlace } from '../cluster/object-place.ts';
import type { WorkerObjects } from '../cluster/objects-worker.ts';
import type { Channel } from '../protocol/channel.ts';
import { nowMs } from '../protocol/clock.ts';
import { buildFrame, bytesOf, FrameWriter, type Segment } from '../protocol/codec.ts';
import type { TaskId } from '../protocol/ids.ts';
import type {
  TaskCombined,
  TaskFailed,
  TaskOutputMessage,
  TaskResults,
  TaskWaiting,
  WorkerToSession,
} from '../protocol/messages.ts';
import { allocateShared, storedBytesMin } from '../protocol/payload.ts';
import { isNextRow, spreadRows } from '../protocol/result-rows.ts';
import { type ValueSink, writeValue } from '../protocol/serialization.ts';
import { tags, type WireValue } from '../protocol/wire-value.ts';
import { textOf } from '../text-of.ts';

/** A frame of answers is sent when its raw bytes reach this. */
const frameBytesEnough = 256 * 1024;
/** Or when its first answer is this old, in milliseconds. */
const answerAgeMaxMs = 1;
/** The same while so much work waits that nobody is short of any soon: fewer frames wake the session less often. */
const answerAgeMaxBusyMs = 2.5;
/** So much work, in milliseconds. */
const busyFromMs = 4;

/** When the batch that the next answers belong to was received and begun. */
export interface BatchStart {
  receivedAt: number;
  startedAt: number;
}

/** A result's views, in place, until it is known whether they go into the frame or into shared memory. */
class ResultViews implements ValueSink {
  readonly segments: Segment[] = [];
  byteLength = 0;

  addView(node: WireValue[], bytes: Uint8Array): void {
    this.segments.push({ node, bytes });
    this.byteLength += bytes.byteLength;
  }

  addRef(): boolean {
    return false;
  }
}

export class AnswerWriter {
  readonly #channel: Channel;
  readonly #objects: WorkerObjects | undefined;
  #frame: FrameWriter | undefined;
  #bytesExpected = 1024;
  #ageMaxMs = answerAgeMaxMs;
  #messages: WorkerToSession[] = [];
  #shared: Uint8Array<SharedArrayBuffer>[] = [];
  #results: TaskResults | undefined;
  #runUs: number[] = [];
  #firstAt = 0;
  /** The batch of the answers that come next. */
  #batch: BatchStart = { receivedAt: 0, startedAt: 0 };

  /** @param objects - where large results may stay, if there is such a place. */
  constructor(channel: Channel, objects?: WorkerObjects) {
    this.#objects = objects;
    this.#channel = channel;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** Whether the answers so far should leave now. */
  isDue(now: number): boolean {
    if (this.#messages.length === 0) return false;
    return now - this.#firstAt >= this.#ageMaxMs || (this.#frame?.byteLength ?? 0) >= frameBytesEnough;
  }

  /**
   * The next answers belong to another batch.
   *
   * @param leftMs - how much work is expected to be left on this worker, in milliseconds.
   */
  beginBatch(batch: BatchStart, leftMs: number): void {
    this.#batch = batch;
    this.#ageMaxMs = leftMs >= busyFromMs ? answerAgeMaxBusyMs : answerAgeMaxMs;
  }

  /**
   * Adds a task's result.
   *
   * @param keep - whether a large one may stay in the node's store.
   * @throws SerializationError when it cannot travel, ResourceError when it cannot be kept (A2).
   */
  addResult(attempt: number, id: TaskId, value: unknown, runMs: number, now: number, keep = false): void {
    const row = value instanceof Float64Array && value.byteLength < storedBytesMin ? value : undefined;
    const node = row === undefined ? this.#write(value, keep) : null;
    let results = this.#results;
    if (results === undefined || results.attempt !== attempt) {
      this.#endResults();
      const { receivedAt, startedAt } = this.#batch;
      results = {
        type: 'task.results',
        attempt,
        ids: [],
        values: [],
        runUs: null,
        receivedAt,
        startedAt,
        flushedAt: 0,
      };
      this.#results = results;
      this.#push(results, now);
    }
    if (row === undefined) {
      spreadRows(results);
      results.values.push(node);
    } else {
      this.#addRow(results, row);
    }
    results.ids.push(id);
    this.#runUs.push(runMs * 1000);
  }

  #addRow(results: TaskResults, row: Float64Array): void {
    const { length } = row;
    const offset = this.#writer().addFloat64(row);
    if (results.ids.length === 0) {
      results.rows = { offset, length };
    } else if (!isNextRow(results, offset, length)) {
      spreadRows(results);
      results.values.push([offset, length, tags.float64Array]);
    }
  }

  /** Adds one result for several neighbours. @throws SerializationError when it cannot travel (A2). */
  addCombined(attempt: number, ids: TaskId[], value: unknown, runUs: readonly number[], now: number): void {
    const node = this.#write(value);
    this.#endResults();
    const { receivedAt, startedAt } = this.#batch;
    const message: TaskCombined = {
      type: 'task.combined',
      attempt,
      ids,
      value: node,
      runUs: this.#timesNode(runUs),
      receivedAt,
      startedAt,
      flushedAt: 0,
    };
    this.#push(message, now);
  }

  /**
   * Adds a task's failure. The error always travels, if only as its text.
   *
   * @param lost - the object among its arguments that could not be had.
   */
  addFailure(attempt: number, id: TaskId, error: unknown, runMs: number, now: number, lost?: string): void {
    this.#endResults();
    const { receivedAt, startedAt } = this.#batch;
    const wire = this.#writeError(error);
    const failed: TaskFailed = {
      type: 'task.failed',
      attempt,
      id,
      error: wire,
      runMs,
      receivedAt,
      startedAt,
      flushedAt: 0,
    };
    if (lost !== undefined) failed.lost = lost;
    this.#push(failed, now);
  }

  /** Takes back a result that has not left yet; false when there is none of this task. */
  retractResult(id: TaskId): boolean {
    for (const message of this.#messages) {
      const at = message.type === 'task.results' ? message.ids.indexOf(id) : -1;
      if (at < 0 || message.type !== 'task.results') continue;
      spreadRows(message);
      message.ids.splice(at, 1);
      message.values.splice(at, 1);
      if (message === this.#results) this.#runUs.splice(at, 1);
      return true;
    }
    return false;
  }

  addSkipped(attempt: number, ids: TaskId[], now: number): void {
    this.#endResults();
    this.#push({ type: 'task.skipped', attempt, ids }, now);
  }

  /** A task begins to wait for its own tasks, or goes on. */
  addWaiting(type: TaskWaiting['type'], attempt: number, id: TaskId, now: number): void {
    this.#endResults();
    this.#push({ type, attempt, ids: [id] }, now);
  }

  /** The worker is to end. */
  addLeaving(now: number): void {
    this.#endResults();
    this.#push({ type: 'worker.leaving' }, now);
  }

  addStrayError(error: unknown, now: number): void {
    this.#endResults();
    this.#push({ type: 'worker.stray-error', error: this.#writeError(error) }, now);
  }

  #push(message: WorkerToSession, now: number): void {
    if (this.#messages.length === 0) this.#firstAt = now;
    this.#messages.push(message);
  }

  #writeError(error: unknown): WireValue {
    try {
      return this.#write(error);
    } catch {
      return this.#write(new Error(`What was thrown cannot travel: ${textOf(error)}`));
    }
  }

  #writer(): FrameWriter {
    this.#frame ??= new FrameWriter(this.#bytesExpected, this.#channel.takeMemory?.(this.#bytesExpected));
    return this.#frame;
  }

  #write(value: unknown, keep = false): WireValue {
    if (value instanceof Float64Array && value.byteLength < storedBytesMin) {
      return [this.#writer().addFloat64(value), value.length, tags.float64Array];
    }
    const views = new ResultViews();
    const node = writeValue(value, views, 'result');
    if (views.byteLength >= storedBytesMin) {
      if (keep && this.#objects !== undefined) {
        const bytes = buildFrame(views.segments, node);
        return [wirePlace(this.#objects.write(bytes)), tags.stored];
      }
      this.#shared.push(buildFrame(views.segments, node, allocateShared));
      return [this.#shared.length - 1, tags.stored];
    }
    for (const { node: place, bytes } of views.segments) place[0] = this.#writer().addSegment(bytes);
    return node;
  }

  #timesNode(runUs: readonly number[]): WireValue {
    const bytes = bytesOf(new Float32Array(runUs));
    return [this.#writer().addSegment(bytes), runUs.length, tags.float32Array];
  }

  #endResults(): void {
    if (this.#results === undefined) return;
    this.#results.runUs = this.#timesNode(this.#runUs);
    this.#results = undefined;
    this.#runUs = [];
  }

  /** Tells what a task printed, at once. */
  sendOutput(id: TaskId | null, stream: 'stdout' | 'stderr', text: string): void {
    const message: TaskOutputMessage = { type: 'task.output', id, stream, text };
    this.#channel.send({ bytes: new FrameWriter(1024).finish([message]), shared: [] });
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#messages.length === 0) return;
    this.#endResults();
    const flushedAt = nowMs();
    for (const message of this.#messages) if ('flushedAt' in message) message.flushedAt = flushedAt;
    const bytes = this.#writer().finish(this.#messages);
    // The next frame is likely as large as this one or those before: growing costs a copy, too much room the receiver's.
    const likely = Math.max((bytes.byteLength * 9) / 8, (this.#bytesExpected * 7) / 8);
    this.#bytesExpected = Math.min(2 * frameBytesEnough, Math.ceil(likely));
    const shared = this.#shared;
    this.#frame = undefined;
    this.#messages = [];
    this.#shared = [];
    this.#channel.send({ bytes, shared });
  }
}
