// Makes the runs of a sweep, one after the other, as its schedule says.
//
// Owns: sessions for other numbers of workers, what the plain loop took in each round.
// Does not own: which run comes next (schedule.ts), how one is measured (measure.ts). Callers: sweep.ts.
//
// Invariants:
//   W1. A record is in the store before anybody is told of it, and before the next run begins.
//   W2. Sessions that were opened for other numbers of workers are closed, however the sweep ends.
//   W3. The given session is never closed.

import { AuthenticationError, ClosedError, ConnectionError, InvalidArgumentError } from '../errors.ts';
import type { Session } from '../session.ts';
import { sessionWithWorkers } from '../session-with-workers.ts';
import type { Workload } from '../workloads/workload.ts';
import { Experiment, type ExperimentData, type RunFailure } from './experiment.ts';
import type { GridPoint } from './grid.ts';
import { measureRun } from './measure.ts';
import { parametersText } from './report/parameter-names.ts';
import type { RunRecord } from './run-record.ts';
import { Schedule, type ScheduledRun } from './schedule.ts';
import type { ExperimentStore } from './store/experiment-store.ts';
import type { SweepProgress } from './sweep-progress.ts';

export interface SweepRunsOptions {
  readonly session: Session;
  readonly workload: Workload<never>;
  readonly points: readonly GridPoint[];
  readonly data: ExperimentData;
  readonly store: ExperimentStore | undefined;
  readonly budgetMs: number | undefined;
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
  readonly #sessions = new Map<number, Session>();
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
    const { data, points, session, signal } = options;
    this.#options = options;
    this.#records = [...data.records];
    this.#failures = [...data.failures];
    this.#runsDone = this.#records.length + this.#failures.length;
    this.experiment = new Experiment({ ...data, records: this.#records, failures: this.#failures });
    this.#schedule = new Schedule(points.length, data.definition);
    const places = new Map(points.map((point, place) => [keyOf(point), place]));
    for (const made of [...this.#records, ...this.#failures]) {
      const point = places.get(keyOf(made));
      const durationMs = 'durationMs' in made ? made.durationMs : undefined;
      if (point !== undefined) this.#schedule.onDone({ point, repeat: made.repeat }, durationMs);
    }
    const { axes } = data.definition;
    this.#varied = Object.keys(axes).filter((name) => (axes[name]?.length ?? 0) > 1);
    this.#sessions.set(session.workers, session);
    this.#signal = signal ?? new AbortController().signal;
  }

  /** Makes the runs. @returns whether the sweep is at its end; false when it was aborted. */
  async run(): Promise<boolean> {
    try {
      for (const { workers } of this.#options.points) await this.#sessionOf(workers);
      for (let next = this.#schedule.next(); next !== undefined; next = this.#schedule.next()) {
        if (this.#signal.aborted) return false;
        if (this.#isOverBudget(next)) return true;
        await this.#runOne(next);
      }
      if (this.#latest !== undefined) this.#tell({ ...this.#latest, share: 1 });
      return true;
    } catch (error) {
      if (this.#signal.aborted) return false;
      throw error;
    } finally {
      this.#sessions.delete(this.#options.session.workers); // W3
      await Promise.all([...this.#sessions.values()].map((session) => session.close())); // W2
    }
  }

  #isOverBudget({ point }: ScheduledRun): boolean {
    const { budgetMs } = this.#options;
    if (budgetMs === undefined) return false;
    return performance.now() - this.#startedAt + (this.#schedule.expectedMs(point) ?? 0) > budgetMs;
  }

  async #runOne(scheduled: ScheduledRun): Promise<void> {
    const { workload, points } = this.#options;
    const { params, workers } = points[scheduled.point]!;
    const label = parametersText({ params, workers }, this.#varied);
    const isWarmup = scheduled.repeat === 0;
    const repeat = Math.max(1, scheduled.repeat);
    const tell = (phase: SweepProgress['current']['phase']) => {
      const onProgress = (share: number): void => this.#tell({ params, workers, label, repeat, phase, share });
      onProgress(0);
      return onProgress;
    };
    const session = await this.#sessionOf(workers);
    let made: RunRecord | RunFailure;
    try {
      const baselineMs = isWarmup ? null : await this.#baselineOf(params, repeat, () => tell('baseline'));
      const onProgress = tell(isWarmup ? 'warmup' : 'run');
      const signal = this.#signal;
      const run = { workload, session, params: isWarmup ? workload.warmup(params) : params, repeat };
      made = await measureRun({ ...run, baselineMs, signal, onProgress });
    } catch (error) {
      if (this.#signal.aborted || endsAll(error)) throw error;
      made = { params, workers, repeat, message: error instanceof Error ? error.message : String(error) };
    }
    this.#signal.throwIfAborted();
    this.#schedule.onDone(scheduled, 'durationMs' in made ? made.durationMs : undefined);
    if (!isWarmup) this.#keep(made);
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

  async #sessionOf(workers: number): Promise<Session> {
    let session = this.#sessions.get(workers);
    if (session === undefined) {
      session = await sessionWithWorkers(this.#options.session, workers);
      this.#sessions.set(workers, session);
    }
    return session;
  }

  async #baselineOf(
    params: GridPoint['params'],
    repeat: number,
    tell: () => (share: number) => void,
  ): Promise<number | null> {
    const { workload, data } = this.#options;
    const { baseline, splitBy } = data.definition;
    if (!baseline || workload.baseline === undefined) return null;
    const { [splitBy ?? '']: _, ...others } = params;
    const key = JSON.stringify([repeat, others]);
    let ms = this.#baselines.get(key);
    if (ms === undefined) {
      const start = performance.now();
      const outcome = await workload.baseline({ params, signal: this.#signal, onProgress: tell() });
      ms = outcome.durationMs ?? performance.now() - start;
      this.#baselines.set(key, ms);
    }
    return ms;
  }

  #tell(current: SweepProgress['current']): void {
    const { onProgress } = this.#options;
    this.#latest = current;
    if (onProgress === undefined) return;
    const { runs, ms } = this.#schedule.remaining();
    const elapsedMs = performance.now() - this.#startedAt;
    onProgress({
      runsDone: this.#runsDone,
      runsTotal: this.#runsDone + runs,
      failures: this.#failures.length,
      share: runs === 0 ? 1 : ms === undefined ? 0 : elapsedMs / (elapsedMs + ms),
      elapsedMs,
      leftMs: ms,
      current,
    });
  }
}

function keyOf({ params, workers }: GridPoint): string {
  return JSON.stringify([params, workers]);
}

/** What ails all runs, not one. */
function endsAll(error: unknown): boolean {
  return [InvalidArgumentError, AuthenticationError, ClosedError, ConnectionError].some((one) => error instanceof one);
}
