// The workload: the approximate limiting distribution of a transition matrix, split into tasks.
//
// Data flow: the matrix and the kernel go to each worker once, as captures of one function; a task is one count; its
// partial product comes back and is merged here, as a tree.

import { availableParallelism } from 'node:os';
import { coreOf } from '../../core-of.ts';
import { InvalidArgumentError } from '../../errors.ts';
import { shipBuiltin } from '../../function-shipping/index.ts';
import { copyEach, retriesOf } from '../../map-stream.ts';
import { PeakMemory } from '../../peak-memory.ts';
import { remoteOf } from '../../remote.ts';
import type { Session } from '../../session.ts';
import { checkNames } from '../../task-options.ts';
import type { TimeSummary, Timings } from '../../timings.ts';
import { openKernel, selectKernel } from './kernels/select.ts';
import type { LimitAnalysis } from './limit.ts';
import { ProductMerge } from './merge.ts';
import { closeLimit, type MarkovParameters, parameterNames, prepare } from './parameters.ts';
import { partition } from './partition.ts';

const known = new Set<string>([...parameterNames, 'combine', 'signal', 'onProgress']);

/** What the tasks are called in events and messages. */
const taskName = 'markov';

/** How far a run is. */
export interface MarkovProgress {
  /** Tasks whose products are back. */
  tasksDone: number;
  /** All tasks: pcNum. */
  tasksTotal: number;
  /** Multiplications in those tasks and in the merge so far. */
  multiplicationsDone: number;
  /** All multiplications: totalCount - 1. */
  multiplicationsTotal: number;
}

/** How a run is done. */
export interface MarkovOptions extends MarkovParameters {
  /** Combine neighbouring products on the workers, so that fewer travel. @default false */
  combine?: boolean | undefined;
  /** Cancels the run. */
  signal?: AbortSignal | undefined;
  /** Called as partial products are merged, and once more when all is done. */
  onProgress?: ((progress: MarkovProgress) => void) | undefined;
}

/** What a run took and found. Times are in milliseconds. */
export interface MarkovResult {
  /** Number of states n. */
  matrixSize: number;
  /** How many matrices were multiplied together. */
  totalCount: number;
  /** Into how many tasks that was split. */
  pcNum: number;
  /** Null for the user's own matrix. */
  seed: number | null;
  /** How many workers the session has. */
  workers: number;
  /** Which code multiplied. */
  kernel: string;
  /** From the first task's call to the merged product. */
  durationMs: number;
  /** Multiplications per second. */
  throughputPerSecond: number;
  /** Over the tasks and the merge together: totalCount - 1. */
  multiplications: number;
  /** How many tasks were run: pcNum. */
  tasks: number;
  /** Attempts that failed and were made again. A task that fails for good ends the run with its error instead. */
  failures: number;
  /** failures / (tasks + failures). */
  errorRate: number;
  /** From a task's call to its settled result; of short tasks every sixteenth is timed. */
  latencyMs: { mean: number; p50: number; p90: number; p99: number };
  /** Processor time of this process, its embedded workers included, over that of all its cores: 1 when none was idle. */
  cpuUtilization: number;
  /** The most memory that this process had resident meanwhile, in bytes. */
  peakMemoryBytes: number;
  /** Where the tasks' time went. */
  timings: Timings;
  /** What the product says about the limit. */
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
 * @param session - where the tasks run.
 * @param options - the parameters, and how the run is done.
 * @returns what it took and found.
 * @throws InvalidArgumentError when a parameter is not of its form.
 * @throws CancelledError when it is cancelled; its cause is the signal's reason.
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
  checkNames(options, known, 'markov');
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
    shipBuiltin(module, 'createPowerTask', captures, taskName),
  );
  const product = remoteOf<(earlier: Float64Array, later: Float64Array) => Float64Array>(
    core,
    shipBuiltin(module, 'createProductTask', { image }, 'markov.merge'),
  );
  const merge = new ProductMerge(kernel);
  const least = Math.floor(totalCount / pcNum);
  const larger = totalCount - least * pcNum;
  const cpuBefore = process.cpuUsage();
  const memory = new PeakMemory();
  const start = performance.now();
  const progress = { tasksDone: 0, tasksTotal: pcNum, multiplicationsDone: 0, multiplicationsTotal: totalCount - 1 };
  let told = -1;
  const tellProgress = (): void => {
    memory.sample();
    if (onProgress === undefined || told === progress.multiplicationsDone + progress.tasksDone) return;
    told = progress.multiplicationsDone + progress.tasksDone;
    onProgress({ ...progress });
  };
  const stream = session.map(power, partition(totalCount, pcNum), {
    ordered: false, // powers of one matrix commute, so they may be merged as they come
    ...(combine ? { combine: product } : {}),
    ...(signal === undefined ? {} : { signal }),
    onProgress: tellProgress,
  });
  let multiplicationsOnWorkers = 0;
  await copyEach(stream, (partial, position, count) => {
    merge.push(partial);
    // A value stands for `count` neighbouring tasks: count - 1 multiplications combined them.
    const matrices = count * least + Math.min(count, Math.max(0, larger - position));
    multiplicationsOnWorkers += matrices - 1;
    progress.tasksDone += count;
    progress.multiplicationsDone = multiplicationsOnWorkers + merge.multiplications;
  });
  const result = merge.finish();
  if (result === undefined) throw new InvalidArgumentError('No partial product came back');
  const durationMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  const multiplications = multiplicationsOnWorkers + merge.multiplications;
  progress.multiplicationsDone = multiplications;
  tellProgress();
  const timings = stream.timings();
  const failures = retriesOf(stream);
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
    failures,
    errorRate: failures / (pcNum + failures),
    latencyMs: latencyOf(timings.total),
    cpuUtilization: (cpu.user + cpu.system) / 1000 / (durationMs * availableParallelism()),
    peakMemoryBytes: memory.peakBytes(),
    timings,
    limit: closeLimit(matrix, result, totalCount, kernel),
  };
}

function latencyOf({ mean, p50, p90, p99 }: TimeSummary): MarkovResult['latencyMs'] {
  return { mean, p50, p90, p99 };
}
