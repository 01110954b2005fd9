// Session: a client's connection to a cluster, and the owner of its tasks, actors and objects.
//
// Owns: the public calls and the checks of their arguments. Does not own: how they are done (session-core.ts and on).

import { type Actor, type ActorClass, type ActorOptions, handleOf, makeActor } from './actor.ts';
import type { Cluster } from './cluster/cluster.ts';
import { noteCore } from './core-of.ts';
import { InvalidArgumentError } from './errors.ts';
import type { SessionEvent } from './events.ts';
import { callerUrl, type ShipOptions, shipFunction, shipModule, shipNamespace } from './function-shipping/index.ts';
import { MapRun } from './map.ts';
import { MapStream } from './map-stream.ts';
import { entryOf, ObjectRef } from './object-ref.ts';
import { refuseInstances } from './protocol/refused-values.ts';
import {
  type AnyFunction,
  cancelTask,
  insideOf,
  isFunction,
  makeRemote,
  type Remote,
  type RemoteArgs,
  type RemoteModule,
  rulesOf,
} from './remote.ts';
import { type OwnerSide, SessionCore } from './session-core.ts';
import {
  checkOptionNames,
  checkReduction,
  hasInitial,
  isForced,
  type MapOptions,
  type RemoteMapper,
  type RemoteOptions,
} from './session-options.ts';
import { checkBoolean, checkCallback, checkInteger, checkTaskOptions, type TaskOptions } from './task-options.ts';
import { shownOf } from './text-of.ts';
import { type Timings, TimingsRecorder } from './timings.ts';
import { checkRef, getAll, type WaitOptions, type WaitResult, type WaitSomeOptions, waitForSome } from './waiting.ts';

const inFlightDefault = 4_096;

/**
 * A client's connection to a cluster. Made by `connect`.
 *
 * @example
 * ```ts
 * import { connect } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * const square = session.remote((x: number) => x * x);
 * console.log(await square(7)); // prints: 49
 * ```
 */
export class Session implements AsyncDisposable {
  readonly #core: SessionCore;

  /** Sessions are made by `connect`. @internal */
  constructor(cluster: Cluster, owner?: OwnerSide) {
    this.#core = new SessionCore(cluster, owner);
    noteCore(this, this.#core);
  }

  /** What the session runs on: `embedded`, or an address. */
  get cluster(): string {
    return this.#core.cluster.name;
  }

  /** How many workers of one cpu it can have at once. */
  get workers(): number {
    return this.#core.cluster.workersMax;
  }

  /** How many workers have tasks or calls of it now; 0 inside of a task, where the workers are the program's. */
  get workersBusy(): number {
    return this.#core.workersBusy;
  }

  /**
   * A function whose calls run on workers.
   *
   * @param fn - the function. Its source is parsed once; what it uses from outside must be an import, a global, or be
   *   given in `options.capture`.
   * @param options - its captures, and the rules of its tasks.
   * @returns the remote function: a call gives an `ObjectRef` at once.
   * @throws InvalidArgumentError naming the variable, the line and the ways out, when something else is used.
   * @throws SerializationError when a captured value cannot travel.
   * @throws ResourceError or ClosedError when no worker can ever have its resources, or the session is closed.
   * @example
   * ```ts
   * import { connect } from 'gridbook';
   *
   * await using session = await connect({ workers: 1 });
   * const factor = 3;
   * const scale = session.remote((x: number) => x * factor, { capture: { factor } });
   * console.log(await scale(5)); // prints: 15
   * ```
   */
  remote<F extends AnyFunction>(fn: F, options?: RemoteOptions): Remote<F>;
  /**
   * A function that a module exports. The module is bundled with what it imports.
   *
   * @typeParam F - the function's type, which a URL does not tell.
   * @param module - the module's file URL.
   * @param name - the name of the export.
   * @param options - the rules of its tasks.
   * @returns the remote function.
   * @throws InvalidArgumentError when it is no file's URL, or an option is not of its form; further as for a function.
   */
  remote<F extends AnyFunction = (...args: unknown[]) => unknown>(
    module: URL,
    name: string,
    options?: RemoteOptions,
  ): Remote<F>;
  /**
   * All functions of a module.
   *
   * @param module - the module as `import * as module` gives it.
   * @param options - the rules of their tasks.
   * @returns the remote functions, by the names of the exports.
   * @throws InvalidArgumentError when it is no module of a file, or an option is not of its form; further as for a function.
   */
  remote<M extends object>(module: M, options?: RemoteOptions): RemoteModule<M>;
  remote(what: object, second?: string | RemoteOptions, third?: RemoteOptions): unknown {
    this.#core.checkOpen('make a remote function');
    const options = typeof second === 'string' ? (third ?? {}) : (second ?? {});
    checkOptionNames('remote', options);
    const { capture, ...taskOptions } = options;
    const checked = checkTaskOptions(taskOptions);
    const named = taskOptions.name === undefined ? {} : { name: taskOptions.name };
    if (what instanceof URL) {
      if (typeof second !== 'string') {
        throw new InvalidArgumentError('remote(url, name) needs the name of the function that the module exports');
      }
      const handle = this.#core.handleOf(shipModule(what, second, named), taskOptions.name ?? second, {
        type: 'call',
      });
      return makeRemote(this.#core, handle, checked);
    }
    if (typeof second === 'string')
      throw new InvalidArgumentError('A name is for remote(url, name): give { name } here');
    if (isFunction(what)) return this.#remoteFunction(what, capture, taskOptions);
    const remotes: Record<string, unknown> = {};
    for (const [name, shipment] of Object.entries(shipNamespace(what, { callerUrl: callerUrl() }))) {
      remotes[name] = makeRemote(this.#core, this.#core.handleOf(shipment, name, { type: 'call' }), checked);
    }
    return remotes;
  }

  #remoteFunction(
    fn: object,
    capture: Readonly<Record<string, unknown>> | undefined,
    taskOptions: TaskOptions,
    shipOptions: ShipOptions = {},
  ): Remote<AnyFunction> {
    const inside = insideOf(fn);
    if (inside !== undefined) {
      if (capture !== undefined) throw new InvalidArgumentError('capture belongs to the first remote(fn, { capture })');
      return makeRemote(this.#core, inside.handle, checkTaskOptions(taskOptions, inside.options));
    }
    if (!isFunction(fn)) throw new InvalidArgumentError(`A map takes a function, remote or not, got ${shownOf(fn)}`);
    const name = taskOptions.name ?? (fn.name || 'anonymous');
    const shipment = shipFunction(fn, {
      ...shipOptions,
      ...(capture === undefined ? {} : { capture }),
      name,
      callerUrl: callerUrl(),
    });
    return makeRemote(this.#core, this.#core.handleOf(shipment, name, { type: 'call' }), checkTaskOptions(taskOptions));
  }

  /**
   * Runs a function over inputs, as many as they are, and gives the results as a stream.
   *
   * @param fn - a function or a remote function; called with one input.
   * @param inputs - any iterable or async iterable, also an endless one: it is read as results are taken.
   * @param options - order, limits, how results combine, and the rules of the tasks.
   * @returns the results in the order of the inputs, unless `ordered: false`.
   * @throws InvalidArgumentError, SerializationError, ResourceError or ClosedError where `remote` does.
   * @throws (from the stream) what the first failed task failed with; the others are cancelled then.
   * @example
   * ```ts
   * import { connect } from 'gridbook';
   *
   * await using session = await connect({ workers: 2 });
   * const squares = await session.map((x: number) => x * x, [1, 2, 3]).toArray();
   * console.log(squares.join(' ')); // prints: 1 4 9
   * ```
   */
  map<T, R>(
    fn: ((input: T) => R) | RemoteMapper<T, R>,
    inputs: Iterable<T | ObjectRef<T>> | AsyncIterable<T | ObjectRef<T>>,
    options: MapOptions<Awaited<R>> = {},
  ): MapStream<Awaited<R>> {
    this.#core.checkOpen('start a map');
    checkOptionNames('map', options);
    const { ordered = true, inFlightMax = inFlightDefault, onProgress, combine, capture, ...taskOptions } = options;
    checkBoolean('ordered', ordered);
    checkInteger('inFlightMax', inFlightMax, 1);
    checkCallback('onProgress', onProgress);
    checkCallback('combine', combine);
    const combiner =
      combine === undefined ? undefined : this.#insideOf(combine, capture, {}, { unusedCapture: 'allow' });
    const inside = this.#insideOf(fn, capture, taskOptions, { sharedWith: combine });
    const timings = new TimingsRecorder();
    const { handle, options: checked } = inside;
    const rules = rulesOf(handle, checked, combiner?.handle, timings);
    const core = this.#core;
    const pool = core.pool(checked);
    const { signal } = checked;
    const run = new MapRun({ core, pool, handle, rules, timings, inputs, ordered, inFlightMax, signal, onProgress });
    return new MapStream(run);
  }

  #insideOf(
    fn: object,
    capture: Readonly<Record<string, unknown>> | undefined,
    options: TaskOptions,
    shipOptions: ShipOptions,
  ): NonNullable<ReturnType<typeof insideOf>> {
    return insideOf(this.#remoteFunction(fn, capture, options, shipOptions))!; // it is one
  }

  /**
   * Runs a function over inputs and combines all results into one, neighbours first on the workers, the rest here.
   *
   * @param fn - a function or a remote function; called with one input.
   * @param inputs - as for `map`.
   * @param combine - associative; a plain function, since it also runs here.
   * @param options - as for `map`; `initial` is what the first result is combined with.
   * @returns the one result.
   * @throws InvalidArgumentError when there are no inputs and no `initial`.
   * @example
   * ```ts
   * import { connect } from 'gridbook';
   *
   * await using session = await connect({ workers: 2 });
   * const sum = await session.reduce((x: number) => x * x, [1, 2, 3], (a, b) => a + b);
   * console.log(sum); // prints: 14
   * ```
   */
  async reduce<T, R>(
    fn: ((input: T) => R) | RemoteMapper<T, R>,
    inputs: Iterable<T | ObjectRef<T>> | AsyncIterable<T | ObjectRef<T>>,
    combine: (earlier: Awaited<R>, later: Awaited<R>) => Awaited<R>,
    options: Omit<MapOptions<Awaited<R>>, 'combine' | 'ordered'> & { initial?: Awaited<R> } = {},
  ): Promise<Awaited<R>> {
    checkReduction(combine, options);
    const { initial: _, ...mapOptions } = options;
    let total = hasInitial(options) ? { value: options.initial } : undefined;
    await this.map(fn, inputs, { ...mapOptions, combine }).forEach((value) => {
      total = { value: total === undefined ? value : combine(total.value, value) };
    });
    if (total === undefined) {
      throw new InvalidArgumentError('Cannot reduce no inputs: give `initial`, the value for that case');
    }
    return total.value;
  }

  /**
   * Starts an actor: an instance of a class that lives in a worker of its own and keeps its state between calls.
   *
   * @param Class - the class; what it uses from outside is shipped as with `remote`.
   * @param args - the constructor's arguments.
   * @param options - its captures, and how it lives.
   * @returns its handle at once; a constructor that fails makes every call fail with an `ActorDiedError`.
   * @throws InvalidArgumentError when it is no class, an option is not of its form, or an actor of that name lives;
   *   SerializationError when an argument cannot travel; ResourceError when no worker can ever have the resources.
   * @example
   * ```ts
   * import { connect } from 'gridbook';
   *
   * class Counter {
   *   count = 0;
   *   add(n: number) {
   *     this.count += n;
   *     return this.count;
   *   }
   * }
   * await using session = await connect({ workers: 1 });
   * const counter = session.actor(Counter);
   * counter.add(2);
   * console.log(await counter.add(3)); // prints: 5
   * ```
   */
  actor<C extends ActorClass<object>>(
    Class: C,
    args: RemoteArgs<ConstructorParameters<C>> | [] = [],
    options: ActorOptions = {},
  ): Actor<InstanceType<C>> {
    this.#core.checkOpen('start an actor');
    return makeActor<InstanceType<C>>(this.#core, Class, args, options, callerUrl());
  }

  /**
   * The handle of an actor that was started with a name, by this session or another one of the cluster, or, without a
   * cluster, of this process. Tasks find it by `currentSession()`. In a cluster it shows at the calls whether one of that
   * name lives: they fail with an `ActorDiedError` when none does.
   *
   * @param name - the name that its options gave it.
   * @returns a handle like that which `actor` gave.
   * @throws InvalidArgumentError when it is no name, or it is known that no actor of that name lives.
   */
  getActor<T extends object>(name: string): Actor<T> {
    this.#core.checkOpen('get an actor');
    return handleOf<T>(this.#core.findActor(name));
  }

  /**
   * Stores a value and gives its reference. A large one is copied once, into memory that every worker sees.
   *
   * @param value - anything that an argument can be.
   * @returns its reference.
   * @throws SerializationError when it cannot travel.
   */
  put<T>(value: T): ObjectRef<T> {
    this.#core.checkOpen('put a value');
    return new ObjectRef<T>(this.#core.store(value));
  }

  /**
   * The value of a reference.
   *
   * @param ref - whose value.
   * @param options - how long to wait.
   * @returns the value.
   * @throws TimeoutError when it had not settled after `timeoutMs`, or what its task failed with.
   */
  get<T>(ref: ObjectRef<T>, options?: WaitOptions): Promise<T>;
  /**
   * The values of several references.
   *
   * @param refs - whose values.
   * @param options - how long to wait.
   * @returns the values in the order of the references.
   * @throws TimeoutError when they had not settled after `timeoutMs`, or what the first failed one failed with.
   */
  get<T extends readonly ObjectRef<unknown>[] | []>(
    refs: T,
    options?: WaitOptions,
  ): Promise<{ -readonly [K in keyof T]: T[K] extends ObjectRef<infer V> ? V : never }>;
  async get(what: ObjectRef<unknown> | readonly ObjectRef<unknown>[], options: WaitOptions = {}): Promise<unknown> {
    if (what instanceof ObjectRef) return (await getAll([what], options))[0];
    return getAll(what, options);
  }

  /**
   * Waits until some of the references have settled, by success or failure, or the time is over.
   *
   * @param refs - all that may settle.
   * @param options - how many of them, and how long to wait.
   * @returns all references, those that have settled and those that have not.
   * @throws InvalidArgumentError when something is no reference, or an option is not of its form.
   */
  async wait<T>(refs: readonly ObjectRef<T>[], options: WaitSomeOptions = {}): Promise<WaitResult<T>> {
    return waitForSome(refs, options);
  }

  /**
   * Cancels the task that makes a reference's value; the reference fails with a `CancelledError` at once.
   *
   * @param ref - what that task makes; nothing happens when it has settled.
   * @param options - `force` also ends a task that runs: its worker is killed unless it answers in a quarter of a second.
   *   Without it, a task that runs goes on, its result is dropped, and a second call with `force` can still end it.
   * @throws InvalidArgumentError when it is no reference, or an option is not of its form.
   */
  cancel(ref: ObjectRef<unknown>, options: { force?: boolean } = {}): void {
    checkRef(ref, 'cancel');
    cancelTask(this.#core, entryOf(ref), isForced(options));
  }

  /** Where the time of this session's tasks went. @returns one summary a stage. */
  timings(): Timings {
    return this.#core.timings.summary();
  }

  /** What happens from now on. @returns a stream that ends when the session is closed. */
  events(): AsyncGenerator<SessionEvent, void, undefined> {
    return this.#core.events.listen();
  }

  /** Cancels what has not settled, and gives up all workers. @returns when they have ended, or a head that answers knows. */
  close(): Promise<void> {
    return this.#core.close();
  }

  /** For `await using`: closes the session. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

refuseInstances(Session, 'a session', 'call currentSession() in the task');
