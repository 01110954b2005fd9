// What `session.map` gives: results as they come, one by one or all at once.

import type { MapItem, MapRun } from './map.ts';
import { refuseInstances } from './protocol/refused-values.ts';
import type { Timings } from './timings.ts';

let runOf: (stream: MapStream<unknown>) => MapRun;

/** How many attempts of a map's settled tasks failed and were made again. */
export function retriesOf(stream: MapStream<unknown>): number {
  return runOf(stream).retries;
}

/**
 * Calls back for each result when it comes. That costs less than `forEach`: the memory of large results is used again.
 *
 * @param stream - of a map that is not ordered.
 * @param callback - as that of `forEach`; it copies what it needs of a value before it returns.
 * @throws what `forEach` throws.
 */
export function copyEach<R>(
  stream: MapStream<R>,
  callback: (value: R, position: number, count: number) => void,
): Promise<void> {
  return runOf(stream).consume((value, position, count) => callback(value as R, position, count)); // as in #next
}

/**
 * The results of a map. Iterate it with `for await`, or take everything with `toArray` or `forEach`, which cost less a
 * result. It can be consumed once: what was ended early, by leaving a `for await` or by a failure, gives nothing more,
 * and what has not run is cancelled.
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

  static {
    runOf = (stream) => stream.#run;
  }

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
    let isOver = false;
    /** Calls that wait for their turn or for items, and the last of them: each gets the result after the one before it. */
    let waiting = 0;
    let last: Promise<unknown> = Promise.resolve();
    const take = (): IteratorResult<R, undefined> | undefined => {
      if (isOver) return { value: undefined, done: true };
      const item = items[at];
      if (item === undefined) return undefined;
      at++;
      return { value: item.value, done: false };
    };
    const wait = async (turn: Promise<unknown>): Promise<IteratorResult<R, undefined>> => {
      try {
        await turn;
        const taken = take();
        if (taken !== undefined) return taken;
        const more = await this.#next();
        isOver ||= more === undefined;
        items = more ?? [];
        at = 0;
        return take() ?? { value: undefined, done: true };
      } catch (error) {
        isOver = true;
        throw error;
      } finally {
        waiting--;
      }
    };
    return {
      next: () => {
        const taken = waiting === 0 ? take() : undefined;
        if (taken !== undefined) return Promise.resolve(taken);
        waiting++;
        const next = wait(last);
        last = next.catch(() => {}); // the failure is its own caller's
        return next;
      },
      return: () => {
        isOver = true;
        items = [];
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

refuseInstances(MapStream, 'a stream of results', 'collect it, await stream.toArray()');
