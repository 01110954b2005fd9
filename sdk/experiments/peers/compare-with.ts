// Measures peers side by side: the same computation on each, interleaved at random.
//
// Owns: the order and number of runs, warming up, the check of what was found, the end of what was started for peers.
// Does not own: how a peer computes (its own file), the session, what the runs say (peer-comparison.ts).
//
// Invariants:
//   W1. A run counts only if its peer found what it had to find.
//   W2. Whatever one peer does, the others are measured.
//   W3. Whatever ends it early, what was measured is given.

import type { Session } from '../../session.ts';
import { textOf } from '../../text-of.ts';
import type { TransitionMatrix } from '../../workloads/markov/matrix.ts';
import { thisMachine } from '../experiment.ts';
import { type CheckedComparison, type CompareParameters, checkComparison, checkRepeats } from './compare-parameters.ts';
import { differenceMax, differenceOf, expectedFinding } from './finding.ts';
import { type MissingPeer, type Peer, type PeerFinding, peerSummaries } from './peer.ts';
import { PeerComparison, type PeerFailure, type PeerRun } from './peer-comparison.ts';

/** The first run of a point warms up and is left out, unless it took longer than this, against which warming up is little. */
const warmUpMsMax = 2000;
/** So few multiplications that the product has not reached its limit yet, and shows each one that is missing. */
const proof = { totalCount: 4, pcNum: 3 };

/** How a comparison is made. */
export interface CompareOptions {
  /**
   * Who is measured beside `gridbook`: `baseline`, `baseline-js`, `numpy`, `ray-tasks`, `ray-actor`, `ray-actors` or `ray`
   * for these three, `piscina-tasks`, `piscina-batches` or `piscina` for both. @default baseline
   */
  readonly peers?: readonly string[] | undefined;
  /** How often each point is measured, at most. @default 5 */
  readonly repeats?: number | undefined;
  /** How long a peer may repeat one point, in milliseconds; each is measured once at least. @default 30000 */
  readonly pointBudgetMs?: number | undefined;
  /** The Python that has numpy and Ray. @default GRIDBOOK_PYTHON, or python3 */
  readonly python?: string | undefined;
  /** Ends it early; what was measured is given. */
  readonly signal?: AbortSignal | undefined;
  /** Told how far it is, from 0 to 1, and what is done now. */
  readonly onProgress?: ((share: number, what: string) => void) | undefined;
}

/**
 * Measures the computation of `markov` on a session beside others that do the same: each point on each, in random order,
 * again and again. What a peer finds is checked; what is not on the machine is named, and the rest is measured.
 *
 * @param session - where `gridbook` runs its tasks.
 * @param parameters - what is computed; lists are combined.
 * @param options - who is measured, and how often.
 * @returns the runs, and what they say.
 * @throws InvalidArgumentError when a parameter or option is not of its form.
 * @example
 * ```ts
 * import { compareWith, connect } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * const parameters = { matrixSize: 10, totalCount: 20_000, pcNum: [1, 100] };
 * const { rows } = await compareWith(session, parameters, { peers: ['baseline'], repeats: 3 });
 * for (const { pcNum, peer } of rows) console.log(pcNum, peer);
 * // prints: 1 gridbook
 * // prints: 1 baseline
 * // prints: 100 gridbook
 * // prints: 100 baseline
 * ```
 */
export async function compareWith(
  session: Session,
  parameters: CompareParameters,
  options: CompareOptions = {},
): Promise<PeerComparison> {
  const { peers: names = ['baseline'], repeats = 5, pointBudgetMs = 30_000, python, onProgress } = options;
  const checked = checkComparison(parameters);
  checkRepeats(repeats, pointBudgetMs);
  const signal = options.signal ?? new AbortController().signal;
  const startedAt = new Date().toISOString();
  // What runs the others is loaded by those who run them.
  const { openPeers, peersNamed } = await import('./open-peers.ts');
  const wanted = peersNamed(names);
  const measuring = new Measuring(checked, { repeats, pointBudgetMs, signal, onProgress });
  let peers: readonly Peer[] = [];
  let missing: readonly MissingPeer[] = [];
  try {
    const opened = await openPeers(wanted, {
      session,
      python,
      signal,
      onStart: (what) => onProgress?.(0, `starting ${what}`),
    });
    ({ peers, missing } = opened);
    try {
      await measuring.measure(peers);
    } finally {
      onProgress?.(1, 'ending what was started');
      await opened.close();
    }
  } catch (error) {
    if (!signal.aborted) throw error; // W3
  }
  return new PeerComparison({
    workload: 'markov',
    machine: thisMachine(),
    startedAt,
    endedAt: signal.aborted ? null : new Date().toISOString(),
    matrixSizes: checked.matrices.map(({ n }) => n),
    totalCounts: checked.totalCounts,
    pcNums: checked.pcNums,
    seed: checked.seed,
    repeats,
    pointBudgetMs,
    peers: peers.map(({ run: _, ...peer }) => ({ ...peer, summary: peerSummaries[peer.name] })),
    missing,
    runs: measuring.runs,
    failures: measuring.failures,
  });
}

/** One point of one peer. */
interface Place {
  readonly peer: Peer;
  readonly matrix: TransitionMatrix;
  readonly totalCount: number;
  /** Null for a peer that does not split the work. */
  readonly pcNum: number | null;
  /** What its runs took, in milliseconds. */
  readonly times: number[];
  isWarm: boolean;
}

interface MeasuringOptions extends Required<Pick<CompareOptions, 'repeats' | 'pointBudgetMs'>> {
  readonly signal: AbortSignal;
  readonly onProgress: CompareOptions['onProgress'];
}

class Measuring {
  readonly #checked: CheckedComparison;
  readonly #options: MeasuringOptions;
  readonly #expected = new Map<string, Promise<PeerFinding>>();
  readonly runs: PeerRun[] = [];
  readonly failures: PeerFailure[] = [];

  constructor(checked: CheckedComparison, options: MeasuringOptions) {
    this.#checked = checked;
    this.#options = options;
  }

  async measure(peers: readonly Peer[]): Promise<void> {
    const right: Peer[] = [];
    for (const peer of peers) {
      this.#options.onProgress?.(0, `${peer.name}: whether it computes the same`);
      if (await this.#isRight(peer)) right.push(peer);
    }
    const places = right.flatMap((peer) => this.#placesOf(peer));
    let open = places;
    while (open.length > 0) {
      const still = new Set(open);
      for (const place of shuffled(open)) {
        const isDone = await this.#runOnce(place, () => shareOf(places, still, this.#options));
        if (isDone) still.delete(place);
      }
      open = [...still];
    }
  }

  #placesOf(peer: Peer): Place[] {
    const { matrices, totalCounts, pcNums } = this.#checked;
    return matrices.flatMap((matrix) =>
      totalCounts.flatMap((totalCount) =>
        (peer.isSplit ? pcNums : [null]).map((pcNum) => ({
          peer,
          matrix,
          totalCount,
          pcNum,
          times: [],
          isWarm: false,
        })),
      ),
    );
  }

  /** Whether a peer computes what it should, seen on a power that has not reached its limit. W1 */
  async #isRight(peer: Peer): Promise<boolean> {
    const { signal } = this.#options;
    const { kernel } = this.#checked;
    try {
      for (const matrix of this.#checked.matrices) {
        const found = await peer.run({ matrix, ...proof, kernel, signal });
        await this.#check(found, matrix, proof.totalCount);
      }
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      this.failures.push({ peer: peer.name, matrixSize: null, totalCount: null, pcNum: null, message: textOf(error) });
      return false; // W2
    }
  }

  /** Runs a place once. @returns whether that was the last time. */
  async #runOnce(place: Place, share: () => number): Promise<boolean> {
    const { peer, matrix, totalCount, pcNum, times } = place;
    const { signal, repeats, pointBudgetMs, onProgress } = this.#options;
    onProgress?.(share(), labelOf(place));
    const startedAt = new Date().toISOString();
    try {
      const work = { matrix, totalCount, pcNum: pcNum ?? 1, kernel: this.#checked.kernel, signal };
      const outcome = await peer.run(work);
      await this.#check(outcome, matrix, totalCount);
      const { durationMs, kernel } = outcome;
      const isWarmUp = !place.isWarm && durationMs <= warmUpMsMax;
      place.isWarm = true;
      if (isWarmUp) return false;
      times.push(durationMs);
      this.runs.push({
        peer: peer.name,
        matrixSize: matrix.n,
        totalCount,
        pcNum,
        repeat: times.length,
        workers: peer.workers,
        kernel,
        startedAt,
        durationMs,
        throughputPerSecond: ((totalCount - 1) / durationMs) * 1000,
      });
      // One more would take about as long as the mean of those before.
      const spentMs = times.reduce((sum, ms) => sum + ms, 0);
      return times.length >= repeats || spentMs + spentMs / times.length > pointBudgetMs;
    } catch (error) {
      if (signal.aborted) throw error;
      const message = textOf(error);
      this.failures.push({ peer: peer.name, matrixSize: matrix.n, totalCount, pcNum, message });
      return true; // W2
    }
  }

  /** @throws Error when a peer found something else. W1 */
  async #check(found: PeerFinding, matrix: TransitionMatrix, totalCount: number): Promise<void> {
    const key = `${matrix.n} ${totalCount}`;
    let expected = this.#expected.get(key);
    if (expected === undefined) {
      expected = expectedFinding(matrix, totalCount);
      this.#expected.set(key, expected);
    }
    const difference = differenceOf(found, await expected);
    if (difference <= differenceMax) return;
    throw new Error(
      `It computes something else: its limit is off by ${difference.toExponential(1)}, and may be by ${differenceMax}`,
    );
  }
}

/** How far all of it is, from 0 to 1. */
function shareOf(places: readonly Place[], open: ReadonlySet<Place>, options: MeasuringOptions): number {
  const { repeats, pointBudgetMs } = options;
  const done = places.map((place) => {
    if (!open.has(place)) return 1;
    const spentMs = place.times.reduce((sum, ms) => sum + ms, 0);
    return Math.min(0.95, Math.max(place.times.length / repeats, pointBudgetMs === 0 ? 0 : spentMs / pointBudgetMs));
  });
  return done.reduce((sum, share) => sum + share, 0) / Math.max(1, places.length);
}

function labelOf({ peer, matrix, totalCount, pcNum }: Place): string {
  const split = pcNum === null ? '' : `, pc_num ${pcNum.toLocaleString('en')}`;
  return `${peer.name}: n = ${matrix.n}, total ${totalCount.toLocaleString('en')}${split}`;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
