// Points as a sweep would give them, of a curve that is known.

import type { Point } from '../../../sdk/experiments/point.ts';
import type { RunRecord } from '../../../sdk/experiments/run-record.ts';
import { summarise } from '../../../sdk/experiments/statistics.ts';
import type { Params } from '../../../sdk/workloads/workload.ts';

/** One combination, and what its runs took. */
export interface SyntheticPoint {
  readonly params: Params;
  readonly workers: number;
  readonly tasks: number;
  readonly durationsMs: readonly number[];
  readonly baselinesMs?: readonly number[];
}

function recordOf({ params, workers, tasks, baselinesMs }: SyntheticPoint, durationMs: number, i: number): RunRecord {
  return {
    workload: 'synthetic',
    params,
    repeat: i + 1,
    workers,
    workersLost: 0,
    cluster: 'embedded',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs,
    work: 1000,
    throughputPerSecond: durationMs > 0 ? 1e6 / durationMs : 0,
    tasks,
    failures: 0,
    errorRate: 0,
    latencyMs: { mean: 1, p50: 1, p90: 1, p99: 1 },
    cpuUtilization: 1,
    peakMemoryBytes: 1e6,
    baselineMs: baselinesMs?.[i] ?? null,
    speedUp: null,
    breakdownMs: { encode: 1, waitInSession: 2, travel: 3, waitOnWorker: 4, run: 5, return: 6, settle: 7 },
    nodes: [],
    finding: '',
    note: '',
    details: {},
  };
}

/** The point that these runs come to. */
export function pointOf(given: SyntheticPoint): Point {
  const { params, workers, tasks, durationsMs, baselinesMs } = given;
  const records = durationsMs.map((durationMs, i) => recordOf(given, durationMs, i));
  return {
    params,
    workers,
    tasks,
    work: 1000,
    records,
    durationMs: summarise(durationsMs),
    throughputPerSecond: summarise(records.map(({ throughputPerSecond }) => throughputPerSecond)),
    baselineMs: baselinesMs === undefined ? undefined : summarise(baselinesMs),
  };
}
