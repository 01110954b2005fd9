// Which run of a sweep comes next. Pure: knows no clock and makes no run.
//
// Owns: what has been run of each point. Callers: sweep.ts.
//
// Invariants:
//   S1. Rounds: no point is measured for the n-th time before each other one was measured n - 1 times, or is done. What
//       disturbs the machine for a while so disturbs all points alike.
//   S2. The order is a function of the definition alone, so that a sweep that is taken up again goes on where it was.
//   S3. A repeat that is written down is never made again.

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
  /** What its runs took, by repeat; undefined for one that failed. */
  readonly durationsMs: Map<number, number | undefined>;
  warmupsLeft: number;
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
  readonly #states: PointState[];

  constructor(pointCount: number, rules: Rules) {
    this.#rules = rules;
    this.#states = Array.from({ length: pointCount }, () => ({
      durationsMs: new Map(),
      warmupsLeft: rules.warmup,
    }));
  }

  /** The next run; undefined when all is done. */
  next(): ScheduledRun | undefined {
    const { repeats } = this.#rules;
    for (let repeat = 1; repeat <= repeats; repeat++) {
      const point = this.#order(repeat).find((place) => this.#isWanted(place, repeat)); // S1
      if (point !== undefined) return { point, repeat: this.#states[point]!.warmupsLeft > 0 ? 0 : repeat };
    }
    return undefined;
  }

  /** S2 */
  #order(repeat: number): number[] {
    const places = [...this.#states.keys()];
    return this.#rules.order === 'grid' ? places : shuffled(places, this.#rules.seed + repeat);
  }

  #isWanted(point: number, repeat: number): boolean {
    const { durationsMs } = this.#states[point]!;
    return !durationsMs.has(repeat) && !this.#isKnown(point); // S3
  }

  #isKnown(point: number): boolean {
    const { precision } = this.#rules;
    const values = measured(this.#states[point]!);
    if (precision === 0 || values.length < repeatsLeast) return false;
    const {
      median,
      interval: [low, high],
    } = summarise(values);
    return (high - low) / 2 <= precision * median;
  }

  /** Says what a run took; undefined when it failed. */
  onDone({ point, repeat }: ScheduledRun, durationMs: number | undefined): void {
    const state = this.#states[point]!;
    if (repeat > 0) {
      state.durationsMs.set(repeat, durationMs);
    } else {
      state.warmupsLeft = durationMs === undefined ? 0 : state.warmupsLeft - 1;
    }
  }

  /** About how long a run of a point takes, in milliseconds; undefined when it was never measured. */
  expectedMs(point: number): number | undefined {
    return measured(this.#states[point]!).at(-1);
  }

  remaining(): Remaining {
    const known = [...this.#states.keys()].map((point) => this.expectedMs(point)).filter((ms) => ms !== undefined);
    const usual = known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0) / known.length;
    let runs = 0;
    let ms = 0;
    for (const [point, { durationsMs }] of this.#states.entries()) {
      const left = this.#isKnown(point) ? 0 : this.#rules.repeats - durationsMs.size;
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
