// `gridbook run markov`: makes the runs of a plan, shows how far they are, and writes down what they took.
//
// Owns: sessions and their warm-up, interruption, where results go. Does not own: the runs (sdk), the form of results.
//
// Invariants:
//   C1. Standard output gets results only: the report, or the records alone when they are asked for there.
//   C2. Whatever ends the runs early, what is done so far is written.

import { writeFile } from 'node:fs/promises';
import {
  type BaselineResult,
  baseline,
  connect,
  InvalidArgumentError,
  type MarkovParameters,
  markov,
  type Session,
} from '../sdk/index.ts';
import { messageOf, reportingFailure } from './command-failure.ts';
import { exitStatus } from './exit-status.ts';
import type { MarkovCommandOptions } from './markov-options.ts';
import { type MarkovPlan, type PlannedRun, planMarkov, type RecordTarget } from './markov-plan.ts';
import { csvOf, type MarkovRecord, recordOf } from './markov-record.ts';
import { reportOf } from './markov-report.ts';
import { ProgressLine } from './progress-line.ts';
import { count } from './quantities.ts';

/** What ends the runs early: typed, sent by whoever waits no longer, or the terminal was closed. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the command; gives its exit status. */
export function markovCommand(options: MarkovCommandOptions): Promise<number> {
  return reportingFailure(async () => {
    const plan = await planMarkov(options);
    return await new MarkovRuns(options, plan).run();
  });
}

/** The runs of one command. */
class MarkovRuns {
  readonly #options: MarkovCommandOptions;
  readonly #plan: MarkovPlan;
  readonly #records: MarkovRecord[] = [];
  readonly #failures: { run: PlannedRun; message: string }[] = [];
  readonly #sessions = new Map<number | undefined, Session>();
  readonly #baselines = new Map<string, BaselineResult>();
  readonly #abort = new AbortController();
  readonly #progress = new ProgressLine();
  #workDone = 0;
  readonly #workTotal: number;

  constructor(options: MarkovCommandOptions, plan: MarkovPlan) {
    this.#options = options;
    this.#plan = plan;
    const loops = options.baseline ? [...new Map(plan.runs.map((run) => [loopKeyOf(run), run])).values()] : [];
    const work = [...plan.runs.map(workOf), ...loops.map(loopWorkOf)];
    this.#workTotal = work.reduce((sum, part) => sum + part, 0);
  }

  async run(): Promise<number> {
    const onInterrupt = (): void => {
      if (this.#abort.signal.aborted) process.exit(exitStatus.interrupted);
      this.#abort.abort(new Error('interrupted'));
    };
    for (const signal of endingSignals) process.on(signal, onInterrupt);
    try {
      for (const run of this.#plan.runs) {
        await this.#runOne(run);
        if (this.#abort.signal.aborted) break;
      }
    } finally {
      this.#progress.end();
      await Promise.all([...this.#sessions.values()].map((session) => session.close()));
      await this.#write(); // C2
      for (const signal of endingSignals) process.off(signal, onInterrupt);
    }
    if (this.#abort.signal.aborted) return exitStatus.interrupted;
    return this.#failures.length > 0 ? exitStatus.failed : exitStatus.done;
  }

  async #runOne(run: PlannedRun): Promise<void> {
    const { combine = false } = this.#options;
    const { signal } = this.#abort;
    const parameters = this.#parametersOf(run);
    const label = labelOf(run, this.#plan.runs.indexOf(run) + 1, this.#plan.runs.length);
    const share = (part: number): number => (this.#workDone + part * workOf(run)) / this.#workTotal;
    try {
      const session = await this.#sessionOf(run, parameters, label);
      const plain = this.#options.baseline ? await this.#baselineOf(run, parameters, label) : undefined;
      if (signal.aborted) return;
      this.#progress.set(share(0), label);
      const result = await markov(session, {
        ...parameters,
        pcNum: run.pcNum,
        combine,
        signal,
        onProgress: ({ multiplicationsDone, multiplicationsTotal }) =>
          this.#progress.set(share(multiplicationsDone / multiplicationsTotal), label),
      });
      this.#records.push(recordOf(result, { repeat: run.repeat, combine, cluster: session.cluster }, plain));
    } catch (error) {
      if (signal.aborted) return;
      // What ails one run here, but all of them there.
      if (error instanceof InvalidArgumentError || this.#sessions.get(run.workers) === undefined) throw error;
      this.#failures.push({ run, message: messageOf(error) });
      this.#progress.note(`gridbook: ${label} failed: ${messageOf(error)}`);
    } finally {
      this.#workDone += workOf(run);
    }
  }

  #parametersOf({ matrixSize, totalCount }: PlannedRun): Omit<MarkovParameters, 'pcNum'> {
    const { matrix, seed } = this.#plan;
    const { kernel } = this.#options;
    return matrix === undefined ? { matrixSize, seed, totalCount, kernel } : { matrix, totalCount, kernel };
  }

  /** The session of so many workers. Its workers are started before anything is timed. */
  async #sessionOf(
    { workers }: PlannedRun,
    parameters: Omit<MarkovParameters, 'pcNum'>,
    label: string,
  ): Promise<Session> {
    const known = this.#sessions.get(workers);
    if (known !== undefined) return known;
    this.#progress.set(this.#workDone / this.#workTotal, `${label}: starting workers`);
    const { address } = this.#options;
    const session = await connect({
      ...(address === undefined ? {} : { address }),
      ...(workers === undefined ? {} : { workers }),
    });
    this.#sessions.set(workers, session);
    const tasks = 2 * session.workers;
    await markov(session, { ...parameters, totalCount: 2 * tasks, pcNum: tasks, signal: this.#abort.signal });
    return session;
  }

  async #baselineOf(
    run: PlannedRun,
    parameters: Omit<MarkovParameters, 'pcNum'>,
    label: string,
  ): Promise<BaselineResult> {
    const key = loopKeyOf(run);
    const known = this.#baselines.get(key);
    if (known !== undefined) return known;
    const work = loopWorkOf(run);
    const tell = (part: number): void =>
      this.#progress.set((this.#workDone + part * work) / this.#workTotal, `${label}: the plain loop`);
    tell(0);
    const plain = await baseline({
      ...parameters,
      signal: this.#abort.signal,
      onProgress: ({ multiplicationsDone, multiplicationsTotal }) => tell(multiplicationsDone / multiplicationsTotal),
    });
    this.#workDone += work;
    this.#baselines.set(key, plain);
    return plain;
  }

  /** C1 */
  async #write(): Promise<void> {
    const records = this.#records;
    const failures = this.#failures.map(({ run, message }) => ({ ...run, message }));
    const { json, csv } = this.#plan;
    await writeTo(
      json,
      () => `${JSON.stringify({ records, ...(failures.length > 0 ? { failures } : {}) }, undefined, 2)}\n`,
    );
    await writeTo(csv, () => csvOf(records));
    const isReported = records.length > 0 && !isStdout(json) && !isStdout(csv);
    if (isReported) process.stdout.write(reportOf(records, process.stdout.isTTY));
    if (this.#abort.signal.aborted) {
      const { runs } = this.#plan;
      process.stderr.write(`Interrupted: ${records.length} of ${runs.length} runs were done\n`);
    }
  }
}

function isStdout(target: RecordTarget): boolean {
  return target !== undefined && 'stdout' in target;
}

async function writeTo(target: RecordTarget, make: () => string): Promise<void> {
  if (target === undefined) return;
  if ('stdout' in target) process.stdout.write(make());
  else await writeFile(target.file, make());
}

/** How much a run takes, in a unit of its own. */
function workOf({ matrixSize, totalCount, pcNum }: PlannedRun): number {
  return (matrixSize ** 3 + 100) * totalCount + pcNum * 1000;
}

/** Runs with the same key have one plain loop. */
function loopKeyOf({ matrixSize, totalCount, repeat }: PlannedRun): string {
  return `${matrixSize} ${totalCount} ${repeat}`;
}

/** How much a plain loop takes, in the same unit. */
function loopWorkOf(run: PlannedRun): number {
  return workOf({ ...run, pcNum: 0 });
}

function labelOf({ matrixSize, totalCount, pcNum }: PlannedRun, place: number, of: number): string {
  return `run ${place} of ${of}: n = ${matrixSize}, total ${count(totalCount)}, pc_num ${count(pcNum)}`;
}
