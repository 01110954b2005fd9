// Experiments made from a law instead of a machine, for tests of what is shown of them.

import type { ExperimentData } from '../../../../sdk/experiments/experiment.ts';
import { Experiment } from '../../../../sdk/experiments/experiment.ts';
import type { RunRecord } from '../../../../sdk/experiments/run-record.ts';
import type { JsonValue } from '../../../../sdk/workloads/workload.ts';

/** What a synthetic experiment is made of. */
export interface SyntheticOptions {
  readonly id?: string;
  readonly name?: string;
  readonly pcNum?: readonly number[];
  readonly totalCount?: readonly number[];
  readonly workers?: readonly number[];
  readonly repeats?: number;
  /** The relative noise of a run. */
  readonly noise?: number;
  readonly hasBaseline?: boolean;
  readonly details?: (pcNum: number) => Readonly<Record<string, JsonValue>>;
}

/** What a task costs beside its work, in milliseconds. */
export const overheadMs = 0.02;
/** What a multiplication costs, in milliseconds. */
const multiplicationMs = 0.0001;
const fixedMs = 3;

/** What the law says that a run takes. */
export function lawMs(totalCount: number, pcNum: number, workers: number): number {
  return (totalCount * multiplicationMs) / Math.min(pcNum, workers) + (pcNum * overheadMs) / workers + fixedMs;
}

/** Numbers from 0 to 1 that are the same in each test (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The data of an experiment after the law. */
export function syntheticData({
  id = '01synthetic',
  name = 'markov',
  pcNum = [1, 10, 100, 1000, 10_000, 100_000],
  totalCount = [10_000_000],
  workers = [2],
  repeats = 5,
  noise = 0.03,
  hasBaseline = true,
  details = (split) => ({ kernel: 'wasm', limit: { verdict: 'converged', stationary: [0.25, 0.75] }, split }),
}: SyntheticOptions = {}): ExperimentData {
  const random = randomOf(7);
  const noisy = (ms: number): number => ms * (1 + noise * (random() + random() - 1));
  const records: RunRecord[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const total of totalCount) {
      const baselineMs = hasBaseline ? noisy(total * multiplicationMs) : null;
      for (const count of workers) {
        for (const split of pcNum) {
          const durationMs = noisy(lawMs(total, split, count));
          const runMs = (total / split) * multiplicationMs;
          const waitMs = Math.min(20, (split * overheadMs) / 4);
          records.push({
            workload: 'markov',
            params: { matrixSize: 10, totalCount: total, pcNum: split, seed: 1 },
            repeat,
            workers: count,
            workersLost: 0,
            cluster: 'embedded',
            startedAt: new Date(Date.UTC(2026, 0, 1, 12, 0, records.length)).toISOString(),
            durationMs,
            work: total,
            throughputPerSecond: (total / durationMs) * 1000,
            tasks: split,
            failures: 0,
            errorRate: 0,
            latencyMs: {
              mean: runMs + waitMs,
              p50: runMs + waitMs * 0.8,
              p90: runMs * 1.1 + waitMs * 2,
              p99: runMs * 1.3 + waitMs * 4,
            },
            cpuUtilization: 0.9,
            peakMemoryBytes: 120_000_000,
            baselineMs,
            speedUp: baselineMs === null ? null : baselineMs / durationMs,
            breakdownMs: {
              encode: 0.002,
              waitInSession: waitMs * 0.6,
              travel: 0.01,
              waitOnWorker: waitMs * 0.4,
              run: runMs,
              return: 0.2,
              settle: 0.001,
            },
            nodes: [{ node: 'embedded', cpu: 0.9, memoryBytes: 120_000_000 }],
            finding: 'converged',
            note: '',
            details: details(split),
          });
        }
      }
    }
  }
  return {
    id,
    name,
    definition: {
      workload: 'markov',
      workUnit: 'multiplications',
      splitBy: 'pcNum',
      axes: { matrixSize: [10], totalCount: [...totalCount], pcNum: [...pcNum], seed: [1], workers: [...workers] },
      repeats,
      warmup: 1,
      order: 'random',
      seed: 1,
      precision: 0,
      baseline: hasBaseline,
      refine: false,
      cluster: 'embedded',
    },
    machine: {
      processor: 'Example 3000',
      cores: 8,
      memoryBytes: 16_000_000_000,
      system: 'linux x64 6.1.0',
      node: '24.21.0',
    },
    startedAt: '2026-01-01T12:00:00.000Z',
    endedAt: '2026-01-01T12:10:00.000Z',
    records,
    failures: [],
  };
}

/** Points of two runs that differ fourfold, so that nearly nothing follows of their medians. */
export function farIntervals(pcNum: readonly number[] = [1, 10, 100]): Experiment {
  const data = syntheticData({ pcNum, repeats: 2, noise: 0 });
  const records = data.records.map((record) => {
    const slowdown = record.repeat === 1 ? 1 : 4;
    return {
      ...record,
      durationMs: record.durationMs * slowdown,
      throughputPerSecond: record.throughputPerSecond / slowdown,
    };
  });
  return new Experiment({ ...data, records });
}

/** An experiment after the law. */
export function syntheticExperiment(options: SyntheticOptions = {}): Experiment {
  return new Experiment(syntheticData(options));
}
