// `gridbook compare markov`: has peers measured, shows how far that is, and writes down what came of it.
//
// Owns: the session, interruption, where results go. Does not own: the measuring (sdk), the form of results.
//
// Invariants:
//   C1. Standard output gets results only: the table, or the JSON or CSV alone when it is asked for there.
//   C2. Whatever ends it early, what was measured so far is written.

import {
  compareWith,
  connect,
  InvalidArgumentError,
  type PeerComparison,
  readMatrixFile,
  type Session,
} from '../sdk/index.ts';
import { reportingFailure } from './command-failure.ts';
import type { CompareCommandOptions } from './compare-options.ts';
import { exitStatus } from './exit-status.ts';
import { ProgressLine } from './progress-line.ts';
import { isStdout, type RecordTarget, targetOf, writeTo } from './record-target.ts';

/** What ends it early: typed, sent by whoever waits no longer, or the terminal was closed. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A wider chart shows no more. */
const chartColumnsMax = 100;

/** As an embedded session allows. */
const workersMax = 512;

/** Runs the command; gives its exit status. */
export function compareCommand(options: CompareCommandOptions): Promise<number> {
  return reportingFailure(async () => {
    checkOptions(options);
    const json = await targetOf(options.json);
    const csv = await targetOf(options.csv);
    const report = await targetOf(options.report);
    const matrix = options.matrix === undefined ? undefined : await readMatrixFile(options.matrix);
    const abort = new AbortController();
    const progress = new ProgressLine();
    const onSignal = (): void => {
      if (abort.signal.aborted) process.exit(exitStatus.interrupted);
      abort.abort(new Error('interrupted'));
      progress.note('Interrupted: ending what was started; once more ends at once');
    };
    for (const signal of endingSignals) process.on(signal, onSignal);
    try {
      await using session = await connectAs(options);
      const { matrixSize, totalCount, pcNum, seed, kernel, with: peers, repeats, budget, python } = options;
      const comparison = await compareWith(
        session,
        { matrixSize, totalCount, pcNum, seed, matrix, kernel },
        {
          peers,
          repeats,
          pointBudgetMs: budget,
          python,
          signal: abort.signal,
          onProgress: (share, what, leftMs) => progress.set(share, what, leftMs),
        },
      );
      progress.end();
      await writeResults(comparison, { json, csv, report }); // C2
      if (abort.signal.aborted) return exitStatus.interrupted;
      return comparison.data.failures.length > 0 ? exitStatus.failed : exitStatus.done;
    } finally {
      progress.end();
      for (const signal of endingSignals) process.off(signal, onSignal);
    }
  });
}

/** A session whose workers are started, so that nobody waits for them while something is timed. */
async function connectAs({ address, workers }: CompareCommandOptions): Promise<Session> {
  return connect({ ...(address === undefined ? {} : { address }), ...(workers === undefined ? {} : { workers }) });
}

/** What would end the command after minutes of measuring is found before. */
function checkOptions({ json, csv, report, workers }: CompareCommandOptions): void {
  if (json === true && csv === true) {
    throw new InvalidArgumentError('--json and --csv cannot both write to standard output: give one of them a file');
  }
  const files = [json, csv, report].filter((file) => typeof file === 'string');
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`Two of --json, --csv and --report write to ${twice}`);
  if (workers !== undefined && !(workers >= 1 && workers <= workersMax)) {
    throw new InvalidArgumentError(`--workers must be from 1 to ${workersMax}, got ${workers}`);
  }
}

interface Targets {
  readonly json: RecordTarget;
  readonly csv: RecordTarget;
  readonly report: RecordTarget;
}

/** C1 */
async function writeResults(comparison: PeerComparison, { json, csv, report }: Targets): Promise<void> {
  await writeTo(json, () => `${JSON.stringify(comparison, undefined, 2)}\n`);
  await writeTo(csv, () => comparison.toCSV());
  await writeTo(report, () => comparison.toHTML());
  if (isStdout(json) || isStdout(csv)) {
    for (const line of comparison.absences) process.stderr.write(`gridbook: ${line}\n`);
    return;
  }
  const { stdout } = process;
  stdout.write(`${comparison.table({ styled: stdout.isTTY })}\n`);
  if (!stdout.isTTY) return;
  const width = Math.min(stdout.columns, chartColumnsMax);
  for (const plot of comparison.plots) stdout.write(`\n${plot.toText({ width, colour: stdout.hasColors() })}\n`);
}
