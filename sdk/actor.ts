// Actors: an instance of a class that lives in a worker of its own and keeps its state between calls.
//
// Owns: the actor's life: construction, restarts, death; the order of its calls.
// Does not own: how calls travel (worker-pool.ts), the instance (the worker).
//
// Invariants:
//   T1. Calls run one at a time, in the order in which they were made, whatever their arguments wait for.
//   T2. A call that was sent when the actor died fails with `mayHaveRun: true` and is not run again; one that was not
//       sent waits for the restart.
//   T3. The constructor runs before any call, also after a restart.
//   T4. A restart is a new lease, so it may be on another node; the constructor's arguments were written at the start.

import type { NamedActor } from './actor-names.ts';
import type { Resources, WorkerLoss } from './cluster/cluster.ts';
import { ActorDiedError, type GridbookError, InvalidArgumentError, TaskError, WorkerDiedError } from './errors.ts';
import { type Shipment, shipClass } from './function-shipping/index.ts';
import type { ObjectRef } from './object-ref.ts';
import { refuseInstances } from './protocol/refused-values.ts';
import { type AnyFunction, callForRef, type RemoteArgs } from './remote.ts';
import type { SessionCore } from './session-core.ts';
import type { FunctionHandle, Task, TaskRules, TaskSink, TaskTarget } from './task.ts';
import { checkInteger, checkName, checkNames, checkResources } from './task-options.ts';
import { textOf } from './text-of.ts';
import { WorkerPool } from './worker-pool.ts';

/** How an actor lives. */
export interface ActorOptions {
  /** How often it is constructed anew after its worker died. Its state is lost each time. @default 0 */
  maxRestarts?: number | undefined;
  /**
   * What it is called in messages, and what `getActor` finds it by while it lives; one at a time has a name.
   * @default the class's name in messages, and no name to find it by
   */
  name?: string | undefined;
  /** Values of variables that the class uses and that are not its own. */
  capture?: Readonly<Record<string, unknown>> | undefined;
  /** What its worker must have. An actor takes no cpu of the tasks' by default. @default { cpus: 0 } */
  resources?: Resources | undefined;
}

/** A class whose instances can be actors. */
export type ActorClass<T extends object> = new (...args: never[]) => T;

/**
 * The handle of an actor: its methods, each giving an `ObjectRef`, and `kill`.
 */
export type Actor<T extends object> = {
  [K in keyof T as T[K] extends AnyFunction ? (K extends 'kill' ? never : K) : never]: T[K] extends AnyFunction
    ? (...args: RemoteArgs<Parameters<T[K]>>) => ObjectRef<Awaited<ReturnType<T[K]>>>
    : never;
} & {
  /** Ends the actor at once. Calls that have not settled fail with an `ActorDiedError`. */
  kill(): void;
};

const known = new Set(['maxRestarts', 'name', 'capture', 'resources']);

/** Lets tasks through in the order in which they were made (T1). */
class InOrder implements TaskTarget {
  readonly #pool: WorkerPool;
  readonly #line: { task: Task; ready: boolean }[] = [];

  constructor(pool: WorkerPool) {
    this.#pool = pool;
  }

  expect(task: Task): void {
    this.#line.push({ task, ready: false });
  }

  submit(task: Task): void {
    if (this.#line.length === 0) {
      this.#pool.submit(task);
      return;
    }
    const place = this.#line.find((p) => p.task === task);
    if (place === undefined) this.#line.push({ task, ready: true });
    else place.ready = true;
    this.#advance();
  }

  forgo(task: Task): void {
    const at = this.#line.findIndex((p) => p.task === task);
    if (at >= 0) this.#line.splice(at, 1);
    this.#advance();
  }

  #advance(): void {
    for (let first = this.#line[0]; first?.ready; first = this.#line[0]) {
      this.#line.shift();
      this.#pool.submit(first.task);
    }
  }

  cancel(task: Task, force: boolean, error: GridbookError): void {
    const at = this.#line.findIndex((p) => p.task === task);
    if (at < 0) {
      this.#pool.cancel(task, force, error);
      return;
    }
    this.#line.splice(at, 1);
    task.state = 'settled';
    task.sink.onError(task, error);
    this.#advance();
  }

  /** Settles those that wait in line. */
  fail(error: GridbookError): void {
    for (const { task } of this.#line.splice(0)) {
      task.state = 'settled';
      task.sink.onError(task, error);
    }
  }
}

/** The rules of an actor's calls, which are never run again (T2). */
export function callRules(name: string): TaskRules {
  return {
    name,
    maxRetries: 0,
    retryErrors: false,
    timeoutMs: undefined,
    combine: undefined,
    timings: undefined,
  };
}

/** One actor, as its session sees it. */
class ActorLife implements NamedActor {
  readonly #core: SessionCore;
  readonly #name: string;
  readonly #maxRestarts: number;
  readonly #constructorHandle: FunctionHandle;
  readonly #args: readonly unknown[];
  readonly #pool: WorkerPool;
  readonly #calls: InOrder;
  readonly #methods = new Map<string, FunctionHandle>();
  #restarts = 0;
  #death: ActorDiedError | undefined;

  constructor(
    core: SessionCore,
    shipment: Shipment | Promise<Shipment>,
    args: readonly unknown[],
    options: ActorOptions,
    className: string,
  ) {
    this.#core = core;
    this.#name = options.name ?? className;
    this.#maxRestarts = checkInteger('maxRestarts', options.maxRestarts ?? 0, 0);
    this.#args = args;
    this.#constructorHandle = core.handleOf(shipment, className, { type: 'construct' });
    const { cluster, timings, events, nested } = core;
    this.#pool = new WorkerPool({
      cluster,
      resources: { cpus: 0, ...checkResources(options.resources ?? {}) },
      exclusive: true,
      timings,
      events,
      nested,
      nestedPool: () => core.pool({ cpus: 1 }),
      onWorkerLost: (loss) => this.#onWorkerLost(loss),
    });
    this.#calls = new InOrder(this.#pool);
    core.addActorPool(this.#pool);
    if (options.name !== undefined) core.actorNames.add(options.name, this);
    this.#construct(this.#calls);
  }

  #construct(target: TaskTarget): void {
    const sink: TaskSink = {
      onValue: () => {},
      onStored: () => {},
      onError: (_task, error) => {
        // A worker that died is dealt with where that is told.
        if (error instanceof WorkerDiedError) return;
        this.#die(`its constructor failed: ${textOf(error instanceof TaskError ? error.cause : error)}`, error);
      },
    };
    this.#core.call(this.#constructorHandle, callRules(`new ${this.#name}`), this.#args, sink, target);
  }

  #onWorkerLost(loss: WorkerLoss): void {
    if (this.#death !== undefined) return;
    if (this.#restarts >= this.#maxRestarts) {
      const restarts =
        this.#maxRestarts === 0 ? 'it is not restarted' : `its ${this.#maxRestarts} restarts are used up`;
      const death = this.#deathOf(`${loss.message}, and ${restarts}`, loss.cause);
      // No call is sent from now on; those that were sent settle first, each with what is known of it.
      this.#death = death;
      this.#core.actorNames.remove(this.#name, this);
      queueMicrotask(() => this.#bury(death));
      return;
    }
    this.#restarts++;
    this.#core.events.emit({ type: 'actor.restarted', name: this.#name, restarts: this.#restarts });
    const first: TaskTarget = {
      expect: () => {},
      forgo: () => {},
      submit: (task) => this.#pool.submit(task, true), // T3
      cancel: (task, force, error) => this.#pool.cancel(task, force, error),
    };
    this.#construct(first);
  }

  #die(why: string, cause?: unknown): void {
    if (this.#death !== undefined) return;
    this.#death = this.#deathOf(why, cause);
    this.#core.actorNames.remove(this.#name, this);
    this.#bury(this.#death);
  }

  #deathOf(why: string, cause: unknown): ActorDiedError {
    return new ActorDiedError(`The actor ${this.#name} is dead: ${why}`, { cause });
  }

  /** Ends the worker and every call that has not settled. */
  #bury(death: ActorDiedError): void {
    this.#core.removeActorPool(this.#pool, this.#calls, death);
    this.#calls.fail(death);
  }

  kill(): void {
    this.#die('it was killed');
  }

  call(method: string, args: readonly unknown[]): ObjectRef<unknown> {
    let handle = this.#methods.get(method);
    if (handle === undefined) {
      handle = this.#core.handleOfMethod(method);
      this.#methods.set(method, handle);
    }
    const rules = callRules(`${this.#name}.${method}`);
    return callForRef(this.#core, this.#target, handle, rules, undefined, args, (error) => this.#explain(error));
  }

  /** T2 */
  #explain(error: Error): Error {
    if (!(error instanceof WorkerDiedError)) return error;
    const { mayHaveRun, cause } = error;
    return new ActorDiedError(
      `The actor ${this.#name} died during the call, which is not run again: ${error.message}`,
      {
        mayHaveRun,
        cause,
      },
    );
  }

  /** Calls go in order while the actor lives; after that each fails. T2 */
  get #target(): TaskTarget {
    const death = this.#death;
    if (death === undefined) return this.#calls;
    return {
      expect: () => {},
      forgo: () => {},
      cancel: () => {},
      submit: (task) => {
        task.state = 'settled';
        task.sink.onError(task, death);
      },
    };
  }
}

/** Makes an actor and its handle. */
export function makeActor<T extends object>(
  core: SessionCore,
  Class: ActorClass<object>,
  args: readonly unknown[],
  options: ActorOptions,
  callerUrl: string | undefined,
): Actor<T> {
  checkNames(options, known, 'an actor');
  // What has no prototype is no class, and refused by its kind when it is shipped.
  const methods = Object(Object(Class).prototype);
  if ('kill' in methods || 'then' in methods) {
    throw new InvalidArgumentError(
      `${Class.name} cannot be an actor: its handle needs the names kill and then for itself. Rename the method`,
    );
  }
  const { capture } = options;
  const name = checkName(options.name);
  if (name !== undefined) core.actorNames.checkFree(name);
  if (!Array.isArray(args)) {
    throw new InvalidArgumentError(`The arguments of an actor's constructor must be an array, got ${textOf(args)}`);
  }
  const shipment = shipClass(Class, {
    ...(capture === undefined ? {} : { capture }),
    ...(callerUrl === undefined ? {} : { callerUrl }),
  });
  return handleOf<T>(new ActorLife(core, shipment, args, options, Class.name));
}

/** What stands behind a handle, so that it is known by sight and by what writes values. */
class ActorHandle {}
refuseInstances(
  ActorHandle,
  'an actor',
  'give the actor a name, and take it by currentSession().getActor(name) in the task',
);

/** A handle of an actor that lives. */
export function handleOf<T extends object>(life: NamedActor): Actor<T> {
  const methods = new Map<string, unknown>([['kill', () => life.kill()]]);
  const handle: object = new Proxy(new ActorHandle(), {
    get: (_, key) => {
      // `then` is not there, so that a handle can be awaited by mistake and is still a handle.
      if (typeof key !== 'string' || key === 'then') return undefined;
      let method = methods.get(key);
      if (method === undefined) {
        method = (...callArgs: unknown[]) => life.call(key, callArgs);
        methods.set(key, method);
      }
      return method;
    },
    set: () => false,
  });
  // The proxy answers for each method of T.
  return handle as Actor<T>;
}
