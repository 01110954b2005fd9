// What one run of markov is written down as, for programs to read.

import type { BaselineResult, LimitAnalysis, MarkovResult } from '../sdk/index.ts';

/** One run. Durations are in milliseconds, sizes in bytes. */
export interface MarkovRecord {
  matrixSize: number;
  totalCount: number;
  pcNum: number;
  /** Null for the user's own matrix. */
  seed: number | null;
  /** Which repeat of the same combination, from 1. */
  repeat: number;
  workers: number;
  /** Where they are: `embedded`, or the head's address. */
  cluster: string;
  kernel: string;
  /** Whether neighbouring products were multiplied on the workers. */
  combine: boolean;
  durationMs: number;
  throughputPerSecond: number;
  multiplications: number;
  latencyMs: { mean: number; p50: number; p90: number; p99: number };
  cpuUtilization: number;
  peakMemoryBytes: number;
  tasks: number;
  failures: number;
  errorRate: number;
  /** How long the plain loop took; null when it was not asked for. */
  baselineMs: number | null;
  /** `baselineMs` over `durationMs`. */
  speedUp: number | null;
  limit: LimitAnalysis;
}

/** Writes a run down. */
export function recordOf(
  result: MarkovResult,
  { repeat, combine, cluster }: Pick<MarkovRecord, 'repeat' | 'combine' | 'cluster'>,
  plain: BaselineResult | undefined,
): MarkovRecord {
  const { timings: _, ...rest } = result;
  return {
    ...rest,
    repeat,
    cluster,
    combine,
    baselineMs: plain?.durationMs ?? null,
    speedUp: plain === undefined ? null : plain.durationMs / result.durationMs,
  };
}

const csvColumns: readonly [string, (record: MarkovRecord) => string | number | boolean | null][] = [
  ['matrixSize', (r) => r.matrixSize],
  ['totalCount', (r) => r.totalCount],
  ['pcNum', (r) => r.pcNum],
  ['seed', (r) => r.seed],
  ['repeat', (r) => r.repeat],
  ['workers', (r) => r.workers],
  ['cluster', (r) => r.cluster],
  ['kernel', (r) => r.kernel],
  ['combine', (r) => r.combine],
  ['durationMs', (r) => r.durationMs],
  ['throughputPerSecond', (r) => r.throughputPerSecond],
  ['multiplications', (r) => r.multiplications],
  ['latencyMeanMs', (r) => r.latencyMs.mean],
  ['latencyP50Ms', (r) => r.latencyMs.p50],
  ['latencyP90Ms', (r) => r.latencyMs.p90],
  ['latencyP99Ms', (r) => r.latencyMs.p99],
  ['cpuUtilization', (r) => r.cpuUtilization],
  ['peakMemoryBytes', (r) => r.peakMemoryBytes],
  ['tasks', (r) => r.tasks],
  ['failures', (r) => r.failures],
  ['errorRate', (r) => r.errorRate],
  ['baselineMs', (r) => r.baselineMs],
  ['speedUp', (r) => r.speedUp],
  ['verdict', (r) => r.limit.verdict],
  ['rowSpread', (r) => r.limit.rowSpread],
  ['residual', (r) => r.limit.residual],
  ['stationary', (r) => r.limit.stationary?.join(' ') ?? null],
];

/** Records as comma-separated values with a heading; nothing stands for what is not there. */
export function csvOf(records: readonly MarkovRecord[]): string {
  const lines = records.map((record) => csvColumns.map(([, cell]) => cell(record) ?? '').join(','));
  return `${[csvColumns.map(([name]) => name).join(','), ...lines].join('\n')}\n`;
}
