// A point of a sweep: one combination of parameters and workers, and what its runs came to.

import type { Params } from '../workloads/workload.ts';
import type { RunRecord } from './run-record.ts';
import type { Summary } from './statistics.ts';

/** One combination, and what its runs came to. */
export interface Point {
  /** All parameters. */
  readonly params: Params;
  /** How many workers its runs had. */
  readonly workers: number;
  /** Into how many tasks the work is split. */
  readonly tasks: number;
  /** How much is done, in the workload's unit. */
  readonly work: number;
  /** Its runs, in the order in which they were made. */
  readonly records: readonly RunRecord[];
  /** Milliseconds. */
  readonly durationMs: Summary;
  /** Work per second. */
  readonly throughputPerSecond: Summary;
  /** The shared serial baseline of all points with the same work, in milliseconds; undefined where there is none. */
  readonly baselineMs: Summary | undefined;
}

/** Its runs that had fewer workers than it says, for a while or to their end. */
export function runsWithLosses({ records }: Pick<Point, 'records'>): readonly RunRecord[] {
  return records.filter(({ workersLost }) => workersLost > 0);
}
