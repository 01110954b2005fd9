// The pool of a session inside a task: what is sent here is run by the session that owns the worker.
//
// It says the tasks upwards as a session says them to a worker, and is answered as a session is. Dispatch, retries after
// a worker's death and time limits are the owner's; a predicate of `retryErrors` runs here, where it can.
//
// Owns: the tasks that this worker's tasks submitted and that have not settled.
// Callers: current-session.ts and guest-actor.ts make it; the session's features submit to it.
//
// Invariants:
//   R1. Tasks leave in the order in which they came; one whose arguments have to be fetched first keeps those after it.
//   R2. A task that cannot be sent fails, and nothing else does.

import type { GridbookError } from '../errors.ts';
import { TaskError } from '../errors.ts';
import { fetchPlaced } from '../fetched-arguments.ts';
import type { FunctionProfile } from '../function-profile.ts';
import { DefinedFunctions, OutgoingFrame } from '../outgoing-frame.ts';
import type { Frame } from '../protocol/channel.ts';
import { nowMs } from '../protocol/clock.ts';
import { buildFrame, type FrameReader } from '../protocol/codec.ts';
import { readValue } from '../protocol/deserialization.ts';
import type { TaskId } from '../protocol/ids.ts';
import type {
  ActorBirth,
  NestCancel,
  SessionToNesting,
  TaskFailed,
  TaskNest,
  TaskResults,
} from '../protocol/messages.ts';
import { settleResults } from '../settlement.ts';
import type { ForceEnd, Task, TaskPool, TaskTarget } from '../task.ts';
import { failureOf, mayRetry } from '../task-failure.ts';
import { runTimesOf } from '../task-times.ts';
import { asError } from '../text-of.ts';
import type { TimingsRecorder } from '../timings.ts';
import type { Nesting } from './nesting.ts';

/** A `map` in a task takes inputs while fewer of the tasks that were begun here than this have not settled. */
const openHere = 1024;
/** Or fewer of its own. */
const openOfMap = 64;

export class ParentPool implements TaskPool {
  /** The owner knows. */
  readonly workersBusy = 0;
  readonly #nesting: Nesting;
  readonly #timings: TimingsRecorder;
  #defined = new DefinedFunctions();
  readonly #open = new Map<TaskId, Task>();
  /** Which task of the owner each was submitted by. */
  readonly #parents = new WeakMap<Task, TaskId>();
  /** Which actor each is a call of. */
  readonly #actors = new WeakMap<Task, string>();
  /** Which of them make the actor. */
  readonly #births = new WeakMap<Task, ActorBirth>();
  /** As they are sent, those whose arguments had to be fetched. */
  readonly #fetched = new WeakMap<Task, Task>();
  #unsent: Task[] = [];

  constructor(nesting: Nesting, timings: TimingsRecorder) {
    this.#nesting = nesting;
    this.#timings = timings;
    nesting.onAnswer = (message, frame, reader) => this.#onAnswer(message, frame, reader);
  }

  /** The same way up, for the calls of one of the owner's actors; with a birth, for the call that makes it. */
  ofActor(name: string, birth?: ActorBirth): TaskTarget {
    const mark = (task: Task): void => {
      this.#actors.set(task, name);
      if (birth !== undefined) this.#births.set(task, birth);
    };
    return {
      expect: (task) => {
        mark(task);
        this.expect(task);
      },
      submit: (task) => {
        mark(task);
        this.submit(task);
      },
      forgo: () => {},
      cancel: (task, force, error) => this.cancel(task, force, error),
      beginWait: () => this.beginWait(),
    };
  }

  wantsMore(_profile: FunctionProfile, open: number): boolean {
    return open < openOfMap || this.#open.size < openHere;
  }

  unsettledTasks(): Iterable<Task> {
    return this.#open.values();
  }

  beginWait(): () => void {
    const task = this.#nesting.currentTask();
    return task === undefined ? () => {} : this.#nesting.beginWait(task);
  }

  /** The caller is known now, and may be another one when the task can be sent. */
  expect(task: Task): void {
    const parent = this.#nesting.currentTask();
    if (parent !== undefined) this.#parents.set(task, parent.id);
  }

  forgo(): void {}

  submit(task: Task): void {
    if (!this.#parents.has(task)) this.expect(task);
    task.state = 'queued';
    task.times = undefined; // its owner times it: another machine's clock says nothing here
    this.#open.set(task.id, task);
    if (this.#unsent.push(task) === 1) queueMicrotask(() => this.#send());
  }

  #send(): void {
    const fetching = fetchPlaced(this.#unsent, this.#fetched);
    if (fetching !== undefined) {
      void fetching.then(() => this.#send()); // R1
      return;
    }
    const tasks = this.#unsent.filter(({ state }) => state === 'queued');
    this.#unsent = [];
    for (const task of tasks) {
      task.state = 'sent';
      task.attempt++;
    }
    const frame = new OutgoingFrame(this.#defined);
    const unsendable = new Map<TaskId, Error>();
    for (const { task, error } of frame.addTasks(tasks.map((task) => this.#asSent(task))))
      unsendable.set(task.id, error);
    try {
      if (!frame.isEmpty) {
        const built = frame.build();
        this.#say(this.#announcementsOf(tasks.filter(({ id }) => !unsendable.has(id))));
        this.#nesting.send(built);
      }
    } catch (error) {
      this.#defined = new DefinedFunctions(); // it is too much for one frame, of which nothing has left
      for (const { id } of tasks) unsendable.set(id, unsendable.get(id) ?? asError(error));
    }
    for (const task of tasks) {
      const error = unsendable.get(task.id);
      if (error !== undefined) this.#fail(task, error); // R2
    }
  }

  #asSent(task: Task): Task {
    const fetched = this.#fetched.get(task);
    if (fetched !== undefined) fetched.attempt = task.attempt;
    return fetched ?? task;
  }

  #fail(task: Task, error: Error): void {
    this.#open.delete(task.id);
    task.state = 'settled';
    task.sink.onError(task, error);
  }

  /** What their frame does not say of them. */
  #announcementsOf(tasks: readonly Task[]): TaskNest[] {
    const announced: TaskNest[] = [];
    let last: { of: TaskNest; rules: Task['rules'] } | undefined;
    for (const task of tasks) {
      const { id, rules, retries } = task;
      const parent = this.#parents.get(task) ?? null;
      const actor = this.#actors.get(task) ?? null;
      const birth = this.#births.get(task);
      if (
        last === undefined ||
        last.rules !== rules ||
        last.of.parent !== parent ||
        last.of.actor !== actor ||
        birth !== undefined ||
        retries > 0
      ) {
        const { name, timeoutMs = null, retryErrors } = rules;
        const maxRetries = rules.maxRetries - retries;
        const of: TaskNest = {
          type: 'task.nest',
          ids: [],
          parent,
          actor,
          name,
          maxRetries,
          retryErrors: retryErrors === true,
          timeoutMs,
          ...(birth === undefined ? {} : { birth }),
        };
        announced.push(of);
        last = { of, rules };
      }
      last.of.ids.push(id);
    }
    return announced;
  }

  #say(messages: (TaskNest | NestCancel)[]): void {
    this.#nesting.send({ bytes: buildFrame([], messages), shared: [] });
  }

  cancel(task: Task, force: boolean, error: GridbookError): ForceEnd | undefined {
    const { id, state } = task;
    if (!this.#open.delete(id)) return undefined;
    const say = (isForced: boolean): void => this.#say([{ type: 'nest.cancel', ids: [id], force: isForced }]);
    if (state === 'sent') say(force);
    task.state = 'settled';
    task.sink.onError(task, error);
    return state === 'sent' && !force ? () => say(true) : undefined;
  }

  #onAnswer(message: SessionToNesting, frame: Frame, reader: FrameReader): void {
    if (message.type === 'task.results') this.#onResults(message, frame, reader);
    else this.#onFailure(message, reader);
  }

  #onFailure(message: TaskFailed, reader: FrameReader): void {
    const task = this.#take(message.id, message.attempt);
    if (task === undefined) return;
    const error = readValue(message.error, reader);
    if (!this.#tryAgain(task, error)) this.#fail(task, failureOf(task, error));
  }

  #onResults(message: TaskResults, frame: Frame, reader: FrameReader): void {
    const accepted = message.ids.map((id) => this.#take(id, message.attempt));
    for (const task of accepted) if (task !== undefined) task.state = 'settled';
    const runUs = runTimesOf(message.runUs, reader);
    settleResults(accepted, { message, frame, reader, runUs, arrivedAt: nowMs() }, this.#timings);
  }

  /** Undefined for one that was cancelled. */
  #take(id: TaskId, attempt: number): Task | undefined {
    const task = this.#open.get(id);
    if (task?.attempt !== attempt) return undefined;
    this.#open.delete(id);
    return task;
  }

  #tryAgain(task: Task, error: unknown): boolean {
    const { retryErrors, maxRetries } = task.rules;
    if (typeof retryErrors !== 'function' || task.retries >= maxRetries || !(error instanceof TaskError)) return false;
    if (!mayRetry(task, error.cause)) return false;
    task.retries++;
    this.submit(task);
    return true;
  }

  close(error: GridbookError): void {
    for (const task of [...this.#open.values()]) this.cancel(task, true, error);
  }
}
