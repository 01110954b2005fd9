// sweep: runs of a workload over a grid of parameters.
//
// Data flow: the grid is laid out into points (grid.ts); the schedule says which run comes next (schedule.ts); each is
// measured into a record (measure.ts), which is kept, told, and part of the experiment (sweep-runs.ts).

import { randomBytes } from 'node:crypto';
import { InvalidArgumentError } from '../errors.ts';
import type { Session } from '../session.ts';
import { checkInteger, checkNames } from '../task-options.ts';
import type { Workload } from '../workloads/workload.ts';
import {
  Experiment,
  type ExperimentData,
  type ExperimentDefinition,
  type RunFailure,
  thisMachine,
} from './experiment.ts';
import { type Grid, type Layout, layOut } from './grid.ts';
import { refinedFrom } from './refinement.ts';
import type { RunRecord } from './run-record.ts';
import type { ExperimentStore } from './store/experiment-store.ts';
import type { SweepProgress } from './sweep-progress.ts';
import { SweepRuns } from './sweep-runs.ts';

/** How often a point may be measured. */
const repeatsMax = 10_000;

/** How a sweep is made. */
export interface SweepOptions {
  /** How often each point is measured, at most. @default 5 */
  repeats?: number | undefined;
  /** How often each point is run before that, not measured, with parameters that take little time. @default 1 */
  warmup?: number | undefined;
  /** Whether the points of a round come at random, so that nothing else that changes with time looks like them. @default random */
  order?: 'random' | 'grid' | undefined;
  /** Where the random order comes from. @default 1 */
  seed?: number | undefined;
  /**
   * A point is measured no more once its median is known so well: half the width of its 95 % interval over the median.
   * 0 measures all repeats. @default 0.02
   */
  precision?: number | undefined;
  /** No run is begun that would be expected to end later than this, in milliseconds. @default no limit */
  budgetMs?: number | undefined;
  /**
   * How long the workers of a point are waited for when some were lost, in milliseconds, after all points that need no more than
   * there are. When they do not come back the sweep ends; with a store it goes on where it was when it is made again. @default 60000
   */
  workersTimeoutMs?: number | undefined;
  /** Whether the plain loop runs, too, once a round for all points with the same work. @default true, where there is one */
  baseline?: boolean | undefined;
  /**
   * Whether splits between those of the grid are measured, too, when the grid leaves open which is the best: those that the
   * recommendation lacks, until the choice is 90 % certain, at most as many as the grid has. The best so far is measured again among
   * them, since the machine may have changed meanwhile: where it has, or is too noisy, nothing more is added. With fewer than three
   * repeats nothing is recommended, and so nothing lacking. @default true, where the split is a range such as `1..1e5:log`
   */
  refine?: boolean | undefined;
  /** What the experiment is called. @default the workload's name */
  name?: string | undefined;
  /**
   * Where records are kept as they are made. A sweep of the same definition that did not end there, since it was
   * aborted or killed, is taken up where it was.
   */
  store?: ExperimentStore | undefined;
  /** Whether such a sweep is taken up; otherwise it is begun anew. @default true */
  resume?: boolean | undefined;
  /** Called with each record, once it is kept. */
  onRecord?: ((record: RunRecord, experiment: Experiment) => void) | undefined;
  /** Called with each run that failed, once that is kept. The sweep goes on. */
  onFailure?: ((failure: RunFailure, experiment: Experiment) => void) | undefined;
  /** Called as the sweep goes on. */
  onProgress?: ((progress: SweepProgress) => void) | undefined;
  /** Ends the sweep early: what is done so far is given, with `endedAt: null`. */
  signal?: AbortSignal | undefined;
}

const known = new Set([
  ...['repeats', 'warmup', 'order', 'seed', 'precision', 'budgetMs', 'baseline', 'refine', 'name', 'store'],
  ...['resume', 'workersTimeoutMs', 'onRecord', 'onFailure', 'onProgress', 'signal'],
]);

/**
 * Measures a workload over all combinations of its parameters.
 *
 * Each round measures every point once, in an order of its own, until a point is known well enough or was measured
 * `repeats` times. Where the split is a range such as `1..1e5:log`, it then goes on with splits between those of the grid that
 * the choice of one depends on.
 *
 * @param session - where the tasks run. Where the grid varies `workers`, others like it are opened beside it.
 * @param workload - what is measured: one of `workloads`, or what `defineWorkload` made.
 * @param grid - for each parameter a value, a list of values, or a range such as `1..1e5:log`; likewise `workers`.
 * @param options - how it is done.
 * @returns the experiment: its records, and what they say.
 * @throws InvalidArgumentError when a combination is not of the workload's form, an option is not of its form, or the cluster has
 *   fewer workers than the grid says.
 * @throws ConnectionError, ClosedError when the cluster is gone; ResourceError when workers were lost and do not come back. A run
 *   that fails by itself is noted instead.
 * @example
 * ```ts
 * import { connect, sweep, workloads } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * const experiment = await sweep(session, workloads.markov, { totalCount: 1000, pcNum: [1, 10] }, { repeats: 3 });
 * console.log(experiment.points.map(({ tasks }) => tasks).join(' ')); // prints: 1 10
 * ```
 */
export async function sweep<Input>(
  session: Session,
  workload: Workload<Input>,
  grid: Grid<Input> = {},
  options: SweepOptions = {},
): Promise<Experiment> {
  checkNames(options, known, 'sweep');
  if (session.workers === 0 && grid.workers === undefined) {
    throw new InvalidArgumentError(
      `Cannot measure: ${session.cluster} has no workers. Start a node, or say for how many workers to wait`,
    );
  }
  const layout = await layOut(workload, grid, session.workers);
  const definition = definitionOf(workload, layout, session, options);
  const { store, budgetMs, workersTimeoutMs = 60_000, signal, onRecord, onFailure, onProgress } = options;
  if (budgetMs !== undefined && !(budgetMs > 0)) {
    throw new InvalidArgumentError(`budgetMs must be a number above 0, got ${budgetMs}`);
  }
  if (!(workersTimeoutMs >= 0)) {
    throw new InvalidArgumentError(`workersTimeoutMs must be a number, 0 or more, got ${workersTimeoutMs}`);
  }
  const unfinished = options.resume === false ? undefined : store?.claimUnfinished(definition);
  const data = unfinished ?? begun(definition, options.name ?? workload.name);
  if (unfinished === undefined) store?.begin(data);
  const runs = new SweepRuns({
    session,
    workload,
    points: layout.points,
    data,
    store,
    budgetMs,
    workersTimeoutMs,
    signal,
    onRecord,
    onFailure,
    onProgress,
  });
  let isEnded: boolean;
  try {
    isEnded = await runs.run();
    if (!isEnded) store?.release(data.id);
  } catch (error) {
    giveUp(store, data.id);
    throw error;
  }
  const endedAt = isEnded ? new Date().toISOString() : null;
  if (endedAt !== null) store?.end(data.id, endedAt);
  return new Experiment({ ...runs.experiment.data, endedAt });
}

function definitionOf<Input>(
  { name, workUnit, splitBy, baseline }: Workload<Input>,
  { axes, isOpen }: Layout,
  { cluster }: Session,
  options: SweepOptions,
): ExperimentDefinition {
  const { repeats = 5, warmup = 1, order = 'random', seed = 1, precision = 0.02 } = options;
  checkInteger('repeats', repeats, 1, repeatsMax);
  checkInteger('warmup', warmup, 0, repeatsMax);
  checkInteger('seed', seed, 0);
  if (order !== 'random' && order !== 'grid') throw new InvalidArgumentError(`order is random or grid, not ${order}`);
  if (!(precision >= 0 && precision < 1)) {
    throw new InvalidArgumentError(`precision must be a number from 0 to below 1, got ${precision}`);
  }
  if (options.baseline === true && baseline === undefined) {
    throw new InvalidArgumentError(`Workload ${name} has no baseline: leave the option out`);
  }
  if (options.refine === true && splitBy === undefined) {
    throw new InvalidArgumentError(`Workload ${name} has no parameter that splits its work: leave refine out`);
  }
  return {
    workload: name,
    workUnit,
    splitBy: splitBy ?? null,
    axes,
    repeats,
    warmup,
    order,
    seed,
    precision,
    baseline: options.baseline ?? baseline !== undefined,
    refine: (options.refine ?? isOpen) && repeats >= refinedFrom,
    cluster,
  };
}

/** What ended the sweep is what its caller has to hear of, not what then fails for the same reason. */
function giveUp(store: ExperimentStore | undefined, id: string): void {
  try {
    store?.release(id);
  } catch {
    // The mark is gone when the store is closed.
  }
}

function begun(definition: ExperimentDefinition, name: string): ExperimentData {
  return {
    id: randomBytes(4).toString('hex'),
    name,
    definition,
    machine: thisMachine(),
    startedAt: new Date().toISOString(),
    endedAt: null,
    records: [],
    failures: [],
  };
}
