// The large values that a session has and a worker was sent, so that each is sent once a worker and not once a task.
//
// Only where sending copies: between threads large values are shared anyway.
//
// Owns: which of them a worker keeps, and which it is to forget. Does not own: the values; a value that nobody has any
//   more is not kept alive by this.
// Callers: worker-pool.ts makes one a lease, outgoing-frame.ts asks it.
//
// Invariants:
//   M1. A worker keeps at most `keptBytesMax` of them, those that were used last.

import type { Channel } from './protocol/channel.ts';

/** How much of what was sent a worker keeps, in bytes (M1). */
export const keptBytesMax = 256 * 1024 * 1024;

/** What is to be said to the worker before a value is named. */
export interface SentObject {
  readonly number: number;
  readonly isNew: boolean;
  readonly forget: readonly number[];
}

export class SentObjects {
  readonly #numbers = new WeakMap<Uint8Array, number>();
  /** The one used longest ago first. */
  readonly #kept = new Map<number, { readonly bytes: WeakRef<Uint8Array>; readonly byteLength: number }>();
  #count = 0;
  #keptBytes = 0;

  /** Notes that a value is used; undefined for one that is too large to be kept. */
  use(bytes: Uint8Array): SentObject | undefined {
    const { byteLength } = bytes;
    if (byteLength > keptBytesMax) return undefined;
    const known = this.#numbers.get(bytes);
    const kept = known === undefined ? undefined : this.#kept.get(known);
    if (known !== undefined && kept !== undefined) {
      this.#kept.delete(known);
      this.#kept.set(known, kept);
      return { number: known, isNew: false, forget: [] };
    }
    const number = ++this.#count;
    const forget = this.#makeRoom(byteLength);
    this.#numbers.set(bytes, number);
    this.#kept.set(number, { bytes: new WeakRef(bytes), byteLength });
    this.#keptBytes += byteLength;
    return { number, isNew: true, forget };
  }

  #makeRoom(byteLength: number): number[] {
    const forget: number[] = [];
    for (const [number, kept] of this.#kept) {
      const isWanted = kept.bytes.deref() !== undefined && this.#keptBytes + byteLength <= keptBytesMax;
      if (isWanted) continue;
      this.#kept.delete(number);
      this.#keptBytes -= kept.byteLength;
      forget.push(number);
    }
    return forget;
  }
}

/** What goes through a channel; undefined where all see the same memory. */
export function sentObjectsOf({ copies }: Channel): SentObjects | undefined {
  return copies === true ? new SentObjects() : undefined;
}
