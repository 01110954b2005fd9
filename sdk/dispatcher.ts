// The dispatcher: which leased worker gets which task, and what happens to a task when its worker is lost.
//
// A pure state machine. Inputs are the `on…` methods; outputs are what they return and the effects that `takeEffects`
// hands over. It knows no channel, value, promise, timer or clock; the time comes in as an argument, in milliseconds
// of any monotonic clock.
//
// Owns: the queue, each worker's window, attempts, retries, fencing, deadlines. Does not own: values, what a task's
//   outcome means to its caller, when workers are granted.
// Callers: worker-pool.ts, and the simulation.
//
// Invariants:
//   D1. A task settles exactly once: a result counts only if its task is `sent`, to that lease, in that attempt.
//   D2. A worker holds about `windowMs` of expected work, at most `windowBytesMax` of arguments, at least one task.
//   D3. A task that must not share its worker travels alone: one whose worker died before (it may be the one that
//       kills), one with a time limit (its end may cost the worker), one that has no retry left (a neighbour's death
//       must not fail it), and the first of a function that was never timed.
//   D4. A lost worker costs its tasks one retry each. One killed by intent, for a task that had to end, costs none,
//       but what may run only once is not sent again. Attempt numbers rise, so that late frames are recognised.
//   D5. Tasks of one depth leave in the order in which they came, the deepest first; those of a lost worker go to the front, in their old order.
//   D6. At rest (nothing queued, nothing sent) no collection holds a task.
//   D7. A task that waits for its own tasks keeps no other from its worker, whatever D2 and D3 say of it; a recalled
//       worker that has one still takes tasks of tasks. So a tree of tasks gets on with a single worker.
//   D8. A worker whose connection was cut is sent nothing: it would be lost with it, and said to have run, perhaps.

import { DepthQueue } from './depth-queue.ts';
import { type FunctionProfile, learn, openEnough, taskFloorMs } from './function-profile.ts';
import { type WindowLimits, WorkerWindow } from './worker-window.ts';

/** What the dispatcher keeps of a task. It alone changes the fields that are not readonly. */
export interface DispatchTask {
  readonly id: number;
  /** How many tasks it stands under. @default 0 */
  readonly depth?: number;
  readonly profile: FunctionProfile;
  /** How many bytes its arguments take, about. */
  readonly bytes: number;
  /** How often it may be run again after a lost worker or an error that allows it. */
  readonly maxRetries: number;
  /** How long one attempt may take from when it is sent; undefined for no limit. */
  readonly timeoutMs: number | undefined;
  state: TaskState;
  /** The number of the current or last attempt, from 1; 0 before the first. */
  attempt: number;
  /** How many retries it has used. */
  retries: number;
  /** Its worker died while it was there: it may be what killed it (D3). */
  suspect: boolean;
  /** Where the current attempt was sent. */
  lease: string;
  /** The part of its worker's load that it stands for. */
  loadMs: number;
}

/** `cancelled`: settled for its caller, but its worker has not answered for it yet. */
export type TaskState = 'new' | 'queued' | 'sent' | 'cancelled' | 'settled';

export type Effect<T> =
  /** Send these tasks, in this order, in one frame. */
  | { type: 'send'; lease: string; tasks: T[] }
  /** Tell the worker that it need not begin these. */
  | { type: 'cancel'; lease: string; ids: number[] }
  /** End the worker: it does not answer for a task that had to end. */
  | { type: 'kill'; lease: string }
  /** Give the worker back: it was recalled and is idle. */
  | { type: 'release'; lease: string }
  /** Settle the task: its worker died and no retry is left. */
  | { type: 'worker-died'; task: T; lease: string }
  /** Settle the task: its attempt took longer than its limit. */
  | { type: 'timed-out'; task: T; lease: string };

export interface DispatcherOptions extends Partial<WindowLimits> {
  /** How long a worker has to answer for a task that had to end before it is killed. @default 250 */
  graceMs?: number;
  /** Send every task alone where D3 says so; an actor's calls, which are never retried, need not. @default true */
  isolate?: boolean;
}

/** A batch is not made smaller than this much work for the sake of an even end, in milliseconds. */
const batchMinMs = 0.5;

export class Dispatcher<T extends DispatchTask> {
  readonly #limits: WindowLimits;
  readonly #graceMs: number;
  readonly #isolate: boolean;
  readonly #workers = new Map<string, WorkerWindow<T>>();
  /** Workers that may take more. */
  readonly #hungry = new Set<WorkerWindow<T>>();
  readonly #queue = new DepthQueue<T>();
  #sent = 0;
  #stale = 0;
  readonly #deadlines = new Map<T, { at: number; worker: WorkerWindow<T> }>();
  #effects: Effect<T>[] = [];

  constructor(options: DispatcherOptions = {}) {
    const { windowMs = 10, windowBytesMax = 4 * 1024 * 1024, windowTasksMax = 8192 } = options;
    this.#limits = { windowMs, windowBytesMax, windowTasksMax };
    this.#graceMs = options.graceMs ?? 250;
    this.#isolate = options.isolate ?? true;
  }

  /** How many tasks wait and were sent, and how many answers were dropped. */
  get counts(): { queued: number; sent: number; stale: number; workers: number } {
    return { queued: this.#queue.size, sent: this.#sent, stale: this.#stale, workers: this.#workers.size };
  }

  /** Whether a stream with so many open tasks should go on: more than enough would only keep waiting what comes after. */
  wantsMore(profile: FunctionProfile, open: number): boolean {
    const enough = openEnough(profile, Math.max(1, this.#workers.size), this.#limits.windowMs);
    return open < enough || this.#queue.size < Math.max(enough, this.#sent);
  }

  /** When `onTick` has something to do; undefined for never. */
  get nextDeadline(): number | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of this.#deadlines.values()) next = Math.min(next, at);
    for (const { killAt } of this.#workers.values()) next = Math.min(next, killAt);
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /** The effects since the last call, in their order. */
  takeEffects(): Effect<T>[] {
    const effects = this.#effects;
    if (effects.length > 0) this.#effects = [];
    return effects;
  }

  /** Every task that has not settled. */
  *unsettled(): Generator<T> {
    for (const worker of this.#workers.values()) {
      for (const task of worker.tasks()) if (task.state === 'sent') yield task;
    }
    yield* this.#queue;
  }

  /** A task has come; it is sent by the next `dispatch`, `first` before all that wait. */
  onSubmit(task: T, first = false): void {
    task.state = 'queued';
    if (first) this.#queue.putBack(task);
    else this.#queue.push(task);
  }

  /** A worker may be used. */
  onWorkerGranted(lease: string): void {
    const worker = new WorkerWindow<T>(lease);
    this.#workers.set(lease, worker);
    this.#hungry.add(worker);
  }

  /** A worker is wanted back: it gets nothing more, and is released as soon as it is idle. */
  onWorkerRecalled(lease: string): void {
    const worker = this.#workers.get(lease);
    if (worker === undefined) return;
    worker.recalled = true;
    if (!worker.hasParked) this.#hungry.delete(worker); // D7
    this.#releaseIfIdle(worker);
  }

  /** A worker cannot be reached any more; that it is lost, and why, is told later (D8). */
  onWorkerCut(lease: string): void {
    const worker = this.#workers.get(lease);
    if (worker === undefined) return;
    worker.isCut = true;
    this.#hungry.delete(worker);
  }

  /**
   * A worker is gone.
   *
   * @param blame - whether its tasks may have caused that. True marks them as suspects (D3). A worker that the
   *   dispatcher itself had killed costs nobody a retry, whatever is said here (D4).
   */
  onWorkerLost(lease: string, blame = true): void {
    const worker = this.#workers.get(lease);
    if (worker === undefined) return;
    this.#workers.delete(lease);
    this.#hungry.delete(worker);
    for (const task of worker.tasks().reverse()) {
      this.#deadlines.delete(task);
      this.#sent--;
      if (task.state === 'cancelled') task.state = 'settled';
      else if (worker.killed && task.maxRetries > 0)
        this.#requeue(task); // D4
      else if (task.retries < task.maxRetries) {
        task.retries++;
        task.suspect ||= blame;
        this.#requeue(task);
      } else {
        task.state = 'settled';
        this.#effects.push({ type: 'worker-died', task, lease });
      }
    }
  }

  #requeue(task: T): void {
    task.state = 'queued';
    this.#queue.putBack(task); // D5
  }

  /**
   * A worker answered for some tasks of one attempt number.
   *
   * @param runMs - what they took together, in milliseconds.
   * @returns the tasks, parallel to `ids`: settle these; undefined stands for an answer to be dropped.
   */
  onResults(lease: string, attempt: number, ids: readonly number[], runMs: number): (T | undefined)[] {
    const accepted: (T | undefined)[] = new Array(ids.length);
    const worker = this.#answering(lease, ids.length);
    if (worker === undefined) return accepted;
    let profile: FunctionProfile | undefined;
    for (let i = 0; i < ids.length; i++) {
      const task = this.#takeSent(worker, ids[i]!, attempt);
      if (task === undefined) continue;
      profile = task.profile;
      if (task.state === 'sent') accepted[i] = task;
      task.state = 'settled';
    }
    if (profile !== undefined) learn(profile, runMs / ids.length);
    this.#afterAnswer(worker);
    return accepted;
  }

  /**
   * A worker says that a task failed.
   *
   * @param mayRetry - whether the task's own rules allow another try after this error.
   * @returns the task to settle with the error, or undefined when the answer was stale or the task goes out again.
   */
  onFailure(lease: string, attempt: number, id: number, mayRetry: (task: T) => boolean, runMs: number): T | undefined {
    const worker = this.#answering(lease, 1);
    const task = worker && this.#takeSent(worker, id, attempt);
    if (worker === undefined || task === undefined) return undefined;
    learn(task.profile, runMs);
    const wanted = task.state === 'sent';
    task.state = 'settled';
    const again = wanted && task.retries < task.maxRetries && mayRetry(task);
    if (again) {
      task.retries++;
      this.#requeue(task);
    }
    this.#afterAnswer(worker);
    return wanted && !again ? task : undefined;
  }

  /** A worker says that it took these out before they began. */
  onSkipped(lease: string, attempt: number, ids: readonly number[]): void {
    const worker = this.#answering(lease, ids.length);
    if (worker === undefined) return;
    for (let i = ids.length - 1; i >= 0; i--) {
      const task = this.#takeSent(worker, ids[i]!, attempt);
      if (task === undefined) continue;
      // Only cancelled tasks are skipped; should the worker drop another one, it goes out again.
      if (task.state === 'sent') this.#requeue(task);
      else task.state = 'settled';
    }
    this.#afterAnswer(worker);
  }

  /** A worker says that these wait for their own tasks (D7), or that they go on. */
  onWaiting(lease: string, attempt: number, ids: readonly number[], isWaiting: boolean): void {
    const worker = this.#workers.get(lease);
    if (worker === undefined) return;
    for (const id of ids) isWaiting ? worker.park(id, attempt) : worker.unpark(id, attempt);
    this.#afterAnswer(worker);
  }

  /** What was sent to a worker and not answered for. */
  tasksAt(lease: string): readonly T[] {
    return this.#workers.get(lease)?.tasks() ?? [];
  }

  /**
   * Nobody wants the task's outcome any more.
   *
   * @param force - whether its worker is killed when it does not answer for the task within the grace.
   * @returns whether the caller is to settle it now; false when it had settled.
   */
  onCancel(task: T, force: boolean, now: number): boolean {
    if (task.state === 'queued') {
      task.state = 'settled'; // it is skipped when it reaches the front of the queue
      this.#queue.drop(task);
      return true;
    }
    const worker = this.#workers.get(task.lease);
    const isWanted = task.state === 'sent';
    if (worker === undefined || !(isWanted || task.state === 'cancelled')) return false;
    if (isWanted) this.#giveUp(task, worker);
    if (force) this.#mustEnd(task, worker, now); // also one that was cancelled without force before
    return isWanted;
  }

  /** The task's limit stays: it still ends what goes on running unwanted. */
  #giveUp(task: T, worker: WorkerWindow<T>): void {
    task.state = 'cancelled';
    worker.unwanted++;
    this.#hungry.delete(worker);
    const last = this.#effects.at(-1);
    if (last?.type === 'cancel' && last.lease === worker.lease) last.ids.push(task.id);
    else this.#effects.push({ type: 'cancel', lease: worker.lease, ids: [task.id] });
  }

  #mustEnd(task: T, worker: WorkerWindow<T>, now: number): void {
    this.#deadlines.delete(task);
    if (!worker.overdue.has(task.id)) worker.overdue.set(task.id, now + this.#graceMs);
  }

  /** Time has passed: attempts over their limit end, and workers that do not answer for them. */
  onTick(now: number): void {
    for (const [task, { at, worker }] of this.#deadlines) {
      if (at > now) continue;
      if (task.state === 'sent') {
        this.#giveUp(task, worker);
        this.#effects.push({ type: 'timed-out', task, lease: worker.lease });
      }
      this.#mustEnd(task, worker, now);
    }
    for (const worker of this.#workers.values()) {
      if (worker.killAt > now) continue;
      worker.killed = true;
      this.#effects.push({ type: 'kill', lease: worker.lease });
    }
  }

  /** Fills the windows of all workers that may take more. */
  dispatch(now: number): void {
    for (const worker of this.#hungry) {
      if (this.#queue.size === 0) break;
      this.#fill(worker, now);
    }
  }

  #fill(worker: WorkerWindow<T>, now: number): void {
    const batch: T[] = [];
    // The end of the work stays even: no batch is more than half a share, no worker has more than its part, unless that is little.
    const share = Math.ceil(this.#queue.size / (2 * this.#workers.size));
    const part = Math.ceil((this.#queue.size + this.#sent) / this.#workers.size);
    const { recalled } = worker; // D7
    for (let task = this.#queue.peek(recalled); task !== undefined; task = this.#queue.peek(recalled)) {
      const { expectedMs } = task.profile;
      const alone = this.#isolate && (expectedMs === undefined || mustBeAlone(task));
      const loadMs = Math.max(expectedMs ?? 0, taskFloorMs);
      if (worker.size > 0) {
        if (alone || worker.alone || !worker.fits(task, loadMs, this.#limits)) break;
        const isEnough = batch.length >= share && batch.length * loadMs >= batchMinMs;
        if (isEnough || (worker.size >= part && worker.loadMs >= batchMinMs)) break;
      }
      this.#queue.shift(task);
      task.state = 'sent';
      task.attempt++;
      task.lease = worker.lease;
      task.loadMs = loadMs;
      worker.add(task);
      batch.push(task);
      if (task.timeoutMs !== undefined) this.#deadlines.set(task, { at: now + task.timeoutMs, worker });
      if (alone) worker.alone = true;
    }
    if (batch.length > 0) {
      this.#sent += batch.length;
      this.#effects.push({ type: 'send', lease: worker.lease, tasks: batch });
    }
    if (worker.alone || worker.loadMs > this.#limits.windowMs / 2) this.#hungry.delete(worker);
  }

  /** The worker that answers; undefined, and its answers counted, when its lease is over (D1). */
  #answering(lease: string, answers: number): WorkerWindow<T> | undefined {
    const worker = this.#workers.get(lease);
    if (worker === undefined) this.#stale += answers;
    return worker;
  }

  /** Takes a task off its worker's list; undefined, and counted, when the answer is stale (D1). */
  #takeSent(worker: WorkerWindow<T>, id: number, attempt: number): T | undefined {
    const task = worker.take(id, attempt);
    if (task === undefined) {
      this.#stale++;
      return undefined;
    }
    this.#sent--;
    if (task.timeoutMs !== undefined) this.#deadlines.delete(task);
    return task;
  }

  #afterAnswer(worker: WorkerWindow<T>): void {
    const isHungry = worker.mayTakeMore && worker.loadMs <= this.#limits.windowMs / 2;
    isHungry ? this.#hungry.add(worker) : this.#hungry.delete(worker);
    if (worker.recalled) this.#releaseIfIdle(worker);
  }

  /** A killed worker, or one that was cut off, is not given back, whatever it still answers: its loss will be told. */
  #releaseIfIdle(worker: WorkerWindow<T>): void {
    if (!worker.isIdle || worker.killed || worker.isCut) return;
    this.#workers.delete(worker.lease);
    this.#effects.push({ type: 'release', lease: worker.lease });
  }
}

/** D3 */
function mustBeAlone(task: DispatchTask): boolean {
  return task.suspect || task.timeoutMs !== undefined || task.retries >= task.maxRetries;
}
