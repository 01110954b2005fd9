// Many tasks of one function over a stream of inputs, bounded in flight.
//
// Owns: which inputs have been taken, results that wait for their turn. Does not own: the tasks (worker-pool.ts).
//
// Invariants:
//   B1. At most `inFlightMax` inputs have been taken whose results were not handed over, and about `inFlightBytesMax` of
//       their arguments, whatever the length of the inputs.
//   B2. The first failure ends the map: nothing more is taken, what runs is cancelled, and it is thrown after the
//       results that were ready.
//   B3. With `combine`, every value stands for a run of neighbours, and the runs cover each input once.
//   B4. Inputs are taken as workers need them: a task that is made early only waits, in memory that has to be looked after.

import { CancelledError, InvalidArgumentError } from './errors.ts';
import { readWholeValue } from './protocol/deserialization.ts';
import type { StoredValue } from './protocol/payload.ts';
import type { SessionCore } from './session-core.ts';
import type { FunctionHandle, Task, TaskRules, TaskSink } from './task.ts';
import type { Timings, TimingsRecorder } from './timings.ts';
import type { WorkerPool } from './worker-pool.ts';

/** How far a map is. */
export interface MapProgress {
  /** Inputs taken so far. */
  taken: number;
  /** Inputs whose tasks have settled. */
  done: number;
}

/** A value, and the inputs that it stands for. */
export interface MapItem<R> {
  value: R;
  /** The place of the first input among all, from 0. */
  position: number;
  /** How many neighbouring inputs it stands for: 1 but for `combine`. */
  count: number;
}

export interface MapRunOptions {
  core: SessionCore;
  pool: WorkerPool;
  handle: FunctionHandle;
  rules: TaskRules;
  timings: TimingsRecorder;
  inputs: Iterable<unknown> | AsyncIterable<unknown>;
  ordered: boolean;
  inFlightMax: number;
  signal: AbortSignal | undefined;
  onProgress: ((progress: MapProgress) => void) | undefined;
}

/** Bytes of arguments that may be in flight. */
const inFlightBytesMax = 256 * 1024 * 1024;

/** The running side of a map: takes inputs, gets results, hands them over. */
export class MapRun implements TaskSink {
  readonly #options: MapRunOptions;
  #source: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  readonly #isAsync: boolean;
  /** Results that wait for their turn, by their first position. */
  readonly #buffered = new Map<number, MapItem<unknown>>();
  /** Results that may be handed over. */
  #ready: MapItem<unknown>[] = [];
  #nextPosition = 0;
  #taken = 0;
  #done = 0;
  #handedOver = 0;
  #openBytes = 0;
  #exhausted = false;
  #pulling = false;
  #failure: { error: unknown } | undefined;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(options: MapRunOptions) {
    this.#options = options;
    const { inputs } = options;
    this.#isAsync = Symbol.asyncIterator in inputs;
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal?.aborted) this.#fail(options.signal.reason);
  }

  readonly #onAbort = (): void => this.#fail(this.#options.signal?.reason, true);

  get #mayTake(): boolean {
    return (
      !this.#exhausted &&
      this.#failure === undefined &&
      this.#taken - this.#handedOver < this.#options.inFlightMax &&
      this.#openBytes < inFlightBytesMax && // B1
      this.#options.pool.isLow // B4
    );
  }

  /** Takes inputs while there is room. */
  pull(): void {
    if (this.#pulling || this.#ended) return;
    try {
      if (this.#isAsync) void this.#pullAsync();
      else this.#pullSync();
    } catch (error) {
      this.#fail(error);
    }
  }

  #pullSync(): void {
    const { inputs } = this.#options;
    if (!(Symbol.iterator in inputs)) {
      throw new InvalidArgumentError('map takes an iterable or an async iterable, such as an array, as its inputs');
    }
    this.#source ??= inputs[Symbol.iterator]();
    const source = this.#source as Iterator<unknown>;
    while (this.#mayTake) {
      const next = source.next();
      if (next.done) this.#exhausted = true;
      else this.#start(next.value);
    }
  }

  async #pullAsync(): Promise<void> {
    this.#pulling = true;
    try {
      const { inputs } = this.#options;
      if (!(Symbol.asyncIterator in inputs)) return;
      this.#source ??= inputs[Symbol.asyncIterator]();
      while (this.#mayTake) {
        const next = await this.#source.next();
        if (next.done) this.#exhausted = true;
        else if (this.#failure === undefined && !this.#ended) this.#start(next.value);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pulling = false;
      this.#wakeUp();
    }
  }

  #start(input: unknown): void {
    const { core, handle, rules, pool } = this.#options;
    const task = core.call(handle, rules, [input], this, pool, this.#taken);
    this.#taken++;
    this.#openBytes += task.bytes;
  }

  onValue(task: Task, value: unknown): void {
    this.#close(task);
    this.#add(task.position, 1, value);
  }

  onStored(task: Task, { bytes }: StoredValue): void {
    this.#close(task);
    this.#add(task.position, 1, readWholeValue(bytes));
  }

  onCombined(tasks: readonly Task[], value: unknown): void {
    for (const task of tasks) this.#close(task);
    this.#add(tasks[0]!.position, tasks.length, value);
  }

  onError(task: Task, error: Error): void {
    this.#close(task);
    this.#options.timings.count(1);
    this.#fail(error);
  }

  #close(task: Task): void {
    this.#openBytes -= task.bytes;
  }

  #add(position: number, count: number, value: unknown): void {
    this.#done += count;
    this.#options.timings.count(count);
    const item = { value, position, count };
    if (!this.#options.ordered) {
      this.#ready.push(item);
    } else if (position === this.#nextPosition) {
      this.#ready.push(item);
      this.#nextPosition += count;
      for (let next = this.#takeBuffered(); next !== undefined; next = this.#takeBuffered()) {
        this.#ready.push(next);
        this.#nextPosition += next.count;
      }
    } else {
      this.#buffered.set(position, item);
    }
    if (this.#mayTake) this.pull(); // B4, also while the consumer or an earlier result keeps this one waiting
    if (this.#ready.length > 0) this.#wakeUp();
  }

  #takeBuffered(): MapItem<unknown> | undefined {
    if (this.#buffered.size === 0) return undefined;
    const item = this.#buffered.get(this.#nextPosition);
    if (item !== undefined) this.#buffered.delete(this.#nextPosition);
    return item;
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #fail(error: unknown, force = false): void {
    if (this.#failure !== undefined || this.#ended) return;
    this.#failure = { error };
    this.#cancelOpen(force); // B2
    this.#wakeUp();
  }

  /** @param force - whether workers are ended that do not answer for what they run. */
  #cancelOpen(force: boolean): void {
    const { core, pool } = this.#options;
    const error = new CancelledError('The map that the task is of has ended');
    for (const task of core.unsettledOf(this, pool)) core.cancel(task, pool, force, error);
  }

  /** The results that can be handed over now; waits for the first. Undefined at the end. @throws the first failure. */
  async nextItems(): Promise<MapItem<unknown>[] | undefined> {
    for (;;) {
      this.pull();
      if (this.#ready.length > 0) {
        const items = this.#ready;
        this.#ready = [];
        for (const item of items) this.#handedOver += item.count;
        this.#tellProgress();
        this.pull();
        return items;
      }
      if (this.#failure !== undefined) {
        this.end();
        throw this.#failure.error;
      }
      if (this.#exhausted && this.#handedOver === this.#taken) {
        this.#tellProgress();
        this.end();
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #tellProgress(): void {
    this.#options.onProgress?.({ taken: this.#taken, done: this.#done });
  }

  /** Ends the map: what runs is cancelled, the inputs are closed. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#cancelOpen(false);
    // The map has its outcome; what closing the inputs comes to changes nothing about it.
    if (!this.#exhausted) void Promise.resolve(this.#source?.return?.()).catch(() => {});
  }

  timings(): Timings {
    return this.#options.timings.summary();
  }
}
