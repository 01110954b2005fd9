// Which run of a sweep comes next. Pure: knows no clock and makes no run.
//
// Owns: what has been run of each point. Callers: sweep-runs.ts.
//
// Invariants:
//   S1. Rounds: no point is measured for the n-th time before each other one was measured n - 1 times, is done, or cannot be
//       measured now. What disturbs the machine for a while so disturbs all points alike.
//   S2. The order is a function of the definition and of how many points there are alone, so that a sweep that is taken up again goes on where it was.
//   S3. A repeat that is written down is never made again.
//   S4. What is measured again has repeats of its own, which follow those that it could have had before.

import { shuffled } from '../workloads/random-numbers.ts';
import type { ExperimentDefinition } from './experiment.ts';
import { summarise } from './statistics.ts';

/** So many runs at least before a point can be known well enough. */
const repeatsLeast = 3;

/** A run to make. */
export interface ScheduledRun {
  /** The place of its point in the layout. */
  readonly point: number;
  /** From 1; 0 for one to warm up, which is not measured. */
  readonly repeat: number;
}

interface PointState {
  /** About how long a run takes, in milliseconds, before any was made; undefined when nothing tells. */
  readonly guessMs: number | undefined;
  /** What its runs took, by repeat; undefined for one that failed. */
  readonly durationsMs: Map<number, number | undefined>;
  warmupsLeft: number;
  /** The repeats that are due now follow so many (S4). */
  before: number;
}

/** How much is left to do. */
export interface Remaining {
  /** Runs that are measured at most. */
  readonly runs: number;
  /** How long they take together, as far as can be told; undefined when nothing can be. */
  readonly ms: number | undefined;
}

type Rules = Pick<ExperimentDefinition, 'repeats' | 'warmup' | 'order' | 'seed' | 'precision'>;

export class Schedule {
  readonly #rules: Rules;
  readonly #states: PointState[] = [];
  /** As it was counted since the last change. */
  #remaining: Remaining | undefined;

  constructor(pointCount: number, rules: Rules) {
    this.#rules = rules;
    for (let i = 0; i < pointCount; i++) this.add();
  }

  /**
   * Adds a point after the others.
   *
   * @param guessMs - about how long a run takes, in milliseconds; undefined when nothing tells.
   * @returns its place.
   */
  add(guessMs?: number): number {
    this.#remaining = undefined;
    return this.#states.push({ guessMs, durationsMs: new Map(), warmupsLeft: this.#rules.warmup, before: 0 }) - 1;
  }

  /** Has a point measured as often once more. */
  again(point: number): void {
    this.#remaining = undefined;
    this.#states[point]!.before += this.#rules.repeats; // S4
  }

  /** Whether a run is one of those that are due now. */
  isDue({ point, repeat }: ScheduledRun): boolean {
    const { before } = this.#states[point]!;
    return repeat > before && repeat <= before + this.#rules.repeats;
  }

  /** Whether it was said what a run took. */
  isDone({ point, repeat }: ScheduledRun): boolean {
    return this.#states[point]!.durationsMs.has(repeat);
  }

  /**
   * The next run; undefined when all is done.
   *
   * @param isPossible - whether a point can be measured now; its runs are left for later where it cannot.
   */
  next(isPossible: (point: number) => boolean = () => true): ScheduledRun | undefined {
    const { repeats } = this.#rules;
    for (let round = 1; round <= repeats; round++) {
      const point = this.#order(round).find((place) => this.#isWanted(place, round) && isPossible(place)); // S1
      if (point === undefined) continue;
      const { warmupsLeft, before } = this.#states[point]!;
      return { point, repeat: warmupsLeft > 0 ? 0 : before + round };
    }
    return undefined;
  }

  /** S2 */
  #order(round: number): number[] {
    const places = [...this.#states.keys()];
    return this.#rules.order === 'grid' ? places : shuffled(places, this.#rules.seed + round);
  }

  #isWanted(point: number, round: number): boolean {
    const { before } = this.#states[point]!;
    return !this.isDone({ point, repeat: before + round }) && !this.#isKnown(point); // S3
  }

  #isKnown(point: number): boolean {
    const { precision } = this.#rules;
    const values = [...this.#dueOf(point).values()].filter((ms) => ms !== undefined);
    if (precision === 0 || values.length < repeatsLeast) return false;
    const {
      median,
      interval: [low, high],
    } = summarise(values);
    return (high - low) / 2 <= precision * median;
  }

  /** What the runs took that are due now, and were made. */
  #dueOf(point: number): Map<number, number | undefined> {
    return new Map([...this.#states[point]!.durationsMs].filter(([repeat]) => this.isDue({ point, repeat })));
  }

  /** Says what a run took; undefined when it failed. */
  onDone({ point, repeat }: ScheduledRun, durationMs: number | undefined): void {
    this.#remaining = undefined;
    const state = this.#states[point]!;
    if (repeat > 0) {
      state.durationsMs.set(repeat, durationMs);
    } else {
      state.warmupsLeft = durationMs === undefined ? 0 : state.warmupsLeft - 1;
    }
  }

  /** About how long a run of a point takes, in milliseconds; undefined when nothing tells. */
  expectedMs(point: number): number | undefined {
    const state = this.#states[point]!;
    return measured(state).at(-1) ?? state.guessMs;
  }

  /** How much is left; quick, since it is asked for while runs are measured. */
  remaining(): Remaining {
    this.#remaining ??= this.#countRemaining();
    return this.#remaining;
  }

  #countRemaining(): Remaining {
    const known = [...this.#states.keys()].map((point) => this.expectedMs(point)).filter((ms) => ms !== undefined);
    const usual = known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0) / known.length;
    let runs = 0;
    let ms = 0;
    for (const point of this.#states.keys()) {
      const left = this.#isKnown(point) ? 0 : this.#rules.repeats - this.#dueOf(point).size;
      if (left === 0) continue;
      runs += left;
      ms += left * (this.expectedMs(point) ?? usual ?? 0);
    }
    return { runs, ms: usual === undefined ? undefined : ms };
  }
}

function measured({ durationsMs }: PointState): number[] {
  return [...durationsMs.values()].filter((ms) => ms !== undefined);
}
