// Remote functions: a function as one calls it, whose body runs on a worker.
//
// Owns: the types of remote functions, how a call's outcome reaches its ref. Does not own: shipping, dispatch.

import type { ObjectPlace } from './cluster/object-place.ts';
import type { GridbookError } from './errors.ts';
import type { Shipment } from './function-shipping/index.ts';
import { ObjectEntry, ObjectRef } from './object-ref.ts';
import type { StoredValue } from './protocol/payload.ts';
import type { SessionCore } from './session-core.ts';
import type { ForceEnd, FunctionHandle, Task, TaskRules, TaskSink, TaskTarget } from './task.ts';
import { abortedBy, type CheckedOptions, checkTaskOptions, type TaskOptions } from './task-options.ts';
import type { TimingsRecorder } from './timings.ts';

/** Any function at all. */
export type AnyFunction = (...args: never[]) => unknown;

/** Whether a value is one. */
export function isFunction(value: unknown): value is AnyFunction {
  return typeof value === 'function';
}

/** An argument, or a reference to one, or one that has references inside. */
export type RemoteArg<T> = T | ObjectRef<T> | WithRefs<T>;

/** What is an argument as a whole, without references inside. */
export type WholeValue =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | AnyFunction
  | ArrayBuffer
  | ArrayBufferView
  | Date
  | Error
  | RegExp
  | ObjectRef<unknown>;

/** A list, a collection or an object whose parts may be references. */
export type WithRefs<T> = T extends WholeValue
  ? never
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<RemoteArg<K>, RemoteArg<V>>
    : T extends ReadonlySet<infer V>
      ? ReadonlySet<RemoteArg<V>>
      : { [K in keyof T]: RemoteArg<T[K]> };

/**
 * A function whose calls run on workers: the same arguments, each of them also as an `ObjectRef`, and an `ObjectRef`
 * of what the function returns, or of what its promise gives.
 */
export interface Remote<F extends AnyFunction> {
  /**
   * Calls it on a worker: the reference is there at once.
   *
   * @throws SerializationError naming the place of what cannot travel in an argument.
   * @throws ClosedError when the session is closed.
   */
  (...args: RemoteArgs<Parameters<F>>): ObjectRef<Awaited<ReturnType<F>>>;
  /** The function's name, as messages and lists show it. */
  readonly name: string;
  /**
   * The same function with other options.
   *
   * @param options - what changes; the rest stays.
   * @returns another remote function; this one stays as it is.
   * @throws InvalidArgumentError when an option is not of its form.
   */
  with(options: TaskOptions): Remote<F>;
}

/** Arguments, each of them also as a reference. */
export type RemoteArgs<A extends unknown[]> = { [K in keyof A]: RemoteArg<A[K]> };

/** A module whose functions run on workers. */
export type RemoteModule<M> = {
  [K in keyof M as M[K] extends AnyFunction ? K : never]: M[K] extends AnyFunction ? Remote<M[K]> : never;
};

/** What is inside a remote function. */
export interface RemoteInside {
  readonly handle: FunctionHandle;
  readonly options: CheckedOptions;
}

const insides = new WeakMap<object, RemoteInside>();

/** What is inside a remote function; undefined for any other value. */
export function insideOf(value: unknown): RemoteInside | undefined {
  return typeof value === 'function' ? insides.get(value) : undefined;
}

/** The rules that follow from options. */
export function rulesOf(
  handle: FunctionHandle,
  options: CheckedOptions,
  combine?: FunctionHandle,
  timings?: TimingsRecorder,
): TaskRules {
  const { maxRetries, retryErrors, timeoutMs, name } = options;
  return { name: name ?? handle.name, maxRetries, retryErrors, timeoutMs, combine, timings };
}

/** Settles a ref's entry with what its task comes to. */
export class EntrySink implements TaskSink {
  readonly #core: SessionCore;
  readonly #explain: (error: Error) => Error;
  readonly entry = new ObjectEntry();

  constructor(core: SessionCore, explain: (error: Error) => Error = (error) => error) {
    this.#core = core;
    this.#explain = explain;
  }

  onValue(_task: Task, value: unknown): void {
    this.entry.settle({ state: 'ready', value });
  }

  onStored(_task: Task, stored: StoredValue): void {
    this.entry.settle({ state: 'stored', stored: this.#core.trackStored(stored) });
  }

  onKept(task: Task, place: ObjectPlace): void {
    this.entry.settle({ state: 'kept', kept: this.#core.keep(task, place, this.entry.target) });
  }

  onError(_task: Task, thrown: Error): void {
    const error = this.#explain(thrown);
    this.#core.unobserved.note(this.entry, error);
    this.entry.settle({ state: 'failed', error });
  }
}

/** Calls a function and gives the ref of its outcome; `explain` says a failure in the caller's terms. */
export function callForRef(
  core: SessionCore,
  target: TaskTarget,
  handle: FunctionHandle,
  rules: TaskRules,
  signal: AbortSignal | undefined,
  args: readonly unknown[],
  explain?: (error: Error) => Error,
): ObjectRef<unknown> {
  const sink = new EntrySink(core, explain);
  const { entry } = sink;
  if (signal?.aborted) {
    entry.settle({ state: 'failed', error: abortedBy(signal, `Task "${rules.name}"`) });
    return new ObjectRef(entry);
  }
  entry.task = core.call(handle, rules, args, sink, target);
  entry.target = target;
  if (signal !== undefined) {
    cancelOnAbort(core, entry, signal);
  }
  return new ObjectRef(entry);
}

/** The open calls of a signal, and the one listener that serves them all: a listener each costs the square of the calls. */
interface SignalCalls {
  readonly entries: Map<ObjectEntry, SessionCore>;
  readonly onAbort: () => void;
}

const callsOfSignals = new WeakMap<AbortSignal, SignalCalls>();

function cancelOnAbort(core: SessionCore, entry: ObjectEntry, signal: AbortSignal): void {
  let calls = callsOfSignals.get(signal);
  if (calls === undefined) {
    const entries = new Map<ObjectEntry, SessionCore>();
    calls = {
      entries,
      onAbort: () => {
        for (const [open, itsCore] of entries) {
          cancelTask(itsCore, open, true, abortedBy(signal, `Task "${open.task?.rules.name}"`));
        }
      },
    };
    callsOfSignals.set(signal, calls);
  }
  const { entries, onAbort } = calls;
  if (entries.size === 0) signal.addEventListener('abort', onAbort, { once: true });
  entries.set(entry, core);
  entry.whenSettled(() => {
    entries.delete(entry);
    if (entries.size === 0) signal.removeEventListener('abort', onAbort);
  });
}

/**
 * Cancels the task of an entry; nothing when it has settled, unless by a cancellation that let it go on.
 *
 * @returns how to end later what may run on.
 */
export function cancelTask(
  core: SessionCore,
  entry: ObjectEntry,
  force: boolean,
  error?: GridbookError,
): ForceEnd | undefined {
  const { task, target, endByForce } = entry;
  if (task !== undefined && target !== undefined) {
    entry.endByForce = core.cancel(task, target, force, error);
  } else if (force) {
    entry.endByForce = undefined;
    endByForce?.();
  }
  return entry.endByForce;
}

/** Makes a remote function of a handle. */
export function makeRemote(core: SessionCore, handle: FunctionHandle, options: CheckedOptions): Remote<AnyFunction> {
  const rules = rulesOf(handle, options);
  const pool = core.pool(options);
  const call = (...args: unknown[]): ObjectRef<unknown> => callForRef(core, pool, handle, rules, options.signal, args);
  Object.defineProperty(call, 'name', { value: rules.name });
  const remote = Object.assign(call, {
    with: (changed: TaskOptions) => makeRemote(core, handle, checkTaskOptions(changed, options)),
  });
  insides.set(remote, { handle, options });
  return remote;
}

/** A remote function of a shipment that the SDK made itself, with the default options. */
export function remoteOf<F extends AnyFunction>(core: SessionCore, shipment: Shipment): Remote<F> {
  const handle = core.handleOf(shipment, shipment.code.name, { type: 'call' });
  // Who makes the shipment knows the type of its function.
  return makeRemote(core, handle, checkTaskOptions({})) as Remote<F>;
}
