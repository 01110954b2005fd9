// The sessions of a sweep: for each number of workers that its points have one that takes no more, and what is done while
// there are fewer.
//
// Owns: the sessions that it opened. Does not own: the given one. Callers: sweep-runs.ts.
//
// Invariants:
//   N1. What was opened is closed in the end, and the given session never is.
//   N2. No run begins with more workers than its point says, nor with fewer: also when nodes join or leave meanwhile.

import { setTimeout as wait } from 'node:timers/promises';
import { nodeLoads } from '../cluster/node-loads.ts';
import { coreOf } from '../core-of.ts';
import { InvalidArgumentError, ResourceError } from '../errors.ts';
import type { Session } from '../session.ts';
import { sessionWithWorkers } from '../session-with-workers.ts';
import { workersOf } from './node-watch.ts';

/** How often it is looked whether workers are back, in milliseconds. */
const lookMs = 200;

export class SweepSessions {
  readonly #given: Session;
  /** How many workers the given one had when the sweep was laid out. */
  readonly #givenWorkers: number;
  readonly #waitMs: number;
  readonly #opened = new Map<number, Session>();
  /** How many workers the nodes had that could be reached when it was last looked. */
  #seen = Number.POSITIVE_INFINITY;

  /** @param waitMs - how long workers that are gone are waited for. */
  constructor(given: Session, waitMs: number) {
    this.#given = given;
    this.#givenWorkers = given.workers;
    this.#waitMs = waitMs;
  }

  /** Opens what is not open yet. @throws InvalidArgumentError when a cluster that has workers has fewer than asked for. */
  async open(counts: Iterable<number>): Promise<void> {
    await this.look();
    for (const workers of new Set(counts)) {
      const { cluster } = await this.of(workers);
      const there = this.#there(workers);
      // Where there are none at all, the first node is waited for.
      if (there === 0 || there >= workers) continue;
      throw new InvalidArgumentError(
        `Cannot measure with ${workers} workers: ${cluster} has ${there}. Give at most ${there}, or start more nodes`,
      );
    }
  }

  /** The session for a number of workers. */
  async of(workers: number): Promise<Session> {
    const open = this.#openOf(workers);
    if (open !== undefined) return open;
    const session = await sessionWithWorkers(this.#given, workers);
    this.#opened.set(workers, session);
    return session;
  }

  /** The given one would take the workers of a node that joined, too. N2 */
  #openOf(workers: number): Session | undefined {
    const isGiven = workers === this.#givenWorkers && this.#given.workers <= workers;
    return this.#opened.get(workers) ?? (isGiven ? this.#given : undefined);
  }

  /** Sees how many workers there are. A head counts those of a node that is away for a while longer. */
  async look(): Promise<void> {
    const { head } = coreOf(this.#given).cluster;
    this.#seen = (await (head && nodeLoads(head).then(workersOf, () => undefined))) ?? Number.POSITIVE_INFINITY;
  }

  #there(workers: number): number {
    return Math.min((this.#openOf(workers) ?? this.#given).workers, this.#seen);
  }

  /** Whether there are so many workers, as far as was seen. N2 */
  has(workers: number): boolean {
    return this.#there(workers) >= workers;
  }

  /**
   * Waits until there are more workers, or fewer, than now, or until a time has passed.
   *
   * @param wanted - how many are missed.
   * @param mostMs - so long at most.
   * @throws ResourceError when nothing changes in the time that it waits; the signal's reason when it is aborted.
   */
  async untilChanged(wanted: number, signal: AbortSignal, mostMs: number): Promise<void> {
    const before = this.#there(wanted);
    const start = performance.now();
    for (let ms = 0; this.#there(wanted) === before && ms < mostMs; ms = performance.now() - start) {
      if (ms > this.#waitMs) {
        throw new ResourceError(
          `Cannot measure with ${wanted} workers any more: ${this.#given.cluster} has ${before}, and no others came in ` +
            `${this.#waitMs / 1000} s. Start more nodes, and sweep again`,
        );
      }
      await wait(Math.min(lookMs, mostMs - ms), undefined, { signal });
      await this.look();
    }
  }

  /** N1 */
  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map((session) => session.close()));
    this.#opened.clear();
  }
}
