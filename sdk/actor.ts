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
//   T5. One that cannot be started leaves nothing: no name, no request for a worker, no session of its own.

import { checkActorName, type NamedActor } from './actor-names.ts';
import { CallsInOrder } from './calls-in-order.ts';
import type { Resources, WorkerLoss, WorkerTerms } from './cluster/cluster.ts';
import { ActorDiedError, InvalidArgumentError, TaskError, WorkerDiedError } from './errors.ts';
import { type Shipment, shipClass } from './function-shipping/index.ts';
import type { ObjectRef } from './object-ref.ts';
import { checkPlacement, type PlacementOptions } from './placement.ts';
import type { ActorBirth } from './protocol/messages.ts';
import { refuseInstances } from './protocol/refused-values.ts';
import { type AnyFunction, callForRef, type RemoteArgs } from './remote.ts';
import type { SessionCore } from './session-core.ts';
import type { FunctionHandle, Task, TaskRules, TaskSink, TaskTarget } from './task.ts';
import { usedUp } from './task-failure.ts';
import { checkBoolean, checkInteger, checkNames, checkResources, plainWorker } from './task-options.ts';
import { textOf } from './text-of.ts';
import { WorkerPool } from './worker-pool.ts';

/** How an actor lives. */
export interface ActorOptions {
  /** How often it is constructed anew after its worker died. Its state is lost each time. @default 0 */
  maxRestarts?: number | undefined;
  /**
   * What it is called in messages, and what `getActor` finds it by while it lives, in every session of the cluster; one at a
   * time has a name.
   * @default the class's name in messages, and no name to find it by
   */
  name?: string | undefined;
  /**
   * Whether it outlives its session: until it is killed, or, on embedded workers, until the process ends. It needs a name.
   * @default false
   */
  detached?: boolean | undefined;
  /** Values of variables that the class uses and that are not its own. */
  capture?: Readonly<Record<string, unknown>> | undefined;
  /** What its worker must have. An actor takes no cpu of the tasks' by default. @default { cpus: 0 } */
  resources?: Resources | undefined;
  /** Where its worker may be, also after a restart. @default anywhere */
  placement?: PlacementOptions | undefined;
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

const known = new Set(['maxRestarts', 'name', 'detached', 'capture', 'resources', 'placement']);

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
  readonly #pool: WorkerPool;
  readonly #calls: CallsInOrder;
  readonly #methods = new Map<string, FunctionHandle>();
  readonly #born = Promise.withResolvers<void>();
  /** The newest call of the constructor. */
  #making: Task;
  #restarts = 0;
  #death: ActorDiedError | undefined;

  constructor(
    core: SessionCore,
    making: FunctionHandle,
    args: readonly unknown[],
    options: Omit<ActorOptions, 'capture'>,
  ) {
    this.#core = core;
    this.#born.promise.catch(() => {}); // calls tell of it
    this.#name = options.name ?? making.name;
    this.#maxRestarts = checkInteger('maxRestarts', options.maxRestarts ?? 0, 0);
    const { cluster, timings, events, nested, output } = core;
    this.#pool = new WorkerPool({
      cluster,
      terms: termsOf(options),
      exclusive: true,
      timings,
      events,
      nested,
      output,
      nestedPool: () => core.pool(plainWorker),
      onWorkerLost: (loss) => this.#onWorkerLost(loss),
    });
    this.#calls = new CallsInOrder(this.#pool);
    core.addActorPool(this.#pool);
    try {
      const named = options.name === undefined ? undefined : this.#takeName(options.name);
      // It is not constructed before it has its name.
      const handle = named === undefined ? making : readyAfter(making, named);
      this.#making = core.call(handle, callRules(`new ${this.#name}`), args, this.#makingSink(), this.#calls);
    } catch (error) {
      this.#die('it could not be started', error); // T5
      throw error;
    }
  }

  /** Fulfils when the name is this actor's in its cluster, too; undefined when nobody else need be asked. */
  #takeName(name: string): Promise<void> | undefined {
    this.#core.actorNames.add(name, this, this.#core);
    return this.#core.cluster.actors?.claim(name);
  }

  #giveNameUp(): void {
    const { actorNames, cluster } = this.#core;
    if (actorNames.remove(this.#name, this)) cluster.actors?.release(this.#name);
  }

  #makingSink(): TaskSink {
    return {
      onValue: () => this.#born.resolve(),
      onStored: () => {},
      onError: (_task, error) => {
        // A worker that died is dealt with where that is told.
        if (error instanceof WorkerDiedError) return;
        const isItsOwn = error instanceof TaskError;
        this.#die(isItsOwn ? `its constructor failed: ${textOf(error.cause)}` : error.message, error);
      },
    };
  }

  #onWorkerLost(loss: WorkerLoss): void {
    if (this.#death !== undefined) return;
    if (this.#restarts >= this.#maxRestarts) {
      const restarts =
        this.#maxRestarts === 0 ? 'it is not restarted' : usedUp(this.#maxRestarts, 'restart', 'restarts');
      const death = this.#deathOf(`${loss.message}, and ${restarts}`, loss.cause);
      // No call is sent from now on; those that were sent settle first, each with what is known of it.
      this.#death = death;
      this.#giveNameUp();
      queueMicrotask(() => this.#bury(death));
      return;
    }
    if (this.#making.state === 'queued') return; // it had not begun, and is first in the queue
    this.#restarts++;
    this.#core.events.emit({ type: 'actor.restarted', name: this.#name, restarts: this.#restarts });
    const first: TaskTarget = {
      expect: () => {},
      forgo: () => {},
      submit: (task) => this.#pool.submit(task, true), // T3
      cancel: (task, force, error) => this.#pool.cancel(task, force, error),
    };
    this.#making = this.#core.callAgain(this.#making, first); // T4
  }

  /** Fulfils when it was constructed for the first time; rejects when it died before. */
  get born(): Promise<void> {
    return this.#born.promise;
  }

  #die(why: string, cause?: unknown): void {
    if (this.#death !== undefined) return;
    this.#death = this.#deathOf(why, cause);
    this.#giveNameUp();
    this.#bury(this.#death);
  }

  #deathOf(why: string, cause: unknown): ActorDiedError {
    return new ActorDiedError(`The actor ${this.#name} is dead: ${why}`, { cause });
  }

  /** Ends the worker and every call that has not settled. */
  #bury(death: ActorDiedError): void {
    this.#born.reject(death);
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
      cancel: () => undefined,
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
  const { capture, name } = options;
  const detached = checkBoolean('detached', options.detached) ?? false;
  if (name !== undefined) core.actorNames.checkFree(checkActorName(name));
  if (!Array.isArray(args)) {
    throw new InvalidArgumentError(`The arguments of an actor's constructor must be an array, got ${textOf(args)}`);
  }
  const shipment = shipClass(Class, {
    ...(capture === undefined ? {} : { capture }),
    ...(callerUrl === undefined ? {} : { callerUrl }),
  });
  if (!detached) return handleOf<T>(new ActorLife(core, makingOf(core, Class, shipment), args, options));
  if (name === undefined) throw new InvalidArgumentError('A detached actor needs a name, by which it can be found');
  const own = core.openDetached();
  if (own !== undefined) {
    // When the actor is dead nothing is left in that session that would have to be closed.
    try {
      return handleOf<T>(new ActorLife(own, makingOf(own, Class, shipment), args, options));
    } catch (error) {
      void own.close(); // T5
      throw error;
    }
  }
  const birth = { maxRestarts: checkInteger('maxRestarts', options.maxRestarts ?? 0, 0), ...termsOf(options) };
  return handleOf<T>(core.startAtKeeper(name, makingOf(core, Class, shipment), args, birth));
}

function makingOf(
  core: SessionCore,
  { name }: { name: string },
  shipment: Shipment | Promise<Shipment>,
): FunctionHandle {
  return core.handleOf(shipment, name || 'anonymous', { type: 'construct' });
}

/** Makes an actor of this session for another one; fulfils when it is there. */
export function createActor(
  core: SessionCore,
  name: string,
  making: FunctionHandle,
  args: readonly unknown[],
  birth: ActorBirth,
): Promise<void> {
  const { maxRestarts, resources, placement } = birth;
  const node = placement.node ?? undefined;
  return new ActorLife(core, making, args, { name, maxRestarts, resources, placement: { ...placement, node } }).born;
}

/** A function that may be called once something else is there, too. */
function readyAfter(handle: FunctionHandle, other: Promise<void>): FunctionHandle {
  const later: FunctionHandle = {
    name: handle.name,
    profile: handle.profile,
    calls: 0,
    definition: undefined,
    error: undefined,
    ready: Promise.all([handle.ready, other]).then(
      () => {
        later.definition = handle.definition;
        later.error = handle.error;
      },
      (error: unknown) => {
        later.error = error instanceof Error ? error : new Error(String(error));
      },
    ),
  };
  return later;
}

function termsOf({ resources = {}, placement = {} }: ActorOptions): WorkerTerms {
  return { resources: { cpus: 0, ...checkResources(resources) }, placement: checkPlacement(placement) };
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
