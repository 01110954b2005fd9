// What happens in a session, as a typed stream.
//
// Owns: the listeners and their buffers. Does not own: what is told (worker-pool.ts, session.ts).
//
// Invariants:
//   V1. A listener that does not read loses its oldest events, never more memory than `eventsBufferedMax`, and is told
//       how many it lost.
//   V2. A stream has every event from the call that made it on, and is forgotten when it is closed, read or not.
//   V3. What a callback throws is warned of, once a callback, and ends nothing of those who tell what happened.

import type { WorkerDeathReason } from './errors.ts';
import { textOf } from './text-of.ts';

/** How many events wait for a listener that does not read. */
export const eventsBufferedMax = 10_000;

/** Something that happened in a session. */
export type SessionEvent =
  /** A worker is the session's to use. */
  | { type: 'worker.leased'; worker: string; lease: string }
  /** A worker is the session's no more, by its own wish. */
  | { type: 'worker.released'; worker: string; lease: string }
  /** A worker died. */
  | { type: 'worker.lost'; worker: string; lease: string; reason: WorkerDeathReason; message: string }
  /** A worker that had been lost answered after all, as one that stood still; its tasks had gone to others. */
  | { type: 'answers.dropped'; worker: string; lease: string; count: number }
  /** No way leads from here to a worker of the session; it gets none on that node for up to 10 s. */
  | { type: 'worker.unreachable'; worker: string; lease: string; node: string; message: string }
  /** The head cannot be reached; leased workers go on, and it is tried again. */
  | { type: 'head.lost' }
  /** The head is back. */
  | { type: 'head.found' }
  /** A task goes out again. */
  | { type: 'task.retried'; task: number; name: string; attempt: number; worker: string }
  /** A rejection that nobody handled, in a task that had been answered for. */
  | { type: 'task.stray-error'; worker: string; error: unknown }
  /**
   * A task printed, on a worker of a daemon or where a host of cells takes that: whole lines, or what has had no end for a
   * second, or until all tasks were done; `task` is undefined when it is not known which.
   */
  | { type: 'task.output'; worker: string; task: number | undefined; stream: 'stdout' | 'stderr'; text: string }
  /** An object that no reference reaches any more was freed. */
  | { type: 'object.freed'; byteLength: number }
  /** An actor begins anew on another worker. */
  | { type: 'actor.restarted'; name: string; restarts: number }
  /** A new head gave an actor's name to another session before it heard of this one: the actor lives on without a name. */
  | { type: 'actor.name-lost'; name: string; message: string }
  /** The listener did not read, and so many events are lost to it. */
  | { type: 'events.dropped'; count: number };

class Listener {
  #events: SessionEvent[] = [];
  #dropped = 0;
  #wake: (() => void) | undefined;
  closed = false;

  push(event: SessionEvent): void {
    if (this.#events.length >= eventsBufferedMax) {
      this.#events.splice(0, eventsBufferedMax / 10); // V1
      this.#dropped += eventsBufferedMax / 10;
    }
    this.#events.push(event);
    this.#wake?.();
  }

  close(): void {
    this.closed = true;
    this.#wake?.();
  }

  async *read(onEnd: () => void): AsyncGenerator<SessionEvent, void, undefined> {
    try {
      for (;;) {
        if (this.#dropped > 0) {
          const count = this.#dropped;
          this.#dropped = 0;
          yield { type: 'events.dropped', count };
        }
        if (this.#events.length > 0) {
          const events = this.#events;
          this.#events = [];
          yield* events;
          continue;
        }
        if (this.closed) return;
        // Nothing is awaited since it was seen that there is no event, so that none comes unnoticed.
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      onEnd();
    }
  }
}

/** Tells every listener what happened. */
export class EventHub {
  readonly #listeners = new Set<Listener>();
  readonly #callbacks = new Set<(event: SessionEvent) => void>();
  /** Those that were warned of. */
  readonly #failed = new WeakSet<object>();
  #closed = false;

  emit(event: SessionEvent): void {
    for (const listener of this.#listeners) listener.push(event);
    for (const callback of this.#callbacks) {
      try {
        callback(event);
      } catch (error) {
        this.#warnOf(callback, error); // V3
      }
    }
  }

  #warnOf(callback: (event: SessionEvent) => void, error: unknown): void {
    if (this.#failed.has(callback)) return;
    this.#failed.add(callback);
    const detail = error instanceof Error && error.stack !== undefined ? { detail: error.stack } : {};
    const what = `What is called with a session's events, or with what tasks print, failed: ${textOf(error)}`;
    process.emitWarning(what, { type: 'GridbookWarning', ...detail });
  }

  /** Calls back for each event, at once; returns how to stop that. */
  on(callback: (event: SessionEvent) => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  /** How many streams are open. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  listen(): AsyncGenerator<SessionEvent, void, undefined> {
    const listener = new Listener();
    const forget = (): void => {
      this.#listeners.delete(listener);
      listener.close();
    };
    const events = listener.read(forget);
    if (this.#closed) listener.close();
    else this.#listeners.add(listener);
    const close = events.return.bind(events);
    const fail = events.throw.bind(events);
    // A generator that was never begun runs no `finally`, and one that waits gets to it with the next event only (V2).
    return Object.assign(events, {
      return: (value: void | PromiseLike<void>) => {
        forget();
        return close(value);
      },
      throw: (error: unknown) => {
        forget();
        return fail(error);
      },
    });
  }

  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
  }
}
