// A peer: one way of doing the computation that is measured beside the others.

import type { TransitionMatrix } from '../../workloads/markov/matrix.ts';

/** A way of doing the computation. */
export type PeerName =
  | 'gridbook'
  | 'baseline'
  | 'baseline-js'
  | 'numpy'
  | 'ray-tasks'
  | 'ray-actor'
  | 'ray-actors'
  | 'piscina-tasks'
  | 'piscina-batches';

/** All peers, each by what it is. */
export const peerSummaries: Readonly<Record<PeerName, string>> = {
  gridbook: 'tasks on a session',
  baseline: 'a plain loop in this process, with the same kernel',
  'baseline-js': 'the plainest loop in this process: three loops over a typed array',
  numpy: 'a plain loop in one Python process, with one BLAS thread',
  'ray-tasks': 'one Ray task a part, on as many cpus as there are cores',
  'ray-actor': 'all parts sent to one Ray actor, as the published system had it',
  'ray-actors': 'as many Ray actors as there are cores, in turn',
  'piscina-tasks': 'one call of a piscina pool a part, on as many threads as there are cores',
  'piscina-batches': 'the same, with up to a hundred parts in one call',
};

/** Names that stand for several peers. */
export const peerGroups: Readonly<Record<string, readonly PeerName[]>> = {
  ray: ['ray-tasks', 'ray-actor', 'ray-actors'],
  piscina: ['piscina-tasks', 'piscina-batches'],
};

/** What a peer is to compute. */
export interface PeerWork {
  readonly matrix: TransitionMatrix;
  readonly totalCount: number;
  /** Into how many parts; a peer that is not split takes no notice. */
  readonly pcNum: number;
  /** Which code multiplies, where it is ours. */
  readonly kernel: string;
  readonly signal: AbortSignal;
}

/** What a peer found of a product whose rows were brought to sum 1. */
export interface PeerFinding {
  /** The mean of the rows; null where the peer says that there is no limit. */
  readonly limit: readonly number[] | null;
  /** How far the rows differ: the largest difference in a column. */
  readonly rowSpread: number;
}

/** What one run came to. */
export interface PeerOutcome extends PeerFinding {
  readonly durationMs: number;
  /** Which code multiplied. */
  readonly kernel: string;
}

/** A peer that is ready to be asked; one run at a time. */
export interface Peer {
  readonly name: PeerName;
  /** What it is made of, for people: `Ray 2.60.0, numpy 2.4.6, Python 3.11.7`. */
  readonly madeOf: string;
  /** How many parts it computes at once. */
  readonly workers: number;
  /** Whether it splits the work: a plain loop takes the same time at every pcNum. */
  readonly isSplit: boolean;
  /** @throws Error saying why it could not; the signal's reason when it was aborted. */
  run(work: PeerWork): Promise<PeerOutcome>;
}

/** A peer that is not on this machine. */
export interface MissingPeer {
  /** Which one. */
  readonly peer: PeerName;
  /** What is not there. */
  readonly why: string;
  /** What to do to have it. */
  readonly install: string;
}
