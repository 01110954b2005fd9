// Makes the runs of a sweep, one after the other, as its schedule says, and then those that its recommendation lacks.
//
// Owns: what the plain loop took in each round.
// Does not own: which run comes next (schedule.ts), which points are lacking (refinement.ts), how one is measured
//   (measure.ts), where (sweep-sessions.ts). Callers: sweep.ts.
//
// Invariants:
//   W1. A record is in the store before anybody is told of it, and before the next run begins.
//   W2. Sessions that were opened for other numbers of workers are closed, however the sweep ends.

import { AuthenticationError, ClosedError, ConnectionError, InvalidArgumentError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { Workload } from '../workloads/workload.ts';
import { Experiment, type ExperimentData, type RunFailure } from './experiment.ts';
import type { GridPoint } from './grid.ts';
import { measureRun } from './measure.ts';
import { pointsLacking } from './refinement.ts';
import { parametersText } from './report/parameter-names.ts';
import type { RunRecord } from './run-record.ts';
import { Schedule, type ScheduledRun } from './schedule.ts';
import type { ExperimentStore } from './store/experiment-store.ts';
import type { SweepProgress } from './sweep-progress.ts';
import { SweepSessions } from './sweep-sessions.ts';

export interface SweepRunsOptions {
  readonly session: Session;
  readonly workload: Workload<never>;
  readonly points: readonly GridPoint[];
  readonly data: ExperimentData;
  readonly store: ExperimentStore | undefined;
  readonly budgetMs: number | undefined;
  readonly workersTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onRecord: ((record: RunRecord, experiment: Experiment) => void) | undefined;
  readonly onFailure: ((failure: RunFailure, experiment: Experiment) => void) | undefined;
  readonly onProgress: ((progress: SweepProgress) => void) | undefined;
}

export class SweepRuns {
  /** With the records so far. */
  readonly experiment: Experiment;
  readonly #options: SweepRunsOptions;
  readonly #records: RunRecord[];
  readonly #failures: RunFailure[];
  readonly #schedule: Schedule;
  /** Those of the grid, then those that were added. */
  readonly #points: GridPoint[] = [];
  readonly #places = new Map<string, number>();
  /** What was made before this call, by point. */
  readonly #madeBefore: ReadonlyMap<string, readonly (RunRecord | RunFailure)[]>;
  readonly #sessions: SweepSessions;
  /** What the plain loop took, by round and parameters but for the split. */
  readonly #baselines = new Map<string, number>();
  /** What ran last, or runs. */
  #latest: SweepProgress['current'] | undefined;
  /** The parameters that tell one point from another. */
  readonly #varied: string[];
  readonly #signal: AbortSignal;
  readonly #startedAt = performance.now();
  #runsDone: number;

  constructor(options: SweepRunsOptions) {
    const { data, points, session, signal, workersTimeoutMs } = options;
    this.#options = options;
    this.#records = [...data.records];
    this.#failures = [...data.failures];
    this.#runsDone = this.#records.length + this.#failures.length;
    this.experiment = new Experiment({ ...data, records: this.#records, failures: this.#failures });
    this.#schedule = new Schedule(0, data.definition);
    this.#madeBefore = Map.groupBy([...this.#records, ...this.#failures], keyOf);
    for (const point of points) this.#add(point);
    for (const { params, repeat, baselineMs } of data.records) {
      if (baselineMs !== null) this.#baselines.set(this.#baselineKey(params, repeat), baselineMs);
    }
    const { axes } = data.definition;
    this.#varied = Object.keys(axes).filter((name) => (axes[name]?.length ?? 0) > 1);
    this.#sessions = new SweepSessions(session, workersTimeoutMs);
    this.#signal = signal ?? new AbortController().signal;
  }

  /** Makes the runs. @returns whether the sweep is at its end; false when it was aborted. */
  async run(): Promise<boolean> {
    try {
      await this.#sessions.open(this.#options.points.map(({ workers }) => workers));
      do {
        for (let next = await this.#next(); next !== undefined; next = await this.#next()) {
          if (this.#signal.aborted) return false;
          if (this.#isOverBudget(next)) return true;
          await this.#runOne(next);
        }
      } while (await this.#refine());
      if (this.#latest !== undefined) this.#tell({ ...this.#latest, share: 1 });
      return true;
    } catch (error) {
      if (this.#signal.aborted) return false;
      throw error;
    } finally {
      await this.#sessions.close(); // W2
    }
  }

  /** The next run, of those for which there are workers; where there are for none, they are waited for. */
  async #next(): Promise<ScheduledRun | undefined> {
    for (;;) {
      const possible = this.#schedule.next((point) => this.#sessions.has(this.#points[point]!.workers));
      const next = possible ?? this.#schedule.next();
      if (next === undefined || next === possible || this.#isOverBudget(next)) return next;
      const run = this.#labelled(next);
      this.#tell({ ...run, phase: 'waiting', share: 0 });
      const { budgetMs = Number.POSITIVE_INFINITY } = this.#options;
      await this.#sessions.untilChanged(run.workers, this.#signal, budgetMs - this.#elapsedMs);
    }
  }

  /** Adds a point, of which some runs may have been made before. */
  #add(point: GridPoint, guessMs?: number): void {
    const place = this.#schedule.add(guessMs);
    this.#points.push(point);
    this.#places.set(keyOf(point), place);
    this.#takeUp(place);
  }

  /** Tells the schedule what was made before of the runs that are due of a point. */
  #takeUp(point: number): void {
    for (const made of this.#madeBefore.get(keyOf(this.#points[point]!)) ?? []) {
      const run = { point, repeat: made.repeat };
      if (this.#schedule.isDue(run)) this.#schedule.onDone(run, 'durationMs' in made ? made.durationMs : undefined);
    }
  }

  /** Adds the points that the recommendation lacks, and measures what they are beside; false when there are none. */
  async #refine(): Promise<boolean> {
    const { workload, points: grid, data } = this.#options;
    if (!data.definition.refine) return false;
    const added = this.#points.slice(grid.length);
    // What was made before of runs that are not due yet is not looked at, so that the same points are added again.
    const records = this.#records.filter((record) => {
      const point = this.#places.get(keyOf(record));
      return point !== undefined && this.#schedule.isDone({ point, repeat: record.repeat });
    });
    const lacking = await pointsLacking({ workload, definition: data.definition, grid, added, records });
    for (const { point, expectedMs } of lacking.points) this.#add(point, expectedMs);
    for (const point of lacking.again) {
      const place = this.#places.get(keyOf(point))!;
      this.#schedule.again(place);
      this.#takeUp(place);
    }
    return lacking.points.length > 0;
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  #isOverBudget({ point, repeat }: ScheduledRun): boolean {
    const { budgetMs } = this.#options;
    if (budgetMs === undefined) return false;
    const baselineMs = repeat === 0 ? 0 : this.#expectedBaselineMs(this.#points[point]!.params, repeat);
    const expectedMs = baselineMs + (this.#schedule.expectedMs(point) ?? 0);
    return this.#elapsedMs + expectedMs > budgetMs;
  }

  /** As long as in the round before; 0 where it has run in this one, or in none. */
  #expectedBaselineMs(params: GridPoint['params'], repeat: number): number {
    if (this.#baselines.has(this.#baselineKey(params, repeat))) return 0;
    return this.#baselines.get(this.#baselineKey(params, repeat - 1)) ?? 0;
  }

  async #runOne(scheduled: ScheduledRun): Promise<void> {
    const { workload } = this.#options;
    const labelled = this.#labelled(scheduled);
    const { params, workers, repeat } = labelled;
    const isWarmup = scheduled.repeat === 0;
    const tell = (phase: SweepProgress['current']['phase']) => {
      const onProgress = (share: number): void => this.#tell({ ...labelled, phase, share });
      onProgress(0);
      return onProgress;
    };
    const session = await this.#sessions.of(workers);
    let made: RunRecord | RunFailure;
    try {
      const baselineMs = isWarmup ? null : await this.#baselineOf(params, repeat, () => tell('baseline'));
      const onProgress = tell(isWarmup ? 'warmup' : 'run');
      const signal = this.#signal;
      const run = { workload, session, params: isWarmup ? workload.warmup(params) : params, workers, repeat };
      made = await measureRun({ ...run, baselineMs, signal, onProgress });
    } catch (error) {
      if (this.#signal.aborted || endsAll(error)) throw error;
      made = { params, workers, repeat, message: error instanceof Error ? error.message : String(error) };
    }
    if ('workersLost' in made && made.workersLost > 0) await this.#sessions.look();
    this.#signal.throwIfAborted();
    this.#schedule.onDone(scheduled, 'durationMs' in made ? made.durationMs : undefined);
    if (!isWarmup) this.#keep(made);
  }

  /** A run as it is told of. */
  #labelled({ point, repeat }: ScheduledRun): Omit<SweepProgress['current'], 'phase' | 'share'> {
    const { params, workers } = this.#points[point]!;
    return {
      params,
      workers,
      label: parametersText({ params, workers }, this.#varied),
      repeat: Math.max(1, repeat),
      isAdded: point >= this.#options.points.length,
    };
  }

  #keep(made: RunRecord | RunFailure): void {
    const { store, data, onRecord, onFailure } = this.#options;
    this.#runsDone++;
    if ('message' in made) {
      store?.addFailure(data.id, made);
      this.#failures.push(made);
      onFailure?.(made, this.experiment);
    } else {
      store?.addRecord(data.id, made); // W1
      this.#records.push(made);
      onRecord?.(made, this.experiment);
    }
  }

  async #baselineOf(
    params: GridPoint['params'],
    repeat: number,
    tell: () => (share: number) => void,
  ): Promise<number | null> {
    const { workload, data } = this.#options;
    if (!data.definition.baseline || workload.baseline === undefined) return null;
    const key = this.#baselineKey(params, repeat);
    let ms = this.#baselines.get(key);
    if (ms === undefined) {
      const start = performance.now();
      const outcome = await workload.baseline({ params, signal: this.#signal, onProgress: tell() });
      ms = outcome.durationMs ?? performance.now() - start;
      this.#baselines.set(key, ms);
    }
    return ms;
  }

  #baselineKey(params: GridPoint['params'], repeat: number): string {
    const { [this.#options.data.definition.splitBy ?? '']: _, ...others } = params;
    return JSON.stringify([repeat, others]);
  }

  #tell(current: SweepProgress['current']): void {
    const { onProgress } = this.#options;
    this.#latest = current;
    if (onProgress === undefined) return;
    const { runs, ms } = this.#schedule.remaining();
    const elapsedMs = this.#elapsedMs;
    onProgress({
      runsDone: this.#runsDone,
      runsTotal: this.#runsDone + runs,
      failures: this.#failures.length,
      share: runs === 0 ? 1 : ms === undefined ? 0 : elapsedMs / (elapsedMs + ms),
      elapsedMs,
      leftMs: current.phase === 'waiting' ? undefined : ms,
      current,
    });
  }
}

function keyOf({ params, workers }: Pick<GridPoint, 'params' | 'workers'>): string {
  return JSON.stringify([params, workers]);
}

/** What ails all runs, not one. */
function endsAll(error: unknown): boolean {
  return [InvalidArgumentError, AuthenticationError, ClosedError, ConnectionError].some((one) => error instanceof one);
}
