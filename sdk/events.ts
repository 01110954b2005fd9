// What happens in a session, as a typed stream.
//
// Owns: the listeners and their buffers. Does not own: what is told (worker-pool.ts, session.ts).
//
// Invariants:
//   V1. A listener that does not read loses its oldest events, never more memory than `eventsBufferedMax`, and is told
//       how many it lost.

import type { WorkerDeathReason } from './errors.ts';

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
  /** A task goes out again. */
  | { type: 'task.retried'; task: number; name: string; attempt: number; worker: string }
  /** A rejection that nobody handled, in a task that had been answered for. */
  | { type: 'task.stray-error'; worker: string; error: unknown }
  /** An object that no reference reaches any more was freed. */
  | { type: 'object.freed'; byteLength: number }
  /** An actor begins anew on another worker. */
  | { type: 'actor.restarted'; name: string; restarts: number }
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
  #closed = false;

  emit(event: SessionEvent): void {
    for (const listener of this.#listeners) listener.push(event);
    for (const callback of this.#callbacks) callback(event);
  }

  /** Calls back for each event, at once; returns how to stop that. */
  on(callback: (event: SessionEvent) => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  listen(): AsyncGenerator<SessionEvent, void, undefined> {
    const listener = new Listener();
    listener.closed = this.#closed;
    this.#listeners.add(listener);
    return listener.read(() => this.#listeners.delete(listener));
  }

  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
  }
}
