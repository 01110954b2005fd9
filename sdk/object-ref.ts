// ObjectRef: what a caller holds of a value that is, or will be, somewhere in the cluster.
//
// Owns: the outcome of one task or `put`, and who waits for it. Does not own: the task, the memory's accounting.
// Callers: remote.ts, actor.ts, session.ts make them; everybody awaits them.
//
// Invariants:
//   O1. An outcome is set once and never changes.
//   O2. A promise is made only when somebody waits, so that a failure nobody awaits rejects nothing.
//   O3. The ref is the only owner of its value: when no ref, task or waiter reaches it, the value is freed.

import { readWholeValue } from './protocol/deserialization.ts';
import type { StoredValue } from './protocol/payload.ts';
import { objectRefBrand } from './protocol/serialization.ts';
import type { Task, TaskTarget } from './task.ts';

type Outcome =
  | { state: 'pending' }
  | { state: 'ready'; value: unknown }
  | { state: 'stored'; stored: StoredValue }
  | { state: 'failed'; error: Error };

const pending: Outcome = { state: 'pending' };

/** What is inside a ref; the session's side of it. */
export class ObjectEntry {
  outcome: Outcome = pending;
  /** The task that makes the value, until it has settled. */
  task: Task | undefined;
  /** Where that task runs. */
  target: TaskTarget | undefined;
  /** Called when the outcome has been set. */
  #waiters: (() => void)[] | undefined;
  #promise: Promise<unknown> | undefined;
  /** Called when a failure is looked at for the first time. */
  onObserved: (() => void) | undefined;

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
    if (waiters !== undefined) for (const waiter of waiters) waiter();
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
      const value = readWholeValue(outcome.stored.bytes);
      this.outcome = { state: 'ready', value };
      return value;
    }
    return outcome.state === 'ready' ? outcome.value : undefined;
  }

  markObserved(): void {
    this.onObserved?.();
    this.onObserved = undefined;
  }

  /** O2 */
  promise(): Promise<unknown> {
    this.#promise ??= new Promise((resolve, reject) => {
      this.whenSettled(() => {
        try {
          resolve(this.read());
        } catch (error) {
          reject(error);
        }
      });
    });
    return this.#promise;
  }
}

let entryOfRef: (ref: ObjectRef<unknown>) => ObjectEntry;

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
  declare protected readonly valueType: T;

  static {
    entryOfRef = (ref) => ref.#entry;
  }

  /** Refs are made by sessions. */
  constructor(entry: ObjectEntry) {
    this.#entry = entry;
    Object.defineProperty(this, objectRefBrand, { value: true });
  }

  /** Where the value is: `pending` until the task has settled, then `ready` or `failed`. */
  get state(): 'pending' | 'ready' | 'failed' {
    const { state } = this.#entry.outcome;
    return state === 'stored' ? 'ready' : state;
  }

  // biome-ignore lint/suspicious/noThenProperty: a ref is awaitable
  then<R = T, E = never>(
    onFulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.promise().then(onFulfilled, onRejected);
  }

  /** The same as a real promise, for what insists on one. */
  promise(): Promise<T> {
    // The session made the ref for a task whose function returns T.
    return this.#entry.promise() as Promise<T>;
  }
}

/** The inside of a ref. */
export function entryOf(ref: ObjectRef<unknown>): ObjectEntry {
  return entryOfRef(ref);
}
