// Runs a worker's tasks, one after the other, in the order in which they came.
//
// Owns: the queue of what was received, the task that runs. Does not own: batching of answers (answer-writer.ts),
//   functions (function-table.ts), retries (the session).
// Callers: worker-main.ts.
//
// Invariants:
//   X1. One task at a time: the next begins when the one before has returned, or its promise has settled, or it waits
//       for its own tasks: then it is parked, and goes on, beside what has begun meanwhile, as soon as they are there.
//   X2. Every task that was received is answered for once, by a result, a failure, or as skipped.
//   X3. Answers leave before a task that is expected to be long or was never timed, after a millisecond or two, and at the end.
//   X4. Between slices of a few milliseconds the event loop turns, so that a cancellation can come in.
//   X5. A fold holds a result across one call of the function only, and copies it where the function might overwrite it.
//   X6. One that leaves says so, and gives back as skipped what has not begun, and what still comes: its session hears of it
//       later than it does. While a task is parked it takes what comes, which may be what that one waits for. An actor's
//       calls can run nowhere else: those that are there still run, later ones are not answered for.

import { AsyncLocalStorage } from 'node:async_hooks';
import { asLostArgument, PlacedArguments } from '../cluster/objects-arguments.ts';
import type { WorkerObjects } from '../cluster/objects-worker.ts';
import type { Channel, Frame } from '../protocol/channel.ts';
import { nowMs } from '../protocol/clock.ts';
import { readFrame } from '../protocol/codec.ts';
import type { ValueSource } from '../protocol/deserialization.ts';
import type { TaskId } from '../protocol/ids.ts';
import { asSessionMessages, type TaskRun } from '../protocol/messages.ts';
import { readArguments, readCaptures, withShared } from '../protocol/task-values.ts';
import { AnswerWriter } from './answer-writer.ts';
import { type Batch, leftMsOf } from './batch.ts';
import { copyOfView, type Fold } from './fold.ts';
import { FunctionTable, learn, pendingDefinition, type WorkerFunction } from './function-table.ts';
import { type Nesting, setNesting } from './nesting.ts';
import { captureOutput } from './output-capture.ts';
import { type RunningTask, runningTask } from './running-task.ts';

/** How long tasks run before the event loop turns (X4), in milliseconds. */
const sliceMs = 4;
/** A task expected to take longer than this does not keep earlier answers waiting (X3), in milliseconds. */
const longTaskMs = 0.5;
/** Tasks shorter than this are not watched for stray rejections: watching would cost a part of them, in milliseconds. */
const watchedTaskMs = 0.1;

export class Executor {
  readonly #answers: AnswerWriter;
  readonly #objects: WorkerObjects | undefined;
  readonly #functions = new FunctionTable();
  /** Large values that tasks name by their numbers. */
  readonly #shared = new Map<number, Uint8Array>();
  #batches: Batch[] = [];
  readonly #cancelled = new Set<TaskId>();
  /** The loop runs, or will by itself. */
  #running = false;
  /** Tasks here have tasks of their own: all are watched, so that it is known which of them waits. */
  #nests = false;
  /** How many tasks with a promise keep others from beginning (X1). */
  #begun = 0;
  readonly #parked = new Map<TaskId, RunningTask>();
  #fold: Fold | undefined;
  /** The batch whose task is being called now, and that task, or the one whose promise is awaited. */
  #calling: Batch | undefined;
  #current: RunningTask | undefined;
  readonly #tasks = new AsyncLocalStorage<RunningTask | undefined>();
  readonly #nesting: Nesting;
  #isLeaving = false;

  /** @param objects - the store of its node, if there is one. */
  constructor(channel: Channel, objects?: WorkerObjects) {
    this.#objects = objects;
    this.#answers = new AnswerWriter(channel, objects);
    channel.onFrame = (frame) => this.#onFrame(frame);
    this.#nesting = {
      send: (frame) => channel.send(frame),
      onAnswer: () => {},
      currentTask: () => {
        this.#nests = true;
        return this.#tasks.getStore() ?? this.#currentTask();
      },
      beginWait: (task) => this.#beginWait(task),
    };
    setNesting(this.#nesting);
  }

  /** Whether there is a task that it has not answered for. */
  get isBusy(): boolean {
    return this.#begun > 0 || this.#parked.size > 0 || this.#batches.length > 0;
  }

  get hasActor(): boolean {
    return this.#functions.hasActor;
  }

  /** X6 */
  leave(): void {
    this.#isLeaving = true;
    this.#answers.addLeaving(nowMs());
    if (this.#parked.size === 0) {
      for (const { message, entry, next } of this.#batches) this.#giveBack(message, entry, next);
      this.#batches = this.#batches.filter(({ entry }) => !entry.mayPark);
    }
    this.#flush();
  }

  #giveBack({ attempt, ids }: TaskRun, { mayPark }: WorkerFunction, from = 0): void {
    const left = mayPark ? ids.slice(from).filter((id) => !this.#cancelled.delete(id)) : [];
    if (left.length > 0) this.#answers.addSkipped(attempt, left, nowMs());
  }

  #onFrame(frame: Frame): void {
    const receivedAt = nowMs();
    const reader = readFrame(frame.bytes);
    const source: ValueSource = { buffer: reader.buffer, byteOffset: reader.byteOffset };
    for (const message of asSessionMessages(reader.header)) {
      if (message.type === 'task.run') {
        // Functions are looked up now: one may be forgotten while tasks of it still wait.
        const entry = this.#functions.get(message.functionId);
        if (this.#isLeaving && this.#parked.size === 0) {
          this.#giveBack(message, entry);
          continue;
        }
        const combiner = message.combine && this.#functions.get(message.combine.functionId);
        const placed = new PlacedArguments(message, this.#objects);
        const shared = withShared(message, frame.shared, this.#shared);
        this.#batches.push({ message, entry, combiner, source, shared, placed, receivedAt, next: 0 });
      } else if (message.type === 'function.define') {
        this.#functions.define(message, readCaptures(message.captures, frame.shared, source));
      } else if (message.type === 'function.forget') {
        this.#functions.forget(message.functionId);
      } else if (message.type === 'object.share') {
        const bytes = Array.isArray(message.value) ? frame.shared[Number(message.value[0])] : undefined;
        if (bytes !== undefined) this.#shared.set(message.object, bytes);
      } else if (message.type === 'object.forget') {
        for (const object of message.objects) this.#shared.delete(object);
      } else if (message.type === 'task.cancel') {
        this.#onCancel(message.ids);
      } else if (message.type === 'output.take') {
        captureOutput((stream, text) => this.#answers.sendOutput(this.#printing, stream, text));
      } else {
        this.#nesting.onAnswer(message, frame, reader);
      }
    }
    if (this.#isLeaving) this.#flush();
    this.#next();
  }

  #next(): void {
    if (!this.#running && this.#begun === 0) this.#run();
  }

  /**
   * Takes out what has not begun, and what is parked, and says so at once: what runs before it may take long, and a worker
   * that does not answer is ended. What runs is ended by the session if it must be.
   */
  #onCancel(ids: readonly TaskId[]): void {
    const wanted = new Set(ids);
    for (const { message, next } of this.#batches) {
      const taken = message.ids.filter((id, i) => i >= next && wanted.has(id) && !this.#cancelled.has(id));
      if (taken.length === 0) continue;
      for (const id of taken) this.#cancelled.add(id);
      this.#answers.addSkipped(message.attempt, taken, nowMs());
    }
    for (const id of ids) {
      const task = this.#parked.get(id);
      if (task === undefined) continue;
      this.#parked.delete(id);
      task.state = 'dropped';
      this.#answers.addSkipped(task.attempt, [id], nowMs());
    }
    this.#flush();
  }

  /** The task that prints now. */
  get #printing(): TaskId | null {
    const called = this.#calling?.message.ids[this.#calling.next - 1];
    return this.#tasks.getStore()?.id ?? called ?? this.#current?.id ?? null;
  }

  /** A short task is known here only when it is asked for. */
  #currentTask(): RunningTask | undefined {
    if (this.#current === undefined && this.#calling !== undefined) {
      const { message, entry, next } = this.#calling;
      this.#current = runningTask(message.ids[next - 1]!, message.attempt, entry.mayPark);
    }
    return this.#current;
  }

  #beginWait(task: RunningTask): () => void {
    task.waits++;
    if (task.isAwaited) this.#park(task);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--task.waits > 0 || task.state !== 'parked') return;
      this.#parked.delete(task.id);
      task.state = 'begun';
      this.#begun++;
      this.#current ??= task;
      this.#answers.addWaiting('task.resumed', task.attempt, task.id, nowMs());
      setImmediate(() => this.#flush()); // it may wait again at once
    };
  }

  #park(task: RunningTask): void {
    if (task.state !== 'begun' || !task.mayPark) return;
    task.state = 'parked';
    this.#begun--;
    if (this.#current === task) this.#current = undefined;
    this.#parked.set(task.id, task);
    this.#answers.addWaiting('task.waiting', task.attempt, task.id, nowMs());
    this.#flush();
    queueMicrotask(() => this.#next());
  }

  /** Runs until nothing is left, a task has to be awaited, or the event loop should turn (X4). */
  #run(): void {
    this.#running = true;
    const sliceEnd = nowMs() + sliceMs;
    let watched = false;
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      const { message, entry } = batch;
      const pending = pendingDefinition(entry) ?? pendingDefinition(batch.combiner) ?? batch.placed.bring();
      if (pending !== undefined) {
        this.#flush();
        void pending.then(() => this.#run());
        return;
      }
      let now = nowMs();
      this.#endFold(now);
      this.#answers.beginBatch({ receivedAt: batch.receivedAt, startedAt: now }, leftMsOf(this.#batches));
      while (batch.next < message.ids.length) {
        const i = batch.next++;
        const id = message.ids[i]!;
        if (this.#cancelled.size > 0 && this.#cancelled.delete(id)) continue; // answered for already
        if ((entry.expectedMs ?? longTaskMs) >= longTaskMs) this.#flush(); // X3
        watched = this.#nests || entry.expectedMs === undefined || entry.expectedMs >= watchedTaskMs;
        const task = watched ? runningTask(id, message.attempt, entry.mayPark) : undefined;
        if (this.#start(batch, i, task, now)) {
          if (batch.next >= message.ids.length) this.#batches.shift();
          this.#running = false;
          this.#flush();
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

  /** Runs one task; whether its promise has to be awaited. */
  #start(batch: Batch, i: number, watched: RunningTask | undefined, startedAt: number): boolean {
    this.#calling = batch;
    this.#current = watched;
    try {
      const { callable } = batch.entry;
      if (typeof callable !== 'function') throw callable;
      const { message, shared, source, placed } = batch;
      const args = readArguments(message, i, shared, source, placed.read);
      const result = watched === undefined ? callable(...args) : this.#tasks.run(watched, callable, ...args);
      if (isThenable(result)) {
        const task = this.#current ?? runningTask(message.ids[i]!, message.attempt, batch.entry.mayPark);
        this.#current = task;
        void this.#await(result, batch, i, task, startedAt);
        return true;
      }
      this.#onReturn(batch, i, watched, result, startedAt);
    } catch (error) {
      this.#onThrow(batch, i, error, startedAt);
    } finally {
      this.#calling = undefined;
    }
    this.#current = undefined;
    return false;
  }

  async #await(
    result: PromiseLike<unknown>,
    batch: Batch,
    i: number,
    task: RunningTask,
    startedAt: number,
  ): Promise<void> {
    task.isAwaited = true;
    this.#begun++;
    if (task.waits > 0) this.#park(task);
    try {
      const value = await result;
      if (task.state !== 'dropped') this.#onReturn(batch, i, task, value, startedAt);
    } catch (error) {
      if (task.state !== 'dropped') this.#onThrow(batch, i, error, startedAt);
    }
    task.isAwaited = false;
    if (this.#current === task) this.#current = undefined;
    if (task.state === 'begun') this.#begun--;
    if (task.state === 'parked') this.#parked.delete(task.id);
    task.state = 'ended';
    if (this.#running || this.#begun > 0) this.#flush();
    else this.#run();
  }

  #onReturn(batch: Batch, i: number, task: RunningTask | undefined, value: unknown, startedAt: number): void {
    if (task?.stray !== undefined) throw task.stray.error;
    const { message } = batch;
    const endedAt = nowMs();
    const runMs = endedAt - startedAt;
    learn(batch.entry, runMs);
    if (batch.combiner === undefined) {
      this.#answers.addResult(message.attempt, message.ids[i]!, value, runMs, endedAt, message.keep);
    } else {
      this.#addToFold(batch, batch.combiner, i, value, runMs, endedAt);
    }
  }

  #onThrow({ entry, message: { attempt, ids } }: Batch, i: number, thrown: unknown, startedAt: number): void {
    const endedAt = nowMs();
    const runMs = endedAt - startedAt;
    this.#endFold(endedAt);
    const lost = asLostArgument(thrown);
    if (lost !== undefined) {
      this.#answers.addFailure(attempt, ids[i]!, lost.error, runMs, endedAt, lost.id);
    } else {
      learn(entry, runMs);
      this.#answers.addFailure(attempt, ids[i]!, thrown, runMs, endedAt);
    }
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
    if (task?.isAwaited) {
      task.stray = { error };
    } else if (task !== undefined && this.#answers.retractResult(task.id)) {
      this.#answers.addFailure(task.attempt, task.id, error, 0, now);
    } else {
      this.#answers.addStrayError(error, now);
      this.#flush();
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
