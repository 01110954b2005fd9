// Which peer is run at which point next. Pure: knows no clock and makes no run.
//
// Owns: what each peer took at each point, and what that says of the time that is left. Callers: compare-with.ts.
//
// Invariants:
//   R1. Rounds: nothing is measured for the n-th time before all else was measured n - 1 times, or is done.
//   R2. In a round the points come in random order, and at each point its peers do, one after the other: what is compared is
//       measured close together, and what is interrupted has whole points.
//   R3. What takes long is repeated no more than its budget allows, but so often that there is an interval.

import { mean } from 'simple-statistics';
import type { TransitionMatrix } from '../../workloads/markov/matrix.ts';
import { shuffled } from '../../workloads/random-numbers.ts';
import type { Peer } from './peer.ts';

/** The first run of a peer at a point warms up and is left out, unless it took longer than this, against which warming up is little. */
const warmUpMsMax = 2000;

/** So many runs at least, whatever they take: one alone does not say how far it may be off. */
export const repeatsLeast = 2;

/** A peer at a point. */
export interface Place {
  readonly peer: Peer;
  readonly matrix: TransitionMatrix;
  readonly totalCount: number;
  /** Null for a peer that does not split the work. */
  readonly pcNum: number | null;
}

interface PlaceState {
  /** What its runs took, in milliseconds. */
  readonly times: number[];
  isWarm: boolean;
  /** About how long a run takes. */
  expectedMs: number;
}

/** How often a place is measured. */
export interface RoundRules {
  readonly repeats: number;
  readonly pointBudgetMs: number;
}

export class PeerRounds {
  readonly #rules: RoundRules;
  /** Those that are not done. */
  readonly #open = new Map<Place, PlaceState>();
  /** What is left of the round. */
  #turns: Place[] = [];

  constructor(rules: RoundRules) {
    this.#rules = rules;
  }

  /**
   * Adds a place before the first round.
   *
   * @param expectedMs - about how long a run takes.
   * @param times - what runs took that were made before; those count.
   */
  add(place: Place, expectedMs: number, times: readonly number[] = []): void {
    const state = { times: [...times], isWarm: false, expectedMs: times.length === 0 ? expectedMs : mean([...times]) };
    if (this.#runsLeft(state) > 0) this.#open.set(place, state);
  }

  /** What is run next; the same again until `onRun` or `onFailed` says what came of it. Undefined when all is done. */
  next(): Place | undefined {
    if (this.#turns.length === 0) this.#turns = this.#round();
    return this.#turns[0];
  }

  /** R1, R2 */
  #round(): Place[] {
    let fewest = Number.POSITIVE_INFINITY;
    for (const { times } of this.#open.values()) fewest = Math.min(fewest, times.length);
    const due = [...this.#open].filter(([, { times }]) => times.length === fewest).map(([place]) => place);
    const points = Map.groupBy(due, ({ matrix, totalCount, pcNum }) => [matrix.n, totalCount, pcNum].join(' '));
    return shuffled([...points.values()], randomSeed()).flatMap((places) => shuffled(places, randomSeed()));
  }

  /**
   * Says what a run took.
   *
   * @returns which measurement of the place it is, from 1; undefined for one that warmed up, which does not count.
   */
  onRun(place: Place, durationMs: number): number | undefined {
    const state = this.#open.get(place);
    if (state === undefined) return undefined;
    const isWarmUp = !state.isWarm && durationMs <= warmUpMsMax;
    state.isWarm = true;
    if (isWarmUp) {
      state.expectedMs = durationMs;
      return undefined; // its turn goes on
    }
    state.times.push(durationMs);
    state.expectedMs = mean(state.times);
    this.#turns.shift();
    if (this.#runsLeft(state) === 0) this.#open.delete(place);
    return state.times.length;
  }

  /** Says that a run failed: the place is done. */
  onFailed(place: Place): void {
    this.#turns.shift();
    this.#open.delete(place);
  }

  /** About how long all that is to be run will take, in milliseconds. */
  leftMs(): number {
    let sum = 0;
    for (const state of this.#open.values()) {
      const warmUps = !state.isWarm && state.expectedMs <= warmUpMsMax ? 1 : 0;
      sum += (this.#runsLeft(state) + warmUps) * state.expectedMs;
    }
    return sum;
  }

  /** R3 */
  #runsLeft({ times, expectedMs }: PlaceState): number {
    const { repeats, pointBudgetMs } = this.#rules;
    const affordable = Math.max(repeatsLeast, Math.floor(pointBudgetMs / Math.max(expectedMs, Number.MIN_VALUE)));
    return Math.max(0, Math.min(repeats, affordable) - times.length);
  }
}

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
