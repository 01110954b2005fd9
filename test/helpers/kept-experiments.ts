// Experiments and records for tests of what is kept of them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ExperimentDefinition, thisMachine } from '../../sdk/experiments/experiment.ts';
import type { RunRecord } from '../../sdk/experiments/run-record.ts';
import type { ExperimentStore, NewExperiment } from '../../sdk/experiments/store/experiment-store.ts';

/** The path of a store that is not there yet, in a directory that goes with the test. */
export function storePath(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'gridbook-store-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'experiments.sqlite');
}

/** What is measured. */
export function someDefinition(changes: Partial<ExperimentDefinition> = {}): ExperimentDefinition {
  return {
    workload: 'markov',
    workUnit: 'multiplications',
    splitBy: 'pcNum',
    axes: { matrixSize: [10], totalCount: [1000], pcNum: [1, 10], workers: [2] },
    repeats: 3,
    warmup: 0,
    order: 'random',
    seed: 1,
    precision: 0,
    baseline: false,
    refine: false,
    cluster: 'embedded',
    ...changes,
  };
}

/** An experiment that begins. */
export function someExperiment(store: ExperimentStore, changes: Partial<NewExperiment> = {}): NewExperiment {
  return {
    id: store.newId(),
    name: 'markov',
    definition: someDefinition(),
    machine: thisMachine(),
    startedAt: '2026-01-02T03:04:05.678Z',
    ...changes,
  };
}

/** A record of one run. */
export function someRecord(changes: Partial<RunRecord> = {}): RunRecord {
  const durationMs = 100 / 3;
  return {
    workload: 'markov',
    params: { matrixSize: 10, totalCount: 1000, pcNum: 1 },
    repeat: 1,
    workers: 2,
    workersLost: 0,
    cluster: 'embedded',
    finding: 'converged',
    note: '',
    startedAt: '2026-01-02T03:04:06.000Z',
    durationMs,
    work: 1000,
    throughputPerSecond: 1e6 / durationMs,
    tasks: 1,
    failures: 0,
    errorRate: 0,
    latencyMs: { mean: 0.1 + 0.2, p50: 0.3, p90: 0.4, p99: 2 / 3 },
    cpuUtilization: 0.5,
    peakMemoryBytes: Number.MAX_SAFE_INTEGER,
    baselineMs: null,
    speedUp: null,
    breakdownMs: {
      encode: 0.01,
      waitInSession: 0.02,
      travel: 0.03,
      waitOnWorker: 0.04,
      run: 1 / 3,
      return: 0.05,
      settle: 0.06,
    },
    nodes: [{ node: 'embedded', cpu: 0.5, memoryBytes: 1 }],
    details: { kernel: 'wasm', limit: { stationary: [0.25, 0.75], residual: 1e-17 } },
    ...changes,
  };
}
