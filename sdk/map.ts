// Many tasks of one function over a stream of inputs, bounded in flight.
//
// Owns: which inputs have been taken, results that wait for their turn. Does not own: the tasks (worker-pool.ts).
//
// Invariants:
//   B1. At most `inFlightMax` inputs have been taken whose results were not handed over, and about `inFlightBytesMax` of
//       bytes, whatever the length of the inputs. Counted are arguments until their task has settled; results from then
//       until they are handed over, as `value-bytes.ts` estimates them; and what open tasks beyond the first
//       `openFree` are expected to give, as the results so far were on average.
//   B2. The first failure ends the map: nothing more is taken, what runs is cancelled, and it is thrown after the
//       results that were ready.
//   B3. With `combine`, every value stands for a run of neighbours, and the runs cover each input once.
//   B4. Inputs are taken as workers need them: a task that is made early only waits, in memory that has to be looked after,
//       and before what is asked for later. A map without open tasks takes one, whatever else is open: results of it, and
//       workers that come, have it look again.
//   B5. Whoever waits for results is told of results, failure and end, however many wait and whoever ended the map.
//   B6. A consumer gets each result when it comes, and has copied what it needs when it returns: nothing of it is kept here.

import { CancelledError, InvalidArgumentError } from './errors.ts';
import { readWholeValue } from './protocol/deserialization.ts';
import type { StoredValue } from './protocol/payload.ts';
import type { SessionCore } from './session-core.ts';
import type { FunctionHandle, Task, TaskPool, TaskRules, TaskSink } from './task.ts';
import { abortedBy } from './task-options.ts';
import type { Timings, TimingsRecorder } from './timings.ts';
import { valueBytes } from './value-bytes.ts';

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
  /** About how many bytes the value takes. */
  bytes: number;
}

export interface MapRunOptions {
  core: SessionCore;
  pool: TaskPool;
  handle: FunctionHandle;
  rules: TaskRules;
  timings: TimingsRecorder;
  inputs: Iterable<unknown> | AsyncIterable<unknown>;
  ordered: boolean;
  inFlightMax: number;
  signal: AbortSignal | undefined;
  onProgress: ((progress: MapProgress) => void) | undefined;
  /** Bytes that may be in flight (B1). @default 256 MiB */
  inFlightBytesMax?: number | undefined;
}

/** Gets a value, the place of its first input among all, and for how many neighbouring inputs it stands. */
export type MapConsumer = (value: unknown, position: number, count: number) => void;

const inFlightBytesDefault = 256 * 1024 * 1024;
/** So many tasks may run whatever their results are expected to take, or large results would leave workers idle. */
const openFree = 256;

function isAsyncIterable(inputs: unknown): inputs is AsyncIterable<unknown> {
  return hasMethod(inputs, Symbol.asyncIterator);
}

function isIterable(inputs: unknown): inputs is Iterable<unknown> {
  return hasMethod(inputs, Symbol.iterator);
}

/** Of a string, too, which is no object. */
function hasMethod(value: unknown, key: symbol): boolean {
  return value !== undefined && value !== null && typeof Reflect.get(Object(value), key) === 'function';
}

/** The running side of a map: takes inputs, gets results, hands them over. */
export class MapRun implements TaskSink {
  readonly #options: MapRunOptions;
  #source: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  /** Results that wait for their turn, by their first position. */
  readonly #buffered = new Map<number, MapItem<unknown>>();
  /** Results that may be handed over. */
  #ready: MapItem<unknown>[] = [];
  /** Bytes of both. */
  #waitingBytes = 0;
  /** Bytes of all results so far. */
  #valueBytes = 0;
  #nextPosition = 0;
  #taken = 0;
  #done = 0;
  #handedOver = 0;
  #openBytes = 0;
  #exhausted = false;
  #pulling = false;
  #failure: { error: unknown } | undefined;
  #ended = false;
  #retries = 0;
  #consumer: MapConsumer | undefined;
  #stopListening: (() => void) | undefined;
  /** Those that wait for results (B5). */
  #waiting: (() => void)[] = [];

  constructor(options: MapRunOptions) {
    this.#options = options;
    const { inputs, signal } = options;
    if (!isAsyncIterable(inputs) && !isIterable(inputs)) {
      throw new InvalidArgumentError('map takes an iterable or an async iterable, such as an array, as its inputs');
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  readonly #onAbort = (): void => {
    const { signal, rules } = this.#options;
    if (signal !== undefined) this.#fail(abortedBy(signal, `The map of "${rules.name}"`), true);
  };

  /** How many attempts of settled tasks failed and were made again. */
  get retries(): number {
    return this.#retries;
  }

  /** B6 */
  get copies(): boolean {
    return this.#consumer !== undefined;
  }

  /** B1 */
  get #inFlightBytes(): number {
    const open = Math.max(0, this.#taken - this.#done - openFree);
    const expected = open === 0 || this.#done === 0 ? 0 : open * (this.#valueBytes / this.#done);
    return this.#openBytes + this.#waitingBytes + expected;
  }

  get #mayTake(): boolean {
    return (
      !this.#exhausted &&
      this.#failure === undefined &&
      this.#taken - this.#handedOver < this.#options.inFlightMax &&
      this.#inFlightBytes < (this.#options.inFlightBytesMax ?? inFlightBytesDefault) && // B1
      this.#options.pool.wantsMore(this.#options.handle.profile, this.#taken - this.#done) // B4
    );
  }

  /** Takes inputs while there is room. */
  pull(): void {
    if (this.#pulling || this.#ended) return;
    // In a turn of its own: the inputs may be calls, by which workers come.
    this.#stopListening ??= this.#options.core.events.on(({ type }) => {
      if (type === 'worker.leased') queueMicrotask(() => this.pull()); // B4
    });
    try {
      const { inputs } = this.#options;
      if (isAsyncIterable(inputs)) void this.#pullAsync(inputs);
      else this.#pullSync(inputs);
    } catch (error) {
      this.#fail(error);
    }
  }

  #pullSync(inputs: Iterable<unknown>): void {
    this.#source ??= inputs[Symbol.iterator]();
    const source = this.#source as Iterator<unknown>;
    while (this.#mayTake) {
      const next = source.next();
      if (next.done) this.#exhausted = true;
      else this.#start(next.value);
    }
  }

  async #pullAsync(inputs: AsyncIterable<unknown>): Promise<void> {
    this.#pulling = true;
    try {
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
    this.#add(task.position, 1, value, valueBytes(value));
  }

  onStored(task: Task, { bytes }: StoredValue): void {
    const value = readWholeValue(bytes); // before anything is counted: it may throw
    this.#close(task);
    this.#add(task.position, 1, value, bytes.byteLength);
  }

  onCombined(tasks: readonly Task[], value: unknown): void {
    for (const task of tasks) this.#close(task);
    this.#add(tasks[0]!.position, tasks.length, value, valueBytes(value));
  }

  onError(task: Task, error: Error): void {
    this.#close(task);
    this.#options.timings.count(1);
    // Who cancels a task of a map wants none of them to go on.
    this.#fail(error, error instanceof CancelledError);
  }

  #close(task: Task): void {
    this.#openBytes -= task.bytes;
    this.#retries += Math.max(0, task.attempt - 1);
  }

  #add(position: number, count: number, value: unknown, bytes: number): void {
    this.#done += count;
    this.#valueBytes += bytes;
    this.#options.timings.count(count);
    if (this.#consumer === undefined) this.#keep({ value, position, count, bytes });
    else this.#consume(this.#consumer, value, position, count);
    if (this.#mayTake) this.pull(); // B4, also while the consumer or an earlier result keeps this one waiting
    if (this.#ready.length > 0 || this.#consumer !== undefined) this.#wakeUp();
  }

  /** B6 */
  #consume(consumer: MapConsumer, value: unknown, position: number, count: number): void {
    this.#handedOver += count;
    if (this.#failure !== undefined || this.#ended) return;
    try {
      consumer(value, position, count);
    } catch (error) {
      this.#fail(error);
    }
  }

  #keep(item: MapItem<unknown>): void {
    const { position, count, bytes } = item;
    this.#waitingBytes += bytes;
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
  }

  #takeBuffered(): MapItem<unknown> | undefined {
    if (this.#buffered.size === 0) return undefined;
    const item = this.#buffered.get(this.#nextPosition);
    if (item !== undefined) this.#buffered.delete(this.#nextPosition);
    return item;
  }

  #wakeUp(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
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

  /**
   * The results that can be handed over now; waits for the first. Undefined at the end, also one that somebody else
   * brought about.
   *
   * @throws the first failure, once, and what `onProgress` throws; the map has ended then.
   */
  async nextItems(): Promise<MapItem<unknown>[] | undefined> {
    try {
      while (!this.#ended) {
        this.pull();
        if (this.#ready.length > 0) return this.#handOver();
        if (this.#failure !== undefined) throw this.#failure.error;
        if (this.#exhausted && this.#handedOver === this.#taken) {
          this.#tellProgress();
          this.end();
        } else {
          await this.#untilWoken();
          if (this.#consumer !== undefined) this.#tellProgress();
        }
      }
      return undefined;
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /**
   * Hands all results over as they come, instead of `nextItems`. The map must not be ordered.
   *
   * @throws the first failure, and what the consumer or `onProgress` throws.
   */
  async consume(consumer: MapConsumer): Promise<void> {
    this.#consumer = consumer;
    await this.nextItems(); // nothing is ever kept for it (B6), so it waits for the end
  }

  #handOver(): MapItem<unknown>[] {
    const items = this.#ready;
    this.#ready = [];
    for (const { count, bytes } of items) {
      this.#handedOver += count;
      this.#waitingBytes -= bytes;
    }
    this.#tellProgress();
    this.pull();
    return items;
  }

  async #untilWoken(): Promise<void> {
    const endWait = this.#options.pool.beginWait?.();
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    endWait?.();
  }

  #tellProgress(): void {
    this.#options.onProgress?.({ taken: this.#taken, done: this.#done });
  }

  /** Ends the map: what runs is cancelled, the inputs are closed. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopListening?.();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#ready = [];
    this.#buffered.clear();
    this.#cancelOpen(false);
    this.#wakeUp(); // B5
    // The map has its outcome; what closing the inputs comes to changes nothing about it.
    if (!this.#exhausted) void Promise.resolve(this.#source?.return?.()).catch(() => {});
  }

  timings(): Timings {
    return this.#options.timings.summary();
  }
}
