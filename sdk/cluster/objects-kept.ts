// A result that stays on the node where it was made, as its session sees it.
//
// Owns: where it is now, and its being made again when that node has lost it. Does not own: fetching (objects-session.ts),
// how a task is run again (who makes it says).
// Callers: session-core.ts makes them; object-ref.ts reads them, outgoing-frame.ts sends their places.
//
// Invariants:
//   U1. It is made again once for each time it was found lost, however many notice, and at most as often as its task may
//       be retried.

import { ObjectLostError } from '../errors.ts';
import type { ObjectPlace } from './object-place.ts';

/** Where the value is: on a node, or here, when no node kept what was made again. */
export type Whereabouts = { readonly place: ObjectPlace } | { readonly bytes: Uint8Array };

/** Shared with whoever frees the object when nobody has it any more. */
export interface Holder {
  at: Whereabouts;
}

export interface KeptOptions {
  /** Fetches it. @throws ObjectLostError. */
  read(place: ObjectPlace): Promise<Uint8Array>;
  /** Runs its task again. @throws what that came to. */
  make(): Promise<Whereabouts>;
  /** How often it may be made again; 0 where that cannot be done. */
  readonly remakesMax: number;
}

export class KeptObject {
  readonly #options: KeptOptions;
  readonly holder: Holder;
  #remakes = 0;
  #making: Promise<void> | undefined;

  constructor(place: ObjectPlace, options: KeptOptions) {
    this.holder = { at: { place } };
    this.#options = options;
  }

  get at(): Whereabouts {
    return this.holder.at;
  }

  /** Its bytes. @throws ObjectLostError when they are lost and cannot be made again. */
  async load(): Promise<Uint8Array> {
    for (;;) {
      const { at } = this;
      if ('bytes' in at) return at.bytes;
      try {
        return await this.#options.read(at.place);
      } catch (error) {
        if (!(error instanceof ObjectLostError)) throw error;
        await this.remake(at.place.id, error);
      }
    }
  }

  /**
   * Has it made again, unless that was done since.
   *
   * @param id - what it was called where it was found lost.
   * @throws the error when it may not be made again, or what its task came to.
   */
  remake(id: string, error: Error): Promise<void> {
    const { at } = this;
    if (this.#making !== undefined) return this.#making;
    if ('bytes' in at || at.place.id !== id) return Promise.resolve();
    if (this.#remakes >= this.#options.remakesMax) return Promise.reject(error); // U1
    this.#remakes++;
    this.#making = this.#options
      .make()
      .then((made) => {
        this.holder.at = made;
      })
      .finally(() => {
        this.#making = undefined;
      });
    return this.#making;
  }
}
