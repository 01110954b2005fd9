// Fetches an object of another node into a file, and how many are fetched at once.
//
// Callers: object-store.ts.

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fromFirst, lost, ObjectCheck, type ObjectPeer, type ObjectPlace, ResourceError } from '../../sdk/internal.ts';

/** So many connections to other nodes there are at once, at most, */
const fetchesMax = 16;
/** and so many objects wait for one. */
const waitingMax = 10_000;

/** Lets so many work at once, the others in the order in which they came. */
export class FetchTurns {
  #working = 0;
  readonly #waiting: (() => void)[] = [];

  /** Does it when its turn has come. @throws ResourceError when too many wait, and what it throws. */
  async whenFree<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working < fetchesMax) this.#working++;
    else {
      if (this.#waiting.length >= waitingMax) {
        throw new ResourceError(`Cannot bring an object: ${waitingMax} others are waited for on its node`);
      }
      // Who ends gives its place to who has waited longest.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#working--;
      else next();
    }
  }
}

export interface FetchOptions {
  /** Where the whole object is put (K1 of objects-worker.ts). */
  readonly path: string;
  /** Whom to ask for it, the best first. */
  readonly peers: () => Promise<readonly ObjectPeer[]>;
  /** Ends it at once; nothing is left then. */
  readonly signal: AbortSignal;
}

/** @throws ObjectLostError when it cannot be had. */
export async function fetchObject(place: ObjectPlace, { path, peers, signal }: FetchOptions): Promise<void> {
  const partPath = `${path}.part`;
  const fetched = async (): Promise<void> => {
    await fromFirst(await peers(), place, async (bytes) => {
      if (signal.aborted) {
        bytes.destroy();
        return;
      }
      const check = new ObjectCheck(place);
      async function* checked(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
        for await (const piece of pieces) {
          check.add(piece);
          yield piece;
        }
        check.end();
      }
      await pipeline(bytes, checked, createWriteStream(partPath, { mode: 0o600 }), { signal });
      await rename(partPath, path); // K1
    });
  };
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(lost(place, 'its session has ended'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    // A peer that takes its time is not waited for.
    else await Promise.race([fetched(), aborted]);
    if (signal.aborted) await aborted;
  } finally {
    signal.removeEventListener('abort', onAbort);
    for (const left of signal.aborted ? [partPath, path] : [partPath]) await rm(left, { force: true });
  }
}
