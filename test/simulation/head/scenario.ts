// What one seed stands for: nodes, sessions, graces, and how bad everything between them is.
//
// Each kind of fault is absent from half of the seeds, so that some runs show one fault alone and some all together.

import type { Resources } from '../../../sdk/internal.ts';
import type { Random } from '../random.ts';

export interface Faults {
  /** How likely, for each message. */
  readonly drop: number;
  readonly double: number;
  readonly delay: number;
  /** A worker that is started ends before it is ready. */
  readonly startFailure: number;
  /** How many times each happens. */
  readonly cuts: number;
  readonly pauses: number;
  readonly nodeCrashes: number;
  readonly workerCrashes: number;
  readonly headRestarts: number;
  readonly vanishings: number;
  /** When all of these end. */
  readonly untilMs: number;
}

export interface NodeTerms {
  readonly id: string;
  readonly resources: Resources;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Scenario {
  /** Nothing goes wrong but heads that are started again, and all come back in time: no lease may be lost. */
  readonly gentle: boolean;
  /** Every request is for one cpu and may use every node. */
  readonly uniform: boolean;
  readonly nodes: readonly NodeTerms[];
  readonly sessions: number;
  /** How often sessions change what they ask for. */
  readonly wishes: number;
  readonly nodeGraceMs: number;
  readonly sessionGraceMs: number;
  /** How fast the head's clock goes, and what it shows at first. */
  readonly clock: { readonly rate: number; readonly offset: number };
  readonly faults: Faults;
}

export function scenarioOf(random: Random): Scenario {
  const uniform = random.chance(0.4);
  const gentle = random.chance(0.1);
  const often = (most: number): number => (!gentle && random.chance(0.5) ? random.next() * most : 0);
  const times = (most: number): number => (!gentle && random.chance(0.5) ? random.integer(1, most) : 0);
  const nodes = Array.from({ length: random.integer(1, 3) }, (_, i): NodeTerms => {
    const cpus = random.integer(1, 4);
    if (uniform) return { id: `n${i}`, resources: { cpus }, labels: {} };
    const gpus = random.pick([0, 0, 1, 2]);
    return { id: `n${i}`, resources: { cpus, gpus, memory: 8 }, labels: { zone: random.pick(['a', 'b']) } };
  });
  return {
    gentle,
    uniform,
    nodes,
    sessions: random.integer(1, 4),
    wishes: random.integer(2, 12),
    nodeGraceMs: gentle ? 1000 : random.between(20, 80),
    sessionGraceMs: gentle ? 200 : random.between(15, 40),
    clock: { rate: random.between(0.5, 2), offset: random.pick([0, -1e6, 1e9]) },
    faults: {
      drop: often(0.05),
      double: often(0.3),
      delay: often(0.3),
      startFailure: often(0.2),
      cuts: times(4),
      pauses: times(3),
      nodeCrashes: times(2),
      workerCrashes: times(3),
      headRestarts: gentle ? 2 : times(2),
      vanishings: times(2),
      untilMs: random.between(20, 150),
    },
  };
}
