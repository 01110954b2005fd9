// `gridbook run` and `gridbook sweep`: measure a workload, show how far that is, and write down what came out.
//
// Owns: the session, interruption, where results go. Does not own: the runs (sdk), the form of results (sdk).
//
// Invariants:
//   C1. Standard output gets results only: the report, or the records alone when they are asked for there.
//   C2. Whatever ends the runs early, what is done so far is written.

import {
  connect,
  type Experiment,
  type ExperimentStore,
  formatCount,
  InvalidArgumentError,
  openStore,
  type Session,
  type SweepProgress,
  sweep,
} from '../sdk/index.ts';
import { oneLine } from './command-failure.ts';
import { exitStatus } from './exit-status.ts';
import { interruption } from './interruption.ts';
import { type MeasureKind, type MeasureRequest, readMeasureRequest } from './measure-options.ts';
import { measureReport } from './measure-report.ts';
import { ProgressLine, runsText } from './progress-line.ts';
import { isStdout, type Targets, targetsOf, writeResults } from './record-target.ts';

/** As an embedded session allows. */
const workersMax = 512;
/** How many runs one command makes, at most. */
const runsMax = 100_000;

/** Reads what follows `gridbook run` or `gridbook sweep`, and does it; gives the exit status. */
export async function measureFromArguments(kind: MeasureKind, args: readonly string[]): Promise<number> {
  return measure(await readMeasureRequest(kind, args));
}

async function measure(request: MeasureRequest): Promise<number> {
  const targets = await checkRequest(request);
  using interrupted = interruption();
  const progress = new ProgressLine();
  try {
    await using session = await open(request);
    const measured = new Measuring(request, targets, progress);
    return await measured.run(session, interrupted.signal);
  } finally {
    progress.end();
  }
}

/** Finds what is wrong before anything runs. @throws InvalidArgumentError saying what would be right. */
async function checkRequest({ grid, options }: MeasureRequest): Promise<Targets> {
  const { repeats } = options;
  if (repeats < 1) throw new InvalidArgumentError(`--repeats must be at least 1, got ${repeats}`);
  for (const workers of grid['workers'] ?? []) {
    if (typeof workers === 'number' && workers >= 1 && workers <= workersMax) continue;
    throw new InvalidArgumentError(`--workers must be from 1 to ${workersMax}, got ${String(workers)}`);
  }
  const runs = Object.values(grid).reduce((product, values) => product * values.length, repeats);
  if (runs > runsMax) {
    throw new InvalidArgumentError(
      `These are ${runs} runs, of which ${runsMax} can be made at once: use fewer repeats or values`,
    );
  }
  return targetsOf(options);
}

function open({ grid, options: { address } }: MeasureRequest): Promise<Session> {
  const [only, ...others] = grid['workers'] ?? [];
  return connect({
    ...(address === undefined ? {} : { address }),
    ...(typeof only === 'number' && others.length === 0 ? { workers: only } : {}),
  });
}

/** What a user of this machine measured is kept there, but for single runs. */
function storeOf({ kind, options: { store } }: MeasureRequest): ExperimentStore | undefined {
  if (store === undefined && kind === 'run') return undefined;
  return openStore(store === undefined || store === false ? undefined : store);
}

class Measuring {
  readonly #request: MeasureRequest;
  readonly #targets: Targets;
  readonly #progress: ProgressLine;
  #runsTotal = 0;
  #label = '';
  #isRefining = false;

  constructor(request: MeasureRequest, targets: Targets, progress: ProgressLine) {
    this.#request = request;
    this.#targets = targets;
    this.#progress = progress;
  }

  async run(session: Session, signal: AbortSignal): Promise<number> {
    const { kind, workload, grid, options } = this.#request;
    const { repeats, warmup, order = kind === 'run' ? 'grid' : 'random', budget } = options;
    const store = storeOf(this.#request);
    let soFar: Experiment | undefined;
    const onMade = (_: unknown, experiment: Experiment): void => {
      soFar = experiment;
    };
    try {
      const experiment = await sweep(session, workload, grid, {
        repeats,
        warmup,
        order,
        baseline:
          kind === 'run' ? options.baseline === true : options.baseline !== false && workload.baseline !== undefined,
        refine: kind === 'sweep' && options.refine === true,
        resume: options.resume !== false,
        precision: kind === 'run' ? 0 : options.precision,
        ...(budget === undefined ? {} : { budgetMs: budget }),
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(store === undefined ? {} : { store }),
        signal,
        onProgress: (progress) => this.#show(progress),
        onRecord: onMade,
        onFailure: (failure, experiment) => {
          onMade(failure, experiment);
          this.#progress.note(`gridbook: ${this.#label} failed: ${oneLine(failure.message)}`);
        },
      }).catch(async (error: unknown) => {
        this.#progress.end();
        if (soFar !== undefined) await this.#write(soFar, 'Ended early', store); // C2
        throw error;
      });
      this.#progress.end();
      await this.#write(experiment, 'Interrupted', store); // C2
      if (signal.aborted) return exitStatus.interrupted;
      return experiment.data.failures.length > 0 ? exitStatus.failed : exitStatus.done;
    } finally {
      store?.close();
    }
  }

  #show({ runsDone, runsTotal, share, leftMs, current }: SweepProgress): void {
    if (this.#runsTotal === 0 && runsDone > 0) {
      this.#progress.note(
        `Going on with what was interrupted: ${runsText(runsDone)} made before (--no-resume leaves them out)`,
      );
    }
    if (current.isAdded && !this.#isRefining) {
      this.#isRefining = true;
      this.#progress.note(
        'The choice is not certain yet: what lies between the points is measured, too (--no-refine leaves that out)',
      );
    }
    const phase = { run: '', warmup: ', warming up', baseline: ', the plain loop', waiting: ', waiting for workers' }[
      current.phase
    ];
    const place = Math.min(runsDone + 1, runsTotal);
    this.#label = `run ${place} of ${runsTotal}: ${current.label || this.#request.workload.name}${phase}`;
    this.#progress.set(share, this.#label, leftMs);
    this.#runsTotal = runsTotal;
  }

  /** C1 */
  async #write(experiment: Experiment, why: string, store: ExperimentStore | undefined): Promise<void> {
    const { json, csv } = this.#targets;
    const { records, data } = experiment;
    if (!isStdout(json) && !isStdout(csv) && records.length > 0) {
      process.stdout.write(measureReport(experiment, this.#request, process.stdout));
    }
    const made = records.length + data.failures.length;
    if (made > 1 && records.length === 0)
      process.stderr.write(`All ${formatCount(made)} runs failed: nothing was measured\n`);
    if (data.endedAt === null) {
      process.stderr.write(`${why}: ${records.length} of ${this.#runsTotal} runs were done\n`);
    } else if (made < this.#runsTotal) {
      process.stderr.write(`The budget is used up: ${made} of ${this.#runsTotal} runs were made\n`);
    }
    if (store !== undefined && made > 0) process.stderr.write(keptNote(data, this.#request.options));
    await writeResults(this.#targets, {
      json: () => `${JSON.stringify(experiment.toJSON(), undefined, 2)}\n`,
      csv: () => experiment.toCSV(),
      report: () => experiment.toHTML(),
    });
  }
}

function keptNote({ id, endedAt }: Experiment['data'], { store }: MeasureRequest['options']): string {
  const then = endedAt === null ? '; the same command goes on with it' : '';
  const where = typeof store === 'string' ? ` --store ${quoted(store)}` : '';
  return `Kept as ${id}${then}: gridbook experiments show ${id}${where}\n`;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./:@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
