// The workload: the approximate limiting distribution of a transition matrix, split into tasks.
//
// Data flow: the matrix and the kernel go to each worker once, as captures of one function; a task is one count; its
// partial product comes back and is merged here, as a tree.

import { InvalidArgumentError } from '../../errors.ts';
import { shipBuiltin } from '../../function-shipping/index.ts';
import { remoteOf } from '../../remote.ts';
import { coreOf, type Session } from '../../session.ts';
import type { TimeSummary, Timings } from '../../timings.ts';
import { openKernel, selectKernel } from './kernels/select.ts';
import type { LimitAnalysis } from './limit.ts';
import { ProductMerge } from './merge.ts';
import { closeLimit, type MarkovParameters, prepare } from './parameters.ts';
import { partition } from './partition.ts';

/** How far a run is. */
export interface MarkovProgress {
  tasksDone: number;
  tasksTotal: number;
  multiplicationsDone: number;
  multiplicationsTotal: number;
}

/** How a run is done. */
export interface MarkovOptions extends MarkovParameters {
  /** Combine neighbouring products on the workers, so that fewer travel. @default false */
  combine?: boolean | undefined;
  /** Cancels the run. */
  signal?: AbortSignal | undefined;
  /** Called as partial products come in. */
  onProgress?: ((progress: MarkovProgress) => void) | undefined;
}

/** What a run took and found. Times are in milliseconds. */
export interface MarkovResult {
  matrixSize: number;
  totalCount: number;
  pcNum: number;
  /** Null for the user's own matrix. */
  seed: number | null;
  workers: number;
  /** Which code multiplied. */
  kernel: string;
  durationMs: number;
  /** Multiplications per second. */
  throughputPerSecond: number;
  /** Over the tasks and the merge together: totalCount - 1. */
  multiplications: number;
  tasks: number;
  /** Attempts that failed, those that were retried among them. */
  failures: number;
  /** failures / (tasks + failures). */
  errorRate: number;
  /** From a task's call to its settled result. */
  latencyMs: { mean: number; p50: number; p90: number; p99: number };
  /** Processor time of this process over the workers' share of the machine meanwhile: 1 when every worker was busy. */
  cpuUtilization: number;
  /** The most memory that this process has had resident, in bytes. */
  peakMemoryBytes: number;
  /** Where the tasks' time went. */
  timings: Timings;
  limit: LimitAnalysis;
}

/**
 * Multiplies `totalCount` copies of a transition matrix together, split into `pcNum` tasks, and reads its limiting
 * distribution off the product.
 *
 * Exactly `totalCount - 1` multiplications are done, over the tasks and the merge of their products. Rows are divided by
 * their sums after every 1024 multiplications: that scales a row by a factor within rounding of 1 and leaves its
 * direction, and so the limit, as it is, while the sums can neither drift nor overflow.
 *
 * @throws InvalidArgumentError when a parameter is not of its form.
 * @throws CancelledError or the signal's reason when it is cancelled.
 * @example
 * ```ts
 * import { connect, markov } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * const weather = [
 *   [0.9, 0.1],
 *   [0.5, 0.5],
 * ];
 * const { multiplications, limit } = await markov(session, { matrix: weather, totalCount: 1000, pcNum: 4 });
 * console.log(multiplications, limit.stationary?.map((p) => p.toFixed(4)).join(' ')); // prints: 999 0.8333 0.1667
 * ```
 */
export async function markov(session: Session, options: MarkovOptions): Promise<MarkovResult> {
  const { matrix, totalCount, pcNum, seed } = prepare(options);
  const { n, values } = matrix;
  const { combine = false, signal, onProgress } = options;
  const image = await selectKernel(n, options.kernel);
  const kernel = openKernel(image);
  const captures = { image, matrix: values };
  const core = coreOf(session);
  const module = 'workloads/markov/power-task';
  const power = remoteOf<(count: number) => Float64Array>(
    core,
    shipBuiltin(module, 'createPowerTask', captures, 'markov'),
  );
  const product = remoteOf<(earlier: Float64Array, later: Float64Array) => Float64Array>(
    core,
    shipBuiltin(module, 'createProductTask', { image }, 'markov.merge'),
  );
  const merge = new ProductMerge(kernel);
  const least = Math.floor(totalCount / pcNum);
  const larger = totalCount - least * pcNum;
  let retries = 0;
  const stopCounting = core.events.on((event) => {
    if (event.type === 'task.retried') retries++;
  });
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const stream = session.map(power, partition(totalCount, pcNum), {
    ordered: false, // powers of one matrix commute, so they may be merged as they come
    ...(combine ? { combine: product } : {}),
    ...(signal === undefined ? {} : { signal }),
    onProgress: ({ done }) => {
      const multiplied = done * least + Math.min(done, larger) - done + merge.multiplications;
      onProgress?.({
        tasksDone: done,
        tasksTotal: pcNum,
        multiplicationsDone: multiplied,
        multiplicationsTotal: totalCount - 1,
      });
    },
  });
  let combined = 0;
  try {
    await stream.forEach((partial, _position, count) => {
      combined += count - 1;
      merge.push(partial);
    });
  } finally {
    stopCounting();
  }
  const result = merge.finish();
  if (result === undefined) throw new InvalidArgumentError('No partial product came back');
  const durationMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  const multiplications = totalCount - pcNum + combined + merge.multiplications;
  const timings = stream.timings();
  return {
    matrixSize: n,
    totalCount,
    pcNum,
    seed,
    workers: session.workers,
    kernel: kernel.name,
    durationMs,
    throughputPerSecond: (multiplications / durationMs) * 1000,
    multiplications,
    tasks: pcNum,
    failures: retries,
    errorRate: retries / (pcNum + retries),
    latencyMs: latencyOf(timings.total),
    cpuUtilization: (cpu.user + cpu.system) / 1000 / (durationMs * session.workers),
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    timings,
    limit: closeLimit(matrix, result, totalCount),
  };
}

function latencyOf({ mean, p50, p90, p99 }: TimeSummary): MarkovResult['latencyMs'] {
  return { mean, p50, p90, p99 };
}
