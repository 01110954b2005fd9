// What all parts of a session share: the cluster, the pools of workers, the functions, and how a call becomes a task.
//
// Owns: the tasks that cannot be sent yet because a function or a reference that they need is not there.
// Does not own: tasks in a pool (worker-pool.ts), what a caller holds (object-ref.ts).
// Callers: session.ts and the features on top of it: remote.ts, map.ts, actor.ts, nested-tasks.ts.
//
// Invariants:
//   N1. Arguments are written at the call, whenever the task is sent.
//   N2. A task that waits for a failed reference fails with that reference's error and never runs.
//   N3. After close, every call is refused and nothing waits.

import { serveCaller } from './actor-callers.ts';
import { ActorNames, checkActorName, type NamedActor, namesOfProcess, noSuchActor } from './actor-names.ts';
import { CellTasks } from './cell-tasks.ts';
import type { Cluster, WorkerTerms } from './cluster/cluster.ts';
import type { ObjectPlace } from './cluster/object-place.ts';
import { type Holder, KeptObject, type Whereabouts } from './cluster/objects-kept.ts';
import { CancelledError, ClosedError, GridbookError, InvalidArgumentError } from './errors.ts';
import { EventHub } from './events.ts';
import { FunctionRegistry } from './function-registry.ts';
import type { Shipment } from './function-shipping/index.ts';
import { GuestActor } from './guest-actor.ts';
import type { GuestWay } from './guest-way.ts';
import { NestedTasks } from './nested-tasks.ts';
import { entryOf, ObjectEntry, ObjectRef } from './object-ref.ts';
import { keyOf } from './placement.ts';
import { nowMs } from './protocol/clock.ts';
import { buildFrame } from './protocol/codec.ts';
import { readWholeValue } from './protocol/deserialization.ts';
import type { ActorBirth, FunctionRole } from './protocol/messages.ts';
import { type Payload, type StoredValue, writeArguments, writePayload } from './protocol/payload.ts';
import {
  type ForceEnd,
  type FunctionDefinition,
  type FunctionHandle,
  isTimed,
  Task,
  type TaskPool,
  type TaskRules,
  type TaskSink,
  type TaskTarget,
} from './task.ts';
import { TaskOutputs } from './task-output.ts';
import { asError } from './text-of.ts';
import { TimingsRecorder } from './timings.ts';
import { UnobservedFailures } from './unobserved-failures.ts';
import { WorkerPool } from './worker-pool.ts';

/** A task that waits outside of the pools, and how to stop it waiting. */
interface WaitingTask {
  readonly target: TaskTarget;
  stop: () => void;
}

/** Where the tasks and calls of a session inside a task go. */
export interface OwnerSide {
  /** The pool of the workers of a kind. */
  openPool(terms: WorkerTerms): TaskPool;
  /** The owner's actor of a name. */
  findActor(name: string): NamedActor;
}

export class SessionCore {
  readonly cluster: Cluster;
  /** The tasks of its tasks. */
  readonly nested = new NestedTasks(this);
  readonly events = new EventHub();
  readonly timings = new TimingsRecorder();
  readonly functions = new FunctionRegistry();
  readonly actorNames: ActorNames;
  readonly cellTasks = new CellTasks(this);
  readonly output = new TaskOutputs(this.events, (task) => this.cellTasks.cellOf(task));
  readonly #pools = new Map<string, TaskPool>();
  readonly #owner: OwnerSide | undefined;
  readonly #actorPools = new Set<WorkerPool>();
  /** The newest way to each actor of another session, by its name, while it is open. */
  readonly guestWays = new Map<string, GuestWay>();
  readonly #waiting = new Map<Task, WaitingTask>();
  readonly unobserved = new UnobservedFailures();
  readonly #freed: FinalizationRegistry<number>;
  readonly #unkept = new FinalizationRegistry((holder: Holder) => this.#onUnkept(holder));
  /** Whether others may start actors here, as in the cluster's keeper. */
  keepsActorsOfOthers = false;
  #taskCount = 0;
  #closed: Promise<void> | undefined;

  /** @param owner - given inside a task: the session that owns the worker. */
  constructor(cluster: Cluster, owner?: OwnerSide) {
    this.cluster = cluster;
    this.#owner = owner;
    const { actors } = cluster;
    this.actorNames = actors === undefined && owner === undefined ? namesOfProcess : new ActorNames();
    if (actors !== undefined) {
      actors.onCaller = (channel) => serveCaller(this, channel);
      actors.onNameLost = (name, message) => this.#onNameLost(name, message);
    }
    cluster.onEvent = (event) => {
      if (event.type === 'answers.dropped') this.timings.countDropped(event.count);
      this.events.emit(event);
    };
    this.#freed = new FinalizationRegistry((byteLength) => this.events.emit({ type: 'object.freed', byteLength }));
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** N3 */
  checkOpen(what: string): void {
    if (this.#closed !== undefined) throw new ClosedError(`Cannot ${what}: the session is closed`);
  }

  /** The pool of the workers of a kind. */
  pool(terms: WorkerTerms): TaskPool {
    const key = keyOf(terms);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      const { cluster, timings, events, nested, output } = this;
      const options = { cluster, terms, exclusive: false, timings, events, nested, output };
      pool = this.#owner?.openPool(terms) ?? new WorkerPool(options);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  /** The actor of a name. @throws InvalidArgumentError when it is no name, or it is known that there is none. */
  findActor(name: string): NamedActor {
    checkActorName(name);
    const own = this.#owner?.findActor(name) ?? this.findOwnActor(name);
    if (own !== undefined) return own;
    const { actors } = this.cluster;
    if (actors === undefined) throw noSuchActor(name);
    return new GuestActor(this, name, actors);
  }

  /** The living actor of a name that this session has, or, without a cluster, this process. */
  findOwnActor(name: string): NamedActor | undefined {
    return this.actorNames.find(name);
  }

  /** A session of its own for one actor; undefined where the cluster has a keeper for those. */
  openDetached(): SessionCore | undefined {
    const sibling = this.cluster.openSibling?.();
    return sibling && new SessionCore(sibling);
  }

  /** Starts an actor in the session that has those of the cluster that are detached. */
  startAtKeeper(name: string, making: FunctionHandle, args: readonly unknown[], birth: ActorBirth): NamedActor {
    const { actors } = this.cluster;
    if (actors === undefined) throw new InvalidArgumentError('Cannot start a detached actor: the cluster keeps none');
    return GuestActor.start(this, name, actors, { making, args, birth });
  }

  /** An actor of this session lives on without its name, which is found where it is now. */
  #onNameLost(name: string, message: string): void {
    const actor = this.actorNames.find(name);
    if (actor === undefined || !this.actorNames.remove(name, actor)) return;
    this.events.emit({ type: 'actor.name-lost', name, message });
  }

  addActorPool(pool: WorkerPool): void {
    this.#actorPools.add(pool);
  }

  /** How many workers have tasks or calls of the session. */
  get workersBusy(): number {
    return [...this.#pools.values(), ...this.#actorPools].reduce((sum, { workersBusy }) => sum + workersBusy, 0);
  }

  /** Ends an actor's pool and every call that waits for it. */
  removeActorPool(pool: WorkerPool, target: TaskTarget, error: GridbookError): void {
    this.#stopWaiting((waiting) => waiting.target === target, error);
    this.#actorPools.delete(pool);
    pool.close(error);
  }

  /** A method of an actor, whichever. */
  handleOfMethod(method: string): FunctionHandle {
    return readyHandle(method, this.functions.defineMethod(method));
  }

  /** A function that may be called at once, whatever its shipment still takes. */
  handleOf(shipment: Shipment | Promise<Shipment>, name: string, role: FunctionRole): FunctionHandle {
    if (!(shipment instanceof Promise)) return readyHandle(name, this.functions.define(shipment, role));
    const handle: FunctionHandle = {
      name,
      definition: undefined,
      profile: { expectedMs: undefined },
      calls: 0,
      error: undefined,
      ready: shipment.then(
        (shipped) => {
          try {
            handle.definition = this.functions.define(shipped, role);
          } catch (error) {
            handle.error = asError(error);
          }
        },
        (error: unknown) => {
          handle.error = asError(error);
        },
      ),
    };
    return handle;
  }

  /**
   * Makes a task of a call and sends it as soon as it can be.
   *
   * @throws SerializationError when an argument cannot travel.
   */
  call(
    handle: FunctionHandle,
    rules: TaskRules,
    args: readonly unknown[],
    sink: TaskSink,
    target: TaskTarget,
    position = 0,
    depth = 0,
  ): Task {
    if (this.#closed !== undefined) this.checkOpen('start a task');
    const id = ++this.#taskCount;
    this.cellTasks.onCall(id);
    handle.calls++;
    const isReady =
      handle.definition !== undefined && (rules.combine === undefined || rules.combine.definition !== undefined);
    const timed = isTimed(id, handle);
    const calledAt = timed ? nowMs() : 0;
    const payload = writeArguments(args); // N1
    const task = new Task(id, handle, rules, payload, sink, position, depth);
    if (timed) task.times = { calledAt, encodedAt: nowMs(), sentAt: 0 };
    if (isReady && haveValues(payload)) target.submit(task);
    else this.#submitLater(task, payload, target);
    return task;
  }

  #submitLater(task: Task, payload: Payload, target: TaskTarget): void {
    const entries = (payload.refs ?? []).map(({ ref }) =>
      ref instanceof ObjectRef ? entryOf(ref) : new ObjectEntry(),
    );
    let left = 1 + entries.length;
    const waiting: WaitingTask = { target, stop: () => {} };
    const onOneReady = (): void => {
      if (--left > 0 || !this.#waiting.delete(task)) return;
      const failed = entries.find((entry) => entry.outcome.state === 'failed')?.outcome;
      const error =
        task.handle.error ?? task.rules.combine?.error ?? (failed?.state === 'failed' ? failed.error : undefined);
      for (const entry of entries) entry.markObserved();
      if (error !== undefined) {
        task.state = 'settled';
        target.forgo(task);
        task.sink.onError(task, error); // N2
      } else {
        target.submit(task);
      }
    };
    this.#waiting.set(task, waiting);
    target.expect(task);
    const stops = entries.map((entry) => entry.whenSettled(onOneReady));
    waiting.stop = () => {
      for (const stop of stops) stop();
    };
    void Promise.all([task.handle.ready, task.rules.combine?.ready]).then(onOneReady);
  }

  /** The tasks that have not settled and do it for this sink. */
  unsettledOf(sink: TaskSink, pool: TaskPool): Task[] {
    return [...this.#waiting.keys(), ...pool.unsettledTasks()].filter((task) => task.sink === sink);
  }

  /** Settles a task as cancelled, wherever it is. @returns how to end later what may run on. */
  cancel(task: Task, target: TaskTarget, force: boolean, error?: GridbookError): ForceEnd | undefined {
    const why = error ?? new CancelledError(`Task "${task.rules.name}" was cancelled`);
    if (!this.#waiting.has(task)) return target.cancel(task, force, why);
    this.#stopOne(task, why);
    return undefined;
  }

  /** What has not settled, and where it is. */
  *openTasks(): Generator<[Task, TaskTarget]> {
    for (const [task, { target }] of this.#waiting) yield [task, target];
    for (const target of [...this.#pools.values(), ...this.#actorPools]) {
      for (const task of target.unsettledTasks()) yield [task, target];
    }
  }

  #stopWaiting(which: (waiting: WaitingTask) => boolean, error: GridbookError): void {
    for (const [task, waiting] of this.#waiting) if (which(waiting)) this.#stopOne(task, error);
  }

  #stopOne(task: Task, error: GridbookError): void {
    const waiting = this.#waiting.get(task);
    if (waiting === undefined) return;
    this.#waiting.delete(task);
    waiting.stop();
    waiting.target.forgo(task);
    task.state = 'settled';
    task.sink.onError(task, error);
  }

  /** A result that stayed on a node; it is made again when it is lost, and removed there when nobody has it any more. */
  keep(task: Task, place: ObjectPlace, target: TaskTarget | undefined): KeptObject {
    const { objects } = this.cluster;
    if (objects === undefined) throw new GridbookError('The cluster keeps no objects');
    const kept = new KeptObject(place, {
      read: (at) => objects.read(at),
      make: () => this.#makeAgain(task, target),
      remakesMax: target === undefined ? 0 : task.maxRetries,
    });
    this.#unkept.register(kept, kept.holder);
    return kept;
  }

  /** Makes the same call once more, with the arguments as they were written then (N1). */
  callAgain(called: Task, target: TaskTarget): Task {
    const task = this.#again(called, called.sink);
    if (task.handle.definition !== undefined && haveValues(task.args)) target.submit(task);
    else this.#submitLater(task, task.args, target);
    return task;
  }

  #again({ id, handle, rules, args, position, depth }: Task, sink: TaskSink): Task {
    const task = new Task(++this.#taskCount, handle, rules, args, sink, position, depth);
    this.cellTasks.callFor(id, () => this.cellTasks.onCall(task.id));
    return task;
  }

  #makeAgain(called: Task, target: TaskTarget | undefined): Promise<Whereabouts> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) throw new ClosedError('Cannot make a lost object again: the session is closed');
      const sink: TaskSink = {
        onKept: (_task, place) => resolve({ place }),
        onStored: (_task, { bytes }) => resolve({ bytes }),
        onValue: (_task, value) => resolve({ bytes: frameOf(value) }),
        onError: (_task, error) => reject(error),
      };
      if (target !== undefined) this.#submitLater(this.#again(called, sink), called.args, target);
    });
  }

  #onUnkept({ at }: Holder): void {
    if ('bytes' in at) return;
    this.events.emit({ type: 'object.freed', byteLength: at.place.byteLength });
    this.cluster.objects?.free(at.place);
  }

  /** Keeps a value of the program's; a small one as a copy that the caller cannot change any more. */
  store(value: unknown): ObjectEntry {
    const entry = new ObjectEntry();
    const { stored, segments, node } = writePayload(value, 'value');
    if (stored !== undefined) {
      entry.settle({ state: 'stored', stored: this.trackStored(stored) });
    } else {
      entry.settle({ state: 'ready', value: readWholeValue(buildFrame(segments ?? [], node)) });
    }
    return entry;
  }

  /** Tells of it when the memory of a large value is freed. */
  trackStored(stored: StoredValue): StoredValue {
    this.#freed.register(stored, stored.bytes.byteLength);
    return stored;
  }

  /** Whoever closes it again waits for the same end. */
  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    const ended = Promise.withResolvers<void>();
    this.#closed = ended.promise; // N3, before anything settles and its callers go on
    this.#end().then(ended.resolve, ended.reject);
    return ended.promise;
  }

  async #end(): Promise<void> {
    this.unobserved.warn();
    const error = new CancelledError('The session was closed before the task had settled');
    this.#stopWaiting(() => true, error);
    this.actorNames.removeAll(this);
    for (const pool of [...this.#pools.values(), ...this.#actorPools]) pool.close(error);
    await this.cluster.close();
    this.output.flush();
    this.events.close();
    this.cellTasks.close();
  }
}

function readyHandle(name: string, definition: FunctionDefinition): FunctionHandle {
  return { name, definition, profile: { expectedMs: undefined }, calls: 0, ready: Promise.resolve(), error: undefined };
}

/** Whether every reference among the arguments has a value already. */
function haveValues({ refs }: Payload): boolean {
  return refs === undefined || refs.every(({ ref }) => ref instanceof ObjectRef && ref.state === 'ready');
}

/** A value as a frame of its own, as a node would have kept it. */
function frameOf(value: unknown): Uint8Array {
  const { stored, segments, node } = writePayload(value, 'result');
  return stored?.bytes ?? buildFrame(segments ?? [], node);
}
