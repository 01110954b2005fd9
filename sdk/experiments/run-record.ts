// What one run took and found, written down.

import type { Stage } from '../timings.ts';
import type { JsonValue, Params } from '../workloads/workload.ts';

/** What was seen of one node while a run was made. */
export interface NodeUse {
  /** Its name; `embedded` for this process. */
  readonly node: string;
  /** Processor time used, over that of all its cores: 1 when none was idle. */
  readonly cpu: number;
  /** The most memory in use: of this process where it is embedded, else of the machine. In bytes. */
  readonly memoryBytes: number;
}

/** How long tasks took, in milliseconds. */
export interface Latency {
  /** On average. */
  readonly mean: number;
  /** Half of them took at most this. */
  readonly p50: number;
  /** Nine tenths of them took at most this. */
  readonly p90: number;
  /** All but one in a hundred took at most this. */
  readonly p99: number;
}

/** One run. Durations are in milliseconds, sizes in bytes. */
export interface RunRecord {
  /** The workload's name. */
  readonly workload: string;
  /** All parameters, with the defaults filled in. */
  readonly params: Params;
  /** Which run of the same point, from 1. One that is measured again later goes on after all that it could have had before. */
  readonly repeat: number;
  /** How many workers it was made with. */
  readonly workers: number;
  /** How many of them died or left while it ran: for a while, or to its end, there were fewer. */
  readonly workersLost: number;
  /** Where they were: `embedded`, or the head's address. */
  readonly cluster: string;
  /** As ISO 8601. */
  readonly startedAt: string;
  /** What the run took. */
  readonly durationMs: number;
  /** How much was done, in the workload's unit. */
  readonly work: number;
  /** `work` per second. */
  readonly throughputPerSecond: number;
  /** Into how many tasks it was split. */
  readonly tasks: number;
  /** Attempts that failed and were made again. */
  readonly failures: number;
  /** failures / (tasks + failures). */
  readonly errorRate: number;
  /** From a task's call to its settled result; of short tasks every sixteenth is timed. */
  readonly latencyMs: Latency;
  /**
   * How busy the cores were: by this process, its embedded workers included; on a cluster those of its nodes, as they last
   * said it, by whatever ran there.
   */
  readonly cpuUtilization: number;
  /** The most memory that this process had resident. */
  readonly peakMemoryBytes: number;
  /** How long the plain loop took in the same round; null when there is none. */
  readonly baselineMs: number | null;
  /** `baselineMs` over `durationMs`. */
  readonly speedUp: number | null;
  /** Where the time of the average timed task went. */
  readonly breakdownMs: Readonly<Record<Stage, number>>;
  /** What was seen of the machines meanwhile. */
  readonly nodes: readonly NodeUse[];
  /** What the workload found in a word or two; empty for nothing. */
  readonly finding: string;
  /** The same in a sentence; empty for nothing. */
  readonly note: string;
  /** What the workload found. */
  readonly details: Readonly<Record<string, JsonValue>>;
}

/** A record as JSON has it: parameters, measures and findings side by side. */
export type FlatRecord = Readonly<Record<string, JsonValue>>;
