// Runs a worker's tasks, one after the other, in the order in which they came.
//
// Owns: the queue of what was received, the task that runs. Does not own: batching of answers (answer-writer.ts),
//   functions (function-table.ts), retries (the session).
// Callers: worker-main.ts.
//
// Invariants:
//   X1. One task at a time: the next begins when the one before has returned, or its promise has settled.
//   X2. Every task that was received is answered for once, by a result, a failure, or as skipped.
//   X3. Answers leave before a task that is expected to be long or was never timed, after a millisecond, and at the end.
//   X4. Between slices of a few milliseconds the event loop turns, so that a cancellation can come in.
//   X5. A fold holds a result across one call of the function only, and copies it where the function might overwrite it.

import { AsyncLocalStorage } from 'node:async_hooks';
import { ProtocolError } from '../errors.ts';
import type { Channel, Frame } from '../protocol/channel.ts';
import { nowMs } from '../protocol/clock.ts';
import { readFrame } from '../protocol/codec.ts';
import { readValue, readWholeValue, type ValueSource } from '../protocol/deserialization.ts';
import type { TaskId } from '../protocol/ids.ts';
import { asSessionMessages, type TaskRun } from '../protocol/messages.ts';
import { tags, type WireValue } from '../protocol/wire-value.ts';
import { AnswerWriter } from './answer-writer.ts';
import { FunctionTable, type WorkerFunction } from './function-table.ts';

/** How long tasks run before the event loop turns (X4), in milliseconds. */
const sliceMs = 4;
/** A task expected to take longer than this does not keep earlier answers waiting (X3), in milliseconds. */
const longTaskMs = 0.5;
/** Tasks shorter than this are not watched for stray rejections: watching would cost a part of them, in milliseconds. */
const watchedTaskMs = 0.1;

/** The tasks of one message, as far as they have run. */
interface Batch {
  readonly message: TaskRun;
  readonly entry: WorkerFunction;
  readonly combiner: WorkerFunction | undefined;
  readonly source: ValueSource;
  readonly shared: Frame['shared'];
  readonly receivedAt: number;
  next: number;
}

/** Neighbouring results combined so far. */
interface Fold {
  value: unknown;
  ids: TaskId[];
  runUs: number[];
  attempt: number;
  lastPosition: number;
}

/** What a stray rejection is attributed to. */
interface RunningTask {
  readonly id: TaskId;
  readonly attempt: number;
  /** A rejection that it left behind while it ran. */
  stray: { error: unknown } | undefined;
}

export class Executor {
  readonly #answers: AnswerWriter;
  readonly #functions = new FunctionTable();
  #batches: Batch[] = [];
  readonly #cancelled = new Set<TaskId>();
  #running = false;
  #fold: Fold | undefined;
  /** The watched task whose promise has not settled. */
  #awaited: RunningTask | undefined;
  readonly #tasks = new AsyncLocalStorage<RunningTask>();

  constructor(channel: Channel) {
    this.#answers = new AnswerWriter(channel);
    channel.onFrame = (frame) => this.#onFrame(frame);
  }

  #onFrame(frame: Frame): void {
    const receivedAt = nowMs();
    const reader = readFrame(frame.bytes);
    const source: ValueSource = { buffer: reader.buffer, byteOffset: reader.byteOffset };
    for (const message of asSessionMessages(reader.header)) {
      if (message.type === 'task.run') {
        // Functions are looked up now: one may be forgotten while tasks of it still wait.
        const entry = this.#functions.get(message.functionId);
        const combiner = message.combine && this.#functions.get(message.combine.functionId);
        this.#batches.push({ message, entry, combiner, source, shared: frame.shared, receivedAt, next: 0 });
      } else if (message.type === 'function.define') {
        this.#functions.define(message, asCaptures(readStored(message.captures, frame.shared, source)));
      } else if (message.type === 'function.forget') {
        this.#functions.forget(message.functionId);
      } else {
        this.#onCancel(message.ids);
      }
    }
    if (!this.#running) this.#run();
  }

  /**
   * Takes out what has not begun, and says so at once: what runs before it may take long, and a worker that does not
   * answer is ended. What runs is ended by the session if it must be.
   */
  #onCancel(ids: readonly TaskId[]): void {
    const wanted = new Set(ids);
    for (const { message, next } of this.#batches) {
      const taken = message.ids.filter((id, i) => i >= next && wanted.has(id) && !this.#cancelled.has(id));
      if (taken.length === 0) continue;
      for (const id of taken) this.#cancelled.add(id);
      this.#answers.addSkipped(message.attempt, taken, nowMs());
    }
    this.#flush();
  }

  /** Runs until nothing is left, a task has to be awaited, or the event loop should turn (X4). */
  #run(): void {
    this.#running = true;
    const sliceEnd = nowMs() + sliceMs;
    let watched = false;
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      const { message, entry } = batch;
      const pending = pendingDefinition(entry) ?? pendingDefinition(batch.combiner);
      if (pending !== undefined) {
        this.#flush();
        void pending.then(() => this.#run());
        return;
      }
      let now = nowMs();
      this.#endFold(now);
      this.#answers.batch = { receivedAt: batch.receivedAt, startedAt: now };
      while (batch.next < message.ids.length) {
        const i = batch.next++;
        const id = message.ids[i]!;
        if (this.#cancelled.size > 0 && this.#cancelled.delete(id)) continue; // answered for already
        if ((entry.expectedMs ?? longTaskMs) >= longTaskMs) this.#flush(); // X3
        watched = entry.expectedMs === undefined || entry.expectedMs >= watchedTaskMs;
        const task = watched ? runningTask(id, message.attempt) : undefined;
        const promise = this.#start(batch, i, task, now);
        if (promise !== undefined) {
          this.#flush();
          void promise.then(() => this.#continue(batch));
          return;
        }
        now = nowMs();
        if (now >= sliceEnd && batch.next < message.ids.length) {
          this.#flush();
          setImmediate(() => this.#run());
          return;
        }
        if (this.#answers.isDue(now)) this.#flush();
      }
      this.#batches.shift();
    }
    this.#running = false;
    // A rejection that a task left behind shows after this turn; its answer waits for it where it is watched.
    if (watched) setImmediate(() => this.#flush());
    else this.#flush();
  }

  #continue(batch: Batch): void {
    this.#awaited = undefined;
    if (batch.next >= batch.message.ids.length) this.#batches.shift();
    this.#run();
  }

  /** Runs one task; a promise when it has to be awaited. */
  #start(batch: Batch, i: number, task: RunningTask | undefined, startedAt: number): Promise<void> | undefined {
    try {
      const { callable } = batch.entry;
      if (typeof callable !== 'function') throw callable;
      const args = readArguments(batch, i);
      const result = task === undefined ? callable(...args) : this.#tasks.run(task, callable, ...args);
      if (isThenable(result)) return this.#await(result, batch, i, task, startedAt);
      this.#onReturn(batch, i, task, result, startedAt);
    } catch (error) {
      this.#onThrow(batch, i, error, startedAt);
    }
    return undefined;
  }

  async #await(
    result: PromiseLike<unknown>,
    batch: Batch,
    i: number,
    task: RunningTask | undefined,
    startedAt: number,
  ): Promise<void> {
    this.#awaited = task;
    try {
      const value = await result;
      this.#onReturn(batch, i, task, value, startedAt);
    } catch (error) {
      this.#onThrow(batch, i, error, startedAt);
    }
  }

  #onReturn(batch: Batch, i: number, task: RunningTask | undefined, value: unknown, startedAt: number): void {
    if (task?.stray !== undefined) throw task.stray.error;
    const { message } = batch;
    const endedAt = nowMs();
    const runMs = endedAt - startedAt;
    learn(batch.entry, runMs);
    if (batch.combiner === undefined) {
      this.#answers.addResult(message.attempt, message.ids[i]!, value, runMs, endedAt);
    } else {
      this.#addToFold(batch, batch.combiner, i, value, runMs, endedAt);
    }
  }

  #onThrow(batch: Batch, i: number, error: unknown, startedAt: number): void {
    const endedAt = nowMs();
    learn(batch.entry, endedAt - startedAt);
    this.#endFold(endedAt);
    this.#answers.addFailure(batch.message.attempt, batch.message.ids[i]!, error, endedAt - startedAt, endedAt);
  }

  #addToFold(
    { message, entry }: Batch,
    combiner: WorkerFunction,
    i: number,
    value: unknown,
    runMs: number,
    now: number,
  ): void {
    const { attempt } = message;
    const id = message.ids[i]!;
    const position = message.combine?.positions[i] ?? 0;
    const fold = this.#fold;
    if (fold === undefined || fold.attempt !== attempt || fold.lastPosition + 1 !== position) {
      this.#endFold(now);
      const kept = entry.resultOutlivesNextCall ? value : copyOfView(value); // X5
      this.#fold = { value: kept, ids: [id], runUs: [runMs * 1000], attempt, lastPosition: position };
      return;
    }
    if (typeof combiner.callable !== 'function') throw combiner.callable;
    const combined = combiner.callable(fold.value, value);
    if (isThenable(combined)) throw new TypeError(`combine "${combiner.name}" must return a value, not a promise`);
    fold.value = combiner.resultOutlivesNextCall ? combined : copyOfView(combined); // X5
    fold.ids.push(id);
    fold.runUs.push(runMs * 1000);
    fold.lastPosition = position;
  }

  #endFold(now: number): void {
    const fold = this.#fold;
    if (fold === undefined) return;
    this.#fold = undefined;
    try {
      this.#answers.addCombined(fold.attempt, fold.ids, fold.value, fold.runUs, now);
    } catch (error) {
      for (const id of fold.ids) this.#answers.addFailure(fold.attempt, id, error, 0, now);
    }
  }

  #flush(): void {
    this.#endFold(nowMs());
    this.#answers.flush();
  }

  /** A rejection that nobody handled: it fails the task it came from, or is told of when that has been answered. */
  onStrayError(error: unknown): void {
    const task = this.#tasks.getStore();
    const now = nowMs();
    if (task !== undefined && this.#awaited === task) {
      task.stray = { error };
    } else if (task !== undefined && this.#answers.retractResult(task.id)) {
      this.#answers.addFailure(task.attempt, task.id, error, 0, now);
    } else {
      this.#answers.addStrayError(error, now);
      this.#flush();
    }
  }
}

function runningTask(id: TaskId, attempt: number): RunningTask {
  return { id, attempt, stray: undefined };
}

function pendingDefinition(entry: WorkerFunction | undefined): Promise<void> | undefined {
  return entry?.callable instanceof Promise ? entry.callable : undefined;
}

function learn(entry: WorkerFunction, runMs: number): void {
  entry.expectedMs = entry.expectedMs === undefined ? runMs : 0.8 * entry.expectedMs + 0.2 * runMs;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function copyOfView(value: unknown): unknown {
  return value instanceof Float64Array || value instanceof Float32Array ? value.slice() : value;
}

function asCaptures(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new ProtocolError('Captures are not an object');
  return Object.fromEntries(Object.entries(value));
}

/** Reads a value that stands in the frame, or in memory that the frame refers to. */
function readStored(node: WireValue, shared: Frame['shared'], source: ValueSource): unknown {
  if (Array.isArray(node) && node.length === 2 && node[1] === tags.stored) {
    const bytes = shared[Number(node[0])];
    if (bytes === undefined) throw new ProtocolError('A frame refers to an object that did not come along');
    return readWholeValue(bytes);
  }
  return readValue(node, source);
}

function readArguments(batch: Batch, i: number): unknown[] {
  const { message, source, shared } = batch;
  const node = message.args[i] ?? null;
  const { objects } = message;
  const args =
    objects.length === 0
      ? readStored(node, shared, source)
      : readStored(node, shared, {
          ...source,
          resolveRef: (at) => readObject(objects[at] ?? null, shared, source),
        });
  if (!Array.isArray(args)) throw new ProtocolError('The arguments of a task are not an array');
  return args;
}

/** Each task reads the value anew, so that what one task changes no other sees; only raw bytes are shared. */
function readObject(node: WireValue, shared: Frame['shared'], source: ValueSource): unknown {
  if (Array.isArray(node) && node[1] === tags.stored) return readStored([...node], shared, source);
  const bytes = readValue(Array.isArray(node) ? [...node] : node, source);
  if (!(bytes instanceof Uint8Array)) throw new ProtocolError('An object in a frame is not a frame');
  return readWholeValue(bytes);
}
