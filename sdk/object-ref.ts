// ObjectRef: what a caller holds of a value that is, or will be, somewhere in the cluster.
//
// Owns: the outcome of one task or `put`, and who waits for it. Does not own: the task, the memory's accounting.
// Callers: remote.ts, actor.ts, session.ts make them; everybody awaits them.
//
// Invariants:
//   O1. An outcome is set once and never changes.
//   O2. A promise is made only when somebody waits, so that a failure nobody awaits rejects nothing.
//   O3. The ref is the only owner of its value: when no ref, task or waiter reaches it, the value is freed.
//   O4. A chain of references of any length settles without filling the stack.

import { type InspectOptions, inspect } from 'node:util';
import type { KeptObject } from './cluster/objects-kept.ts';
import { ObjectLostError } from './errors.ts';
import { readWholeValue } from './protocol/deserialization.ts';
import type { StoredValue } from './protocol/payload.ts';
import { objectRefBrand } from './protocol/serialization.ts';
import type { ForceEnd, Task, TaskTarget } from './task.ts';

type Outcome =
  | { state: 'pending' }
  | { state: 'ready'; value: unknown }
  | { state: 'stored'; stored: StoredValue; value?: { read: unknown } }
  /** It is on a node; `value` is there once it was fetched, `lost` when it could not be. */
  | { state: 'kept'; kept: KeptObject; value?: { read: unknown }; lost?: unknown }
  | { state: 'failed'; error: Error };

const pending: Outcome = { state: 'pending' };

/** What is inside a ref; the session's side of it. */
export class ObjectEntry {
  outcome: Outcome = pending;
  /** The task that makes the value, until it has settled. */
  task: Task | undefined;
  /** Where that task runs. */
  target: TaskTarget | undefined;
  /** Set when the task was cancelled without force and may run on. */
  endByForce: ForceEnd | undefined;
  /** Called when the outcome has been set. */
  #waiters: (() => void)[] | undefined;
  #promise: Promise<unknown> | undefined;
  #loading: Promise<void> | undefined;
  /** Called when a failure is looked at for the first time. */
  onObserved: (() => void) | undefined;
  /** Somebody has looked at the outcome, or waits for it. */
  isObserved = false;

  get isSettled(): boolean {
    return this.outcome.state !== 'pending';
  }

  settle(outcome: Outcome): void {
    if (this.outcome.state !== 'pending') return; // O1
    this.outcome = outcome;
    this.task = undefined;
    this.target = undefined;
    const waiters = this.#waiters;
    this.#waiters = undefined;
    if (waiters !== undefined) tell(waiters);
  }

  /** Calls back when settled; at once when it is. Returns how to stop waiting. */
  whenSettled(waiter: () => void): () => void {
    if (this.isSettled) {
      waiter();
      return () => {};
    }
    this.#waiters ??= [];
    this.#waiters.push(waiter);
    return () => {
      const at = this.#waiters?.indexOf(waiter) ?? -1;
      if (at >= 0) this.#waiters?.splice(at, 1);
    };
  }

  /** The value of a settled entry. @throws what the task failed with. */
  read(): unknown {
    const { outcome } = this;
    if (outcome.state === 'failed') {
      this.markObserved();
      throw outcome.error;
    }
    if (outcome.state === 'stored') {
      // It stays stored: tasks that take the ref get the same memory, not a new copy each.
      outcome.value ??= { read: readWholeValue(outcome.stored.bytes) };
      return outcome.value.read;
    }
    if (outcome.state === 'kept') {
      if (outcome.value === undefined) throw outcome.lost ?? new ObjectLostError('The value was not fetched');
      return outcome.value.read;
    }
    return outcome.state === 'ready' ? outcome.value : undefined;
  }

  /** Fetches the value of a settled entry, if it is elsewhere; `read` gives it then, or throws why it cannot be had. */
  load(): Promise<void> | undefined {
    const { outcome } = this;
    if (outcome.state !== 'kept' || outcome.value !== undefined) return undefined;
    this.#loading ??= outcome.kept
      .load()
      .then((bytes) => {
        outcome.value = { read: readWholeValue(bytes) };
      })
      .catch((error: unknown) => {
        outcome.lost = error;
      })
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  markObserved(): void {
    this.isObserved = true;
    this.onObserved?.();
    this.onObserved = undefined;
  }

  /** Inside a task: says that the task waits for this, until the returned function is called. */
  noteWait(): () => void {
    return this.target?.beginWait?.() ?? (() => {});
  }

  /** O2 */
  promise(): Promise<unknown> {
    if (this.target?.beginWait !== undefined) this.whenSettled(this.noteWait());
    this.#promise ??= new Promise((resolve, reject) => {
      const settle = (): void => {
        try {
          resolve(this.read());
        } catch (error) {
          reject(error);
        }
      };
      this.whenSettled(() => {
        const loaded = this.load();
        if (loaded === undefined) settle();
        else void loaded.then(settle);
      });
    });
    return this.#promise;
  }
}

/** Waiters of entries that settled while other waiters were being told; undefined when none are. */
let toldNext: (() => void)[][] | undefined;

/** Tells waiters that their entry has settled. One of them may settle the next entry, and chains can be long: O4. */
function tell(waiters: (() => void)[]): void {
  if (toldNext !== undefined) {
    toldNext.push(waiters);
    return;
  }
  const lists = [waiters];
  toldNext = lists;
  try {
    for (const list of lists) for (const waiter of list) waiter();
  } finally {
    toldNext = undefined;
  }
}

let entryOfRef: (ref: ObjectRef<unknown>) => ObjectEntry;

/** What Node gives who shows himself; its types have called it differently. */
type StyledOptions = InspectOptions & { stylize(text: string, style: 'regexp' | 'special'): string };

/**
 * A reference to a value of type `T` that a task is making, or that `session.put` stored. Await it, or pass it to
 * another task as it is: it is resolved on the worker and need not travel through the caller.
 *
 * A value is shared by all who await its ref, so treat it as read-only.
 *
 * @example
 * ```ts
 * import { connect } from 'gridbook';
 *
 * await using session = await connect({ workers: 1 });
 * const square = session.remote((x: number) => x * x);
 * const nine = square(3); // an ObjectRef<number>, at once
 * console.log(await square(nine)); // prints: 81
 * ```
 */
export class ObjectRef<T> implements PromiseLike<T> {
  readonly #entry: ObjectEntry;
  // The type parameter has to be seen by the compiler, or refs of all types would be one type.
  /** Never there when the program runs. @internal */
  declare protected readonly valueType: T;

  static {
    entryOfRef = (ref) => ref.#entry;
  }

  /** Refs are made by sessions. @internal */
  constructor(entry: ObjectEntry) {
    this.#entry = entry;
    Object.defineProperty(this, objectRefBrand, { value: true });
  }

  /** Where the value is: `pending` until the task has settled, then `ready` or `failed`. */
  get state(): 'pending' | 'ready' | 'failed' {
    const { state } = this.#entry.outcome;
    return state === 'stored' || state === 'kept' ? 'ready' : state;
  }

  /**
   * What `await` calls.
   *
   * @param onFulfilled - called with the value.
   * @param onRejected - called with what the task failed with.
   * @returns a promise of what they return.
   */
  // biome-ignore lint/suspicious/noThenProperty: a ref is awaitable
  then<R = T, E = never>(
    onFulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.promise().then(onFulfilled, onRejected);
  }

  /** How Node shows it. @internal */
  [inspect.custom](_depth: number, options: StyledOptions, show: typeof inspect): string {
    const { outcome } = this.#entry;
    const state = options.stylize(this.state, outcome.state === 'failed' ? 'regexp' : 'special');
    if (outcome.state === 'ready') return `ObjectRef ${state} ${show(outcome.value, options)}`;
    return outcome.state === 'failed' ? `ObjectRef ${state}: ${outcome.error.message}` : `ObjectRef ${state}`;
  }

  /** The same as a real promise, for what insists on one. @returns always the same promise. */
  promise(): Promise<T> {
    // The session made the ref for a task whose function returns T.
    return this.#entry.promise() as Promise<T>;
  }
}

/** The inside of a ref. */
export function entryOf(ref: ObjectRef<unknown>): ObjectEntry {
  return entryOfRef(ref);
}
