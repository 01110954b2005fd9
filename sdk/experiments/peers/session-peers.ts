// The peers in this process: tasks on a session, and plain loops.

import type { Session } from '../../session.ts';
import { baseline } from '../../workloads/markov/baseline.ts';
import { markov } from '../../workloads/markov/markov.ts';
import { findingOfAnalysis } from './finding.ts';
import type { Peer } from './peer.ts';

const madeOf = `Node ${process.versions.node}`;

/** The computation as tasks on a session. */
export function sessionPeer(session: Session): Peer {
  return {
    name: 'gridbook',
    madeOf: session.cluster === 'embedded' ? madeOf : `${madeOf}, at ${session.cluster}`,
    workers: session.workers,
    isSplit: true,
    async run(work) {
      const { durationMs, kernel, limit } = await markov(session, work);
      return { durationMs, kernel, ...findingOfAnalysis(limit) };
    },
  };
}

/** The computation as a plain loop: with the kernel that runs have, or the plainest one. */
export function loopPeer(name: 'baseline' | 'baseline-js'): Peer {
  return {
    name,
    madeOf,
    workers: 1,
    isSplit: false,
    async run({ pcNum: _, ...work }) {
      const result = await baseline({ ...work, kernel: name === 'baseline' ? work.kernel : 'js' });
      return { durationMs: result.durationMs, kernel: result.kernel, ...findingOfAnalysis(result.limit) };
    },
  };
}
