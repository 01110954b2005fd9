// Where the time of tasks went: one histogram a stage, cheap enough to be always on.
//
// Of short tasks every sixteenth is timed, of the others each one; a timed task has all of its stages.
//
// Owns: the histograms. Does not own: taking the times (worker-pool.ts, the worker).

/** The stages of a task, in their order, in milliseconds. */
export const stages = ['encode', 'waitInSession', 'travel', 'waitOnWorker', 'run', 'return', 'settle'] as const;

/**
 * A stage of a task's journey: `encode` its arguments are written; `waitInSession` until it is sent; `travel` until the
 * worker has it; `waitOnWorker` until it begins; `run` the function itself; `return` until its answer is back in the
 * session, the wait for the other answers of its batch included; `settle` until its ref is settled.
 */
export type Stage = (typeof stages)[number];

/** A distribution, in milliseconds. Quantiles are exact to one part in 16. */
export interface TimeSummary {
  /** How many tasks were timed. */
  count: number;
  /** What they took on average. */
  mean: number;
  /** Half of them took at most this. */
  p50: number;
  /** Nine tenths of them took at most this. */
  p90: number;
  /** All but one in a hundred took at most this. */
  p99: number;
  /** What the longest took. */
  max: number;
}

/** What `session.timings()` gives. */
export interface Timings {
  /** How many tasks were settled, timed or not. */
  tasks: number;
  /** How many attempts failed and were made again. */
  retries: number;
  /** How many answers came from workers that had been lost, and were dropped: those tasks had gone to others. */
  answersDropped: number;
  /** What each stage took. */
  stages: Record<Stage, TimeSummary>;
  /** From the call to the settled ref. */
  total: TimeSummary;
}

// Buckets are 8 to an octave of nanoseconds, all of one width there, from 1 ns to 2^53 ns.
const bucketsPerOctave = 8;
const octaves = 53;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer); // little-endian: the second holds sign, exponent and the first digits

/** A number's exponent and the first three binary digits after its leading one are the bucket. */
function bucketOf(ns: number): number {
  if (ns < 1) return 0;
  float[0] = ns;
  return Math.min((words[1]! >>> 17) - 1023 * bucketsPerOctave, bucketsPerOctave * octaves - 1);
}

/** Where a bucket begins, or is at the half of it, in nanoseconds. */
function nsAt(bucket: number): number {
  const octave = Math.floor(bucket / bucketsPerOctave);
  return 2 ** octave * (1 + bucket / bucketsPerOctave - octave);
}

/**
 * A histogram after G. Tene's HdrHistogram: buckets of about equal relative width at every size, so that a quantile is
 * right to half a bucket, at most 1/16, wherever it falls.
 */
export class Histogram {
  readonly #buckets = new Uint32Array(bucketsPerOctave * octaves);
  #count = 0;
  #sum = 0;
  #max = 0;

  add(ms: number): void {
    const ns = ms > 0 ? ms * 1e6 : 0; // clocks of two threads differ by less than they can be read: never below zero
    this.#buckets[bucketOf(ns)]!++;
    this.#count++;
    this.#sum += ns;
    if (ns > this.#max) this.#max = ns;
  }

  #quantile(q: number): number {
    let rest = q * this.#count;
    for (let i = 0; i < this.#buckets.length; i++) {
      rest -= this.#buckets[i]!;
      if (rest <= 0 && this.#count > 0) return Math.min(this.#max, nsAt(i + 0.5)) / 1e6;
    }
    return 0;
  }

  copy(): Histogram {
    const copied = new Histogram();
    copied.#buckets.set(this.#buckets);
    copied.#count = this.#count;
    copied.#sum = this.#sum;
    copied.#max = this.#max;
    return copied;
  }

  /** What was added since an earlier copy of this. The largest is right to a bucket when the earlier had a larger one. */
  since(earlier: Histogram): Histogram {
    const later = this.copy();
    for (const [i, count] of earlier.#buckets.entries()) later.#buckets[i]! -= count;
    later.#count -= earlier.#count;
    later.#sum -= earlier.#sum;
    if (this.#max === earlier.#max) {
      const last = later.#buckets.findLastIndex((count) => count > 0);
      later.#max = last < 0 ? 0 : Math.min(this.#max, nsAt(last + 1));
    }
    return later;
  }

  summary(): TimeSummary {
    return {
      count: this.#count,
      mean: this.#count === 0 ? 0 : this.#sum / this.#count / 1e6,
      p50: this.#quantile(0.5),
      p90: this.#quantile(0.9),
      p99: this.#quantile(0.99),
      max: this.#max / 1e6,
    };
  }
}

/** The times of one task's stages, in milliseconds. */
export type StageTimes = Record<Stage, number>;

/** Collects the times of tasks: of a session, or of one run. */
export class TimingsRecorder {
  /** Of the stages, in their order. */
  #stages: readonly Histogram[] = stages.map(() => new Histogram());
  #total = new Histogram();
  #tasks = 0;
  #retries = 0;
  #answersDropped = 0;

  count(tasks: number): void {
    this.#tasks += tasks;
  }

  countRetry(): void {
    this.#retries++;
  }

  countDropped(answers: number): void {
    this.#answersDropped += answers;
  }

  /** What was collected so far, to be taken off later by `since`. */
  copy(): TimingsRecorder {
    return this.since(new TimingsRecorder());
  }

  /** What was collected since an earlier copy of this. */
  since(earlier: TimingsRecorder): TimingsRecorder {
    const later = new TimingsRecorder();
    later.#stages = this.#stages.map((histogram, i) => histogram.since(earlier.#stages[i]!));
    later.#total = this.#total.since(earlier.#total);
    later.#tasks = this.#tasks - earlier.#tasks;
    later.#retries = this.#retries - earlier.#retries;
    later.#answersDropped = this.#answersDropped - earlier.#answersDropped;
    return later;
  }

  record(times: StageTimes): void {
    let total = 0;
    for (let i = 0; i < stages.length; i++) {
      const ms = times[stages[i]!];
      this.#stages[i]!.add(ms);
      total += Math.max(0, ms);
    }
    this.#total.add(total);
  }

  summary(): Timings {
    const of = (stage: Stage): TimeSummary => this.#stages[stages.indexOf(stage)]!.summary();
    return {
      tasks: this.#tasks,
      retries: this.#retries,
      answersDropped: this.#answersDropped,
      stages: {
        encode: of('encode'),
        waitInSession: of('waitInSession'),
        travel: of('travel'),
        waitOnWorker: of('waitOnWorker'),
        run: of('run'),
        return: of('return'),
        settle: of('settle'),
      },
      total: this.#total.summary(),
    };
  }
}
