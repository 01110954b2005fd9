// Measures peers side by side: the same computation on each, interleaved at random.
//
// Owns: the check of what was found, how far it is, the end of what was started for peers.
// Does not own: how a peer computes (its own file), what is run next (peer-rounds.ts), the session, what the runs say
// (peer-comparison.ts).
//
// Invariants:
//   W1. A run counts only if its peer found what it had to find.
//   W2. Whatever one peer does, the others are measured.
//   W3. Whatever ends it early, what was measured is given.

import { ensureHome, homeDirectory } from '../../home-directory.ts';
import type { Session } from '../../session.ts';
import { checkNames } from '../../task-options.ts';
import { textOf } from '../../text-of.ts';
import type { TransitionMatrix } from '../../workloads/markov/matrix.ts';
import { thisMachine } from '../experiment.ts';
import { type CheckedComparison, type CompareParameters, checkComparison, checkRepeats } from './compare-parameters.ts';
import { differenceMax, differenceOf, expectedFinding } from './finding.ts';
import { gauge } from './gauge.ts';
import { type MissingPeer, type Peer, type PeerFinding, peerSummaries } from './peer.ts';
import { PeerComparison, type PeerFailure, type PeerRun } from './peer-comparison.ts';
import { PeerRounds, type Place, type RoundRules } from './peer-rounds.ts';
import type { UnfinishedComparison } from './unfinished-comparison.ts';

/** How often it is told how far a long run is. */
const tellMs = 1000;
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
  /** How long a peer may repeat one point, in milliseconds; where `repeats` allows it, each is measured twice at least. @default 30000 */
  readonly pointBudgetMs?: number | undefined;
  /** The Python that has numpy and Ray. @default GRIDBOOK_PYTHON, or python3 */
  readonly python?: string | undefined;
  /**
   * Whether runs are kept in the home directory until all are made, so that the same comparison on the same machine goes on with them
   * when this one is interrupted or killed. @default false
   */
  readonly keep?: boolean | undefined;
  /** Whether runs that were kept so are gone on with; otherwise all are made anew. @default true */
  readonly resume?: boolean | undefined;
  /** Told of such runs, before anything is measured. */
  readonly onResume?: ((runs: readonly PeerRun[]) => void) | undefined;
  /** Ends it early; what was measured is given. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told how far it is, from 0 to 1 of the time that all of it is expected to take, what is done now, and how long it will go
   * on, about, in milliseconds; that is undefined until every peer was tried.
   */
  readonly onProgress?: ((share: number, what: string, leftMs: number | undefined) => void) | undefined;
}

const known = new Set([
  ...['peers', 'repeats', 'pointBudgetMs', 'python', 'keep', 'resume', 'onResume', 'signal', 'onProgress'],
]);

/**
 * Measures the computation of `markov` on a session beside others that do the same: each point on each, in random order,
 * again and again. What a peer finds is checked; what is not on the machine is named, and the rest is measured.
 *
 * @param session - where `gridbook` runs its tasks.
 * @param parameters - what is computed; lists are combined.
 * @param options - who is measured, and how often.
 * @returns the runs, and what they say.
 * @throws InvalidArgumentError when a parameter or option is not of its form; AuthenticationError, ResourceError when runs are to be kept and
 *   the home directory cannot be used.
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
  checkNames(options, known, 'compareWith');
  const checked = checkComparison(parameters);
  checkRepeats(repeats, pointBudgetMs);
  // Before anything is started for nothing.
  if (options.keep === true) ensureHome(homeDirectory());
  const signal = options.signal ?? new AbortController().signal;
  let startedAt = new Date().toISOString();
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
      onStart: (what) => onProgress?.(0, `starting ${what}`, undefined),
    });
    ({ peers, missing } = opened);
    try {
      const unfinished =
        options.keep === true ? await open(checked, peers, { ...options, repeats, pointBudgetMs }) : undefined;
      startedAt = unfinished?.startedAt ?? startedAt;
      await measuring.measure(peers, unfinished);
    } finally {
      onProgress?.(1, 'ending what was started', undefined);
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

/** What is kept of the same comparison. */
async function open(
  checked: CheckedComparison,
  peers: readonly Peer[],
  { repeats, pointBudgetMs, resume = true, onResume }: CompareOptions & RoundRules,
): Promise<UnfinishedComparison | undefined> {
  const { UnfinishedComparison } = await import('./unfinished-comparison.ts');
  const unfinished = UnfinishedComparison.open({ checked, peers, repeats, pointBudgetMs }, resume);
  if (unfinished !== undefined && unfinished.runs.length > 0) onResume?.(unfinished.runs);
  return unfinished;
}

interface MeasuringOptions extends Required<Pick<CompareOptions, 'repeats' | 'pointBudgetMs'>> {
  readonly signal: AbortSignal;
  readonly onProgress: CompareOptions['onProgress'];
}

class Measuring {
  readonly #checked: CheckedComparison;
  readonly #options: MeasuringOptions;
  readonly #expected = new Map<string, Promise<PeerFinding>>();
  readonly #rounds: PeerRounds;
  #unfinished: UnfinishedComparison | undefined;
  #startedAt = 0;
  #share = 0;
  readonly runs: PeerRun[] = [];
  readonly failures: PeerFailure[] = [];

  constructor(checked: CheckedComparison, options: MeasuringOptions) {
    this.#checked = checked;
    this.#options = options;
    this.#rounds = new PeerRounds(options);
  }

  /** @param unfinished - what was measured before, and where it is kept. */
  async measure(peers: readonly Peer[], unfinished: UnfinishedComparison | undefined): Promise<void> {
    this.#unfinished = unfinished;
    this.runs.push(...(unfinished?.runs ?? []));
    let isWhole = false;
    try {
      for (const peer of peers) await this.#prepare(peer);
      this.#startedAt = performance.now();
      for (let next = this.#rounds.next(); next !== undefined; next = this.#rounds.next()) await this.#runOnce(next);
      isWhole = true;
    } finally {
      unfinished?.close(isWhole);
    }
  }

  /** Sees whether a peer computes what it should, on a power that has not reached its limit, and how fast it is. W1 */
  async #prepare(peer: Peer): Promise<void> {
    const { signal, onProgress } = this.#options;
    const { kernel, matrices, totalCounts, pcNums } = this.#checked;
    const limits = { totalCountMax: Math.max(...totalCounts), pcNumMax: Math.max(...pcNums) };
    onProgress?.(0, `${peer.name}: whether it computes the same, and how fast it is`, undefined);
    const places: [Place, expectedMs: number][] = [];
    try {
      for (const matrix of matrices) {
        const found = await peer.run({ matrix, ...proof, kernel, signal });
        await this.#check(found, matrix, proof.totalCount);
        const expectedMs = await gauge(peer, { matrix, kernel, signal }, limits);
        for (const totalCount of totalCounts) {
          for (const pcNum of peer.isSplit ? pcNums : [null]) {
            places.push([{ peer, matrix, totalCount, pcNum }, expectedMs(totalCount, pcNum ?? 1)]);
          }
        }
      }
    } catch (error) {
      if (signal.aborted) throw error;
      this.failures.push({ peer: peer.name, matrixSize: null, totalCount: null, pcNum: null, message: textOf(error) });
      return; // W2
    }
    for (const [place, expectedMs] of places) this.#rounds.add(place, expectedMs, this.#timesOf(place));
  }

  /** What was measured before. */
  #timesOf({ peer, matrix, totalCount, pcNum }: Place): number[] {
    const isThere = (run: PeerRun): boolean =>
      run.peer === peer.name && run.matrixSize === matrix.n && run.totalCount === totalCount && run.pcNum === pcNum;
    return this.runs.filter(isThere).map(({ durationMs }) => durationMs);
  }

  async #runOnce(place: Place): Promise<void> {
    const { peer, matrix, totalCount, pcNum } = place;
    const { signal } = this.#options;
    const startedAt = new Date().toISOString();
    const begun = performance.now();
    const leftMs = this.#rounds.leftMs();
    const tell = (): void => this.#tell(labelOf(place), Math.max(0, leftMs - (performance.now() - begun)));
    tell();
    const telling = setInterval(tell, tellMs);
    try {
      const work = { matrix, totalCount, pcNum: pcNum ?? 1, kernel: this.#checked.kernel, signal };
      const outcome = await peer.run(work);
      await this.#check(outcome, matrix, totalCount);
      const { durationMs, kernel } = outcome;
      const repeat = this.#rounds.onRun(place, durationMs);
      if (repeat === undefined) return;
      const run: PeerRun = {
        peer: peer.name,
        matrixSize: matrix.n,
        totalCount,
        pcNum,
        repeat,
        workers: peer.workers,
        kernel,
        startedAt,
        durationMs,
        throughputPerSecond: ((totalCount - 1) / durationMs) * 1000,
      };
      this.#unfinished?.add(run);
      this.runs.push(run);
    } catch (error) {
      if (signal.aborted) throw error;
      this.#rounds.onFailed(place); // W2
      const message = textOf(error);
      this.failures.push({ peer: peer.name, matrixSize: matrix.n, totalCount, pcNum, message });
    } finally {
      clearInterval(telling);
    }
  }

  /** A share never falls, though what is left may grow when something takes longer than was expected. */
  #tell(what: string, leftMs: number): void {
    const spentMs = performance.now() - this.#startedAt;
    const share = spentMs + leftMs === 0 ? 0 : spentMs / (spentMs + leftMs);
    this.#share = Math.max(this.#share, share);
    this.#options.onProgress?.(this.#share, what, leftMs);
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

function labelOf({ peer, matrix, totalCount, pcNum }: Place): string {
  const split = pcNum === null ? '' : `, pc_num ${pcNum.toLocaleString('en')}`;
  return `${peer.name}: n = ${matrix.n}, total ${totalCount.toLocaleString('en')}${split}`;
}
