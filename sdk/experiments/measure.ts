// Measures one run of a workload.
//
// Owns: what is read before and after the run. Does not own: which runs are made (sweep.ts), what a run does.
// Callers: sweep-runs.ts.

import { availableParallelism } from 'node:os';
import { mean } from 'simple-statistics';
import { coreOf } from '../core-of.ts';
import { PeakMemory } from '../peak-memory.ts';
import type { Session } from '../session.ts';
import { type Stage, stages, type Timings } from '../timings.ts';
import type { Params, Workload } from '../workloads/workload.ts';
import { NodeWatch } from './node-watch.ts';
import type { RunRecord } from './run-record.ts';

/** One run to make. */
export interface RunToMeasure {
  readonly workload: Workload<never>;
  readonly session: Session;
  readonly params: Params;
  /** How many workers the session has, unless some were lost. */
  readonly workers: number;
  readonly repeat: number;
  /** How long the plain loop took in the same round; null when there is none. */
  readonly baselineMs: number | null;
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
}

/** Makes a run and writes down what it took and found. */
export async function measureRun({
  workload,
  session,
  params,
  workers,
  repeat,
  baselineMs,
  signal,
  onProgress,
}: RunToMeasure): Promise<RunRecord> {
  const { timings: recorder, cluster, events } = coreOf(session);
  const memory = new PeakMemory();
  const run = await workload.prepare({
    session,
    params,
    signal,
    onProgress: (share) => {
      memory.sample();
      onProgress(share);
    },
  });
  const watch = cluster.head && new NodeWatch(cluster.head);
  let deaths = 0;
  const stopCounting = events.on(({ type }) => {
    if (type === 'worker.lost') deaths++;
  });
  const before = recorder.copy();
  const cpuBefore = process.cpuUsage();
  const startedAt = new Date().toISOString();
  const start = performance.now();
  const outcome = await run().finally(() => {
    stopCounting();
    watch?.stop();
  });
  const wallMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  const timings = recorder.since(before).summary();
  const { tasks, work, durationMs = wallMs, finding = '', note = '', details = {} } = outcome;
  const failures = timings.retries;
  const ownCpu = (cpu.user + cpu.system) / 1000 / (wallMs * availableParallelism());
  const peakMemoryBytes = memory.peakBytes();
  const nodes = await watch?.end();
  const cpuUtilization = nodes === undefined || nodes.length === 0 ? ownCpu : mean(nodes.map((node) => node.cpu));
  const workersLeft = Math.min(session.workers, watch?.workers ?? workers);
  return {
    workload: workload.name,
    params,
    repeat,
    workers,
    // Those of a node that was stopped left without dying.
    workersLost: Math.max(deaths, workers - workersLeft),
    cluster: session.cluster,
    startedAt,
    durationMs,
    work,
    throughputPerSecond: (work / durationMs) * 1000,
    tasks,
    failures,
    errorRate: tasks + failures === 0 ? 0 : failures / (tasks + failures),
    latencyMs: latencyOf(timings),
    cpuUtilization,
    peakMemoryBytes,
    baselineMs,
    speedUp: baselineMs === null ? null : baselineMs / durationMs,
    breakdownMs: breakdownOf(timings),
    nodes: nodes ?? [{ node: 'embedded', cpu: cpuUtilization, memoryBytes: peakMemoryBytes }],
    finding,
    note,
    details,
  };
}

function latencyOf({ total: { mean, p50, p90, p99 } }: Timings): RunRecord['latencyMs'] {
  return { mean, p50, p90, p99 };
}

function breakdownOf(timings: Timings): Record<Stage, number> {
  const of = (stage: Stage): number => timings.stages[stage].mean;
  const [encode, waitInSession, travel, waitOnWorker, run, back, settle] = stages;
  return {
    encode: of(encode),
    waitInSession: of(waitInSession),
    travel: of(travel),
    waitOnWorker: of(waitOnWorker),
    run: of(run),
    return: of(back),
    settle: of(settle),
  };
}
