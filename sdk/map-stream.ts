// What `session.map` gives: results as they come, one by one or all at once.

import type { MapItem, MapRun } from './map.ts';
import type { Timings } from './timings.ts';

/**
 * The results of a map. Iterate it with `for await`, or take everything with `toArray` or `forEach`, which cost less a
 * result. It can be consumed once; leaving a `for await` early cancels what has not run.
 *
 * @example
 * ```ts
 * import { connect } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * for await (const length of session.map((word: string) => word.length, ['one', 'three'])) {
 *   console.log(length);
 *   // prints: 3
 *   // prints: 5
 * }
 * ```
 */
export class MapStream<R> implements AsyncIterable<R> {
  readonly #run: MapRun;

  /** Streams are made by `session.map`. @internal */
  constructor(run: MapRun) {
    this.#run = run;
  }

  #next(): Promise<MapItem<R>[] | undefined> {
    // The session made the run of tasks whose function returns R.
    return this.#run.nextItems() as Promise<MapItem<R>[] | undefined>;
  }

  /** For `for await`: the results, one by one. */
  [Symbol.asyncIterator](): AsyncIterator<R, undefined> {
    let items: MapItem<R>[] = [];
    let at = 0;
    const next = async (): Promise<IteratorResult<R, undefined>> => {
      const more = await this.#next();
      if (more === undefined) return { value: undefined, done: true };
      items = more;
      at = 1;
      return { value: items[0]!.value, done: false };
    };
    return {
      next: () => {
        const item = items[at];
        if (item === undefined) return next();
        at++;
        return Promise.resolve({ value: item.value, done: false });
      },
      return: () => {
        this.#run.end();
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }

  /**
   * Calls back for each result.
   *
   * @param callback - gets the result, the position of its input from 0, and for how many neighbours it stands.
   * @throws what the first failed task failed with, or what the callback throws.
   */
  async forEach(callback: (value: R, position: number, count: number) => void): Promise<void> {
    try {
      for (let items = await this.#next(); items !== undefined; items = await this.#next()) {
        for (const { value, position, count } of items) callback(value, position, count);
      }
    } finally {
      this.#run.end();
    }
  }

  /**
   * Waits for all results.
   *
   * @returns them in the order in which the stream gives them.
   * @throws what the first failed task failed with.
   */
  async toArray(): Promise<R[]> {
    const values: R[] = [];
    await this.forEach((value) => {
      values.push(value);
    });
    return values;
  }

  /** Where the time of these tasks went so far. @returns one summary a stage. */
  timings(): Timings {
    return this.#run.timings();
  }
}
