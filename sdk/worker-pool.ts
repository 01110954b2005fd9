// Drives one dispatcher over the leases of one kind of worker: sends what it says, feeds it what comes back.
//
// Owns: leases, what each worker was told. Does not own: dispatching (dispatcher.ts), values (sinks), threads (cluster).
// Callers: session-core.ts for tasks, actor.ts for the calls of one actor.
//
// Invariants:
//   L1. Workers get new tasks before the answers that made room are settled, so that they do not wait for callers.
//   L2. A frame that cannot be read costs its worker, and nothing else.
//   L3. While tasks are unsettled the channels keep the process running; otherwise they do not.
//   L4. Tasks that cannot be sent fail, and nothing else does.
//   L5. An actor's call whose argument may turn out to be lost travels alone, and nothing is sent while that is made again.
//   L6. What a worker that was ended still says of tasks of its tasks is not heard: nothing would end those.
//   L7. The memory of a frame goes back to its worker when all that it brought was results for sinks that copy.

import type { LeaseHandle, LeaseRequest, WorkerLease, WorkerLoss } from './cluster/cluster.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { Dispatcher, type Effect } from './dispatcher.ts';
import { CancelledError, type GridbookError } from './errors.ts';
import type { FunctionProfile } from './function-profile.ts';
import { LostArguments, takesPlaced } from './lost-arguments.ts';
import { DefinedFunctions, OutgoingFrame } from './outgoing-frame.ts';
import type { Frame } from './protocol/channel.ts';
import { nowMs } from './protocol/clock.ts';
import { type FrameReader, readFrame } from './protocol/codec.ts';
import { readValue } from './protocol/deserialization.ts';
import { asWorkerMessages, type TaskCombined, type TaskResults, type WorkerMessage } from './protocol/messages.ts';
import { type SentObjects, sentObjectsOf } from './sent-objects.ts';
import { type Arrival, settleCombined, settleResults } from './settlement.ts';
import type { ForceEnd, Task, TaskPool } from './task.ts';
import { failureOf, mayRetry, timedOut, workerDied } from './task-failure.ts';
import { takeOutput } from './task-output.ts';
import { runTimesOf, sumOf } from './task-times.ts';
import { asError, textOf } from './text-of.ts';
import type { WorkerPoolOptions } from './worker-pool-options.ts';

/** When so many tasks have been submitted in one go, sending begins without waiting for the caller to pause. */
const eagerTasks = 256;

interface LeasedWorker {
  readonly lease: WorkerLease;
  /** What it was sent. */
  defined: DefinedFunctions;
  sent: SentObjects | undefined;
}

export class WorkerPool implements TaskPool {
  readonly #options: WorkerPoolOptions;
  readonly #dispatcher: Dispatcher<Task>;
  readonly #asked: LeaseRequest;
  #request: LeaseHandle;
  readonly #workers = new Map<string, LeasedWorker>();
  /** Leases whose workers were lost or ended. */
  readonly #ended = new WeakSet<WorkerLease>();
  readonly #lost = new LostArguments();
  /** Why each lease ended whose tasks are being settled. */
  #lastLoss: WorkerLoss = { reason: 'exit', message: 'the worker ended' };
  #isRefused = false;
  #unsettled = 0;
  #submitted = 0;
  #flushing = false;
  #scheduled = false;
  readonly #deadline = new DeadlineTimer(() => {
    this.#dispatcher.onTick(nowMs());
    this.#flush();
  });
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#dispatcher = new Dispatcher({ isolate: !options.exclusive });
    const { cluster, terms, exclusive } = options;
    this.#asked = {
      resources: terms.resources,
      placement: terms.placement,
      exclusive,
      onGranted: (lease) => this.#onGranted(lease),
      onRefused: (error) => this.#onRefused(error),
      onClusterChanged: () => this.#flush(),
    };
    this.#request = cluster.request(this.#asked);
  }

  unsettledTasks(): Iterable<Task> {
    return [...this.#dispatcher.unsettled(), ...this.#lost.tasks];
  }

  /** Until there are two tasks for each worker of the cluster, also to have them all asked for. */
  wantsMore(profile: FunctionProfile, open: number): boolean {
    return this.#unsettled < 2 * this.#options.cluster.workersMax || this.#dispatcher.wantsMore(profile, open);
  }

  /** How many workers have tasks. */
  get workersBusy(): number {
    return this.#workers.keys().reduce((sum, lease) => sum + Number(this.#dispatcher.tasksAt(lease).length > 0), 0);
  }

  expect(): void {}
  forgo(): void {}

  /** Sends a task when a worker has room; `first` before all that wait. */
  submit(task: Task, first = false): void {
    if (this.#options.exclusive) task.isBarrier = takesPlaced(task); // L5
    this.#dispatcher.onSubmit(task, first);
    if (this.#isRefused) {
      this.#isRefused = false; // there may be a node by now that can have it
      this.#request = this.#options.cluster.request(this.#asked);
    }
    if (this.#unsettled++ === 0) this.#setBusy(true); // L3
    if (++this.#submitted >= eagerTasks) this.#flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#flush();
      });
    }
  }

  /** Settles the task as cancelled; what it may still do on its worker reaches nobody. */
  cancel(task: Task, force: boolean, error: GridbookError): ForceEnd | undefined {
    const isOpen = this.#lost.tasks.delete(task) || this.#dispatcher.onCancel(task, force, nowMs());
    const under = isOpen ? this.#options.nested.cancelUnder(task, force) : [];
    if (isOpen) this.#settled(1);
    if (isOpen) task.sink.onError(task, error);
    this.#flush(); // also of one that was cancelled before, and has to end now
    return isOpen && !force ? this.#endLater(task, under, error) : undefined;
  }

  /** Nothing is kept of the task once it is over. */
  #endLater(task: Task, under: readonly ForceEnd[], error: GridbookError): ForceEnd | undefined {
    if (task.state !== 'cancelled' && under.length === 0) return undefined;
    const given = new WeakRef(task);
    return () => {
      for (const end of under) end();
      const running = given.deref();
      if (running === undefined) return;
      this.#options.nested.cancelUnder(running, true);
      this.cancel(running, true, error);
    };
  }

  #setBusy(busy: boolean): void {
    for (const { lease } of this.#workers.values()) lease.channel.setBusy(busy);
    if (!busy) this.#options.output.flush();
  }

  #settled(count: number): void {
    this.#unsettled -= count;
    if (this.#unsettled === 0) this.#setBusy(false); // L3
  }

  /** No worker can ever have what the tasks need. */
  #onRefused(error: GridbookError): void {
    this.#isRefused = true;
    for (const task of [...this.unsettledTasks()]) this.cancel(task, false, error);
  }

  #onGranted(lease: WorkerLease): void {
    this.#workers.set(lease.id, { lease, defined: new DefinedFunctions(), sent: sentObjectsOf(lease.channel) });
    lease.onLost = (loss) => this.#onLost(lease, loss);
    lease.onRecalled = () => {
      this.#dispatcher.onWorkerRecalled(lease.id);
      this.#flush();
    };
    lease.onCut = () => this.#dispatcher.onWorkerCut(lease.id);
    lease.channel.onFrame = (frame) => this.#onFrame(lease, frame);
    lease.channel.setBusy(this.#unsettled > 0);
    takeOutput(lease, this.#options.cluster);
    this.#options.events.emit({ type: 'worker.leased', worker: lease.worker, lease: lease.id });
    this.#dispatcher.onWorkerGranted(lease.id);
    this.#flush();
  }

  #onLost(lease: WorkerLease, loss: WorkerLoss): void {
    if (!this.#workers.delete(lease.id) || this.#closed) return;
    this.#ended.add(lease);
    const { reason, message } = loss;
    this.#options.events.emit({ type: 'worker.lost', worker: lease.worker, lease: lease.id, reason, message });
    this.#lastLoss = loss;
    for (const task of this.#dispatcher.tasksAt(lease.id)) this.#options.nested.cancelUnder(task, true);
    this.#dispatcher.onWorkerLost(lease.id, reason !== 'node-died');
    // L5: it was before all that waits, but comes after the constructor, if that is called again.
    if (this.#options.exclusive) for (const task of this.#lost.takeAll()) this.#dispatcher.onSubmit(task, true);
    this.#options.onWorkerLost?.(loss);
    this.#flush();
  }

  /** Carries out what the dispatcher says until it says nothing more. */
  #flush(): void {
    if (this.#flushing || this.#closed) return;
    this.#flushing = true;
    this.#submitted = 0;
    const now = nowMs();
    try {
      this.#sayDemand();
      this.#dispatch(now);
      for (let effects = this.#dispatcher.takeEffects(); effects.length > 0; ) {
        for (const effect of effects) this.#carryOut(effect, now);
        this.#dispatch(now);
        effects = this.#dispatcher.takeEffects();
      }
      this.#sayDemand(); // effects settle tasks, too
    } finally {
      this.#flushing = false;
    }
    this.#deadline.set(this.#dispatcher.nextDeadline);
  }

  #dispatch(now: number): void {
    if (!this.#options.exclusive || this.#lost.tasks.size === 0) this.#dispatcher.dispatch(now); // L5
  }

  #sayDemand(): void {
    const { exclusive, cluster } = this.#options;
    const { queued, sent } = this.#dispatcher.counts;
    const all = queued + sent + this.#lost.tasks.size; // what was cancelled and runs on keeps its worker from the others
    const open = this.#unsettled === 0 ? 0 : Math.max(this.#unsettled, all);
    this.#request.setDemand(Math.min(open, exclusive ? 1 : Math.max(1, cluster.workersMax)));
  }

  #carryOut(effect: Effect<Task>, now: number): void {
    switch (effect.type) {
      case 'send':
        this.#send(effect.lease, effect.tasks, now);
        break;
      case 'cancel': {
        const worker = this.#workers.get(effect.lease);
        if (worker === undefined) break;
        const frame = new OutgoingFrame(worker.defined);
        frame.addCancel(effect.ids);
        worker.lease.channel.send(frame.build());
        break;
      }
      case 'kill':
        this.#workers.get(effect.lease)?.lease.kill();
        break;
      case 'release': {
        const worker = this.#workers.get(effect.lease);
        if (worker === undefined || !this.#workers.delete(effect.lease)) break;
        this.#options.events.emit({ type: 'worker.released', worker: worker.lease.worker, lease: effect.lease });
        worker.lease.release();
        break;
      }
      case 'worker-died':
        this.#settleError(effect.task, workerDied(effect.task, this.#lastLoss));
        break;
      case 'timed-out':
        this.#options.nested.cancelUnder(effect.task, true);
        this.#settleError(effect.task, timedOut(effect.task));
        break;
    }
  }

  #send(leaseId: string, tasks: Task[], now: number): void {
    const worker = this.#workers.get(leaseId);
    if (worker === undefined) return; // it was lost meanwhile, and the dispatcher is being told
    const { lease } = worker;
    for (const task of tasks) {
      if (task.times !== undefined) task.times.sentAt = now;
      if (task.attempt === 1) continue;
      const { id, attempt, rules } = task;
      this.#options.timings.countRetry();
      this.#options.events.emit({ type: 'task.retried', task: id, name: rules.name, attempt, worker: lease.worker });
    }
    const frame = new OutgoingFrame(worker.defined, worker.sent);
    for (const { task, error } of frame.addTasks(tasks)) this.#failUnsendable(lease, task, error); // L4
    if (frame.isEmpty) return;
    try {
      lease.channel.send(frame.build());
    } catch (error) {
      // It is too much for one frame, of which nothing has left.
      worker.defined = new DefinedFunctions();
      worker.sent = sentObjectsOf(lease.channel);
      for (const task of tasks) if (task.state !== 'settled') this.#failUnsendable(lease, task, asError(error));
    }
  }

  #failUnsendable(lease: WorkerLease, task: Task, error: Error): void {
    const failed = this.#dispatcher.onFailure(lease.id, task.attempt, task.id, () => false, 0);
    if (failed !== undefined) this.#settleError(failed, error);
  }

  #onFrame(lease: WorkerLease, frame: Frame): void {
    const arrivedAt = nowMs();
    const settlements: (() => void)[] = []; // they wait until the workers have been fed (L1)
    let isKept = false;
    try {
      const reader = readFrame(frame.bytes);
      for (const message of asWorkerMessages(reader.header)) {
        if (message.type === 'task.results' || message.type === 'task.combined') {
          const runUs = runTimesOf(message.runUs, reader);
          const accepted = this.#dispatcher.onResults(lease.id, message.attempt, message.ids, sumOf(runUs) / 1000);
          const arrival = { frame, reader, runUs, arrivedAt };
          settlements.push(() => this.#settle(accepted, message, arrival));
          isKept ||= !accepted.every((task) => task === undefined || task.sink.copies === true);
        } else {
          this.#onMessage(lease, message, frame, reader, settlements);
          isKept = true;
        }
      }
    } catch (cause) {
      const message = `worker ${lease.worker} sent what cannot be read: ${textOf(cause)}`;
      this.#onLost(lease, { reason: 'connection-lost', message, cause });
      lease.kill(); // L2, and after it was said why
    }
    this.#flush(); // L1
    for (const settle of settlements) settle();
    if (!isKept) lease.channel.recycle?.(frame); // L7
    if (settlements.length > 0) this.#flush(); // what is settled may have made new tasks ready
  }

  #onMessage(
    lease: WorkerLease,
    message: Exclude<WorkerMessage, TaskResults | TaskCombined>,
    frame: Frame,
    reader: FrameReader,
    settlements: (() => void)[],
  ): void {
    switch (message.type) {
      case 'task.failed': {
        const error = readValue(message.error, reader);
        const { attempt, id, runMs, lost } = message;
        const mayBe = (t: Task): boolean => lost === undefined && mayRetry(t, error);
        const failed = this.#dispatcher.onFailure(lease.id, attempt, id, mayBe, runMs);
        if (failed === undefined) break;
        if (lost === undefined) settlements.push(() => this.#settleError(failed, failureOf(failed, error)));
        else {
          const then = (why?: Error): void => {
            if (why === undefined) this.#dispatcher.onSubmit(failed, this.#options.exclusive);
            else this.#settleError(failed, why);
            this.#flush();
          };
          this.#lost.recover(failed, lost, failureOf(failed, error), then);
        }
        break;
      }
      case 'task.skipped':
        this.#dispatcher.onSkipped(lease.id, message.attempt, message.ids);
        break;
      case 'worker.leaving': // it may be known before the head tells it; an actor stays until its worker is lost
        if (!this.#options.exclusive) this.#dispatcher.onWorkerRecalled(lease.id);
        break;
      case 'task.waiting':
      case 'task.resumed':
        this.#dispatcher.onWaiting(lease.id, message.attempt, message.ids, message.type === 'task.waiting');
        break;
      case 'worker.stray-error': {
        const error = readValue(message.error, reader);
        this.#options.events.emit({ type: 'task.stray-error', worker: lease.worker, error });
        break;
      }
      case 'task.output':
        this.#options.output.onOutput(message, lease);
        break;
      default: {
        if (this.#ended.has(lease)) break; // L6
        const { nested, nestedPool } = this.#options;
        const taskAt = (id: number): Task | undefined => this.#dispatcher.tasksAt(lease.id).find((t) => t.id === id);
        nested.onMessage(lease.channel, message, frame, reader, { target: nestedPool?.() ?? this, taskAt });
      }
    }
  }

  #settle(accepted: readonly (Task | undefined)[], message: TaskResults | TaskCombined, arrival: Arrival): void {
    this.#settled(
      message.type === 'task.results'
        ? settleResults(accepted, { ...arrival, message }, this.#options.timings)
        : settleCombined(accepted, { ...arrival, message }, this.#options.timings),
    );
  }

  #settleError(task: Task, error: Error): void {
    this.#options.timings.count(1);
    this.#settled(1);
    task.sink.onError(task, error);
  }

  /** Ends the pool: every unsettled task settles with the error, every worker is let go. */
  close(error: GridbookError = new CancelledError('The session was closed before the task had settled')): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deadline.set(undefined);
    this.#request.end();
    const tasks = [...this.unsettledTasks()];
    for (const { lease } of this.#workers.values()) {
      this.#ended.add(lease);
      if (this.#options.exclusive || tasks.length > 0) lease.kill();
      else lease.release();
    }
    this.#workers.clear();
    this.#lost.tasks.clear();
    for (const task of tasks) {
      if (this.#options.exclusive) this.#options.nested.cancelUnder(task, true);
      task.state = 'settled';
      task.sink.onError(task, error);
    }
    this.#unsettled = 0;
  }
}
