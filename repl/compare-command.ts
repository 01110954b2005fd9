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
import { interruption } from './interruption.ts';
import { ProgressLine, runsText } from './progress-line.ts';
import { isStdout, type Targets, targetsOf, writeResults } from './record-target.ts';
import { terminalWidth } from './terminal-width.ts';

/** A wider chart shows no more. */
const chartColumnsMax = 100;

/** As an embedded session allows. */
const workersMax = 512;

/** Runs the command; gives its exit status. */
export function compareCommand(options: CompareCommandOptions): Promise<number> {
  return reportingFailure(async () => {
    checkWorkers(options);
    const targets = await targetsOf(options);
    const matrix = options.matrix === undefined ? undefined : await readMatrixFile(options.matrix);
    const progress = new ProgressLine();
    using interrupted = interruption(() =>
      progress.note('Interrupted: ending what was started; once more ends at once'),
    );
    const { signal } = interrupted;
    try {
      await using session = await connectAs(options);
      const { matrixSize, totalCount, pcNum, seed, kernel, with: peers, repeats, budget, python, resume } = options;
      const comparison = await compareWith(
        session,
        { matrixSize, totalCount, pcNum, seed, matrix, kernel },
        {
          peers,
          repeats,
          pointBudgetMs: budget,
          python,
          keep: true,
          resume,
          onResume: ({ length }) =>
            progress.note(
              `Going on with what was interrupted: ${runsText(length)} made before (--no-resume leaves them out)`,
            ),
          signal,
          onProgress: (share, what, leftMs) => progress.set(share, what, leftMs),
        },
      );
      progress.end();
      await show(comparison, targets); // C2
      if (signal.aborted) {
        const { length } = comparison.data.runs;
        if (length > 0) process.stderr.write(`Interrupted: the same command goes on after these ${runsText(length)}\n`);
        return exitStatus.interrupted;
      }
      return comparison.data.failures.length > 0 ? exitStatus.failed : exitStatus.done;
    } finally {
      progress.end();
    }
  });
}

/** The session whose tasks are measured. */
function connectAs({ address, workers }: CompareCommandOptions): Promise<Session> {
  return connect({ ...(address === undefined ? {} : { address }), ...(workers === undefined ? {} : { workers }) });
}

/** What would end the command after it has begun is found before. */
function checkWorkers({ workers }: CompareCommandOptions): void {
  if (workers !== undefined && !(workers >= 1 && workers <= workersMax)) {
    throw new InvalidArgumentError(`--workers must be from 1 to ${workersMax}, got ${workers}`);
  }
}

/** C1 */
async function show(comparison: PeerComparison, targets: Targets): Promise<void> {
  if (isStdout(targets.json) || isStdout(targets.csv)) {
    for (const line of comparison.absences) process.stderr.write(`gridbook: ${line}\n`);
  } else {
    showTable(comparison);
  }
  await writeResults(targets, {
    json: () => `${JSON.stringify(comparison, undefined, 2)}\n`,
    csv: () => comparison.toCSV(),
    report: () => comparison.toHTML(),
  });
}

function showTable(comparison: PeerComparison): void {
  const { stdout } = process;
  const width = terminalWidth(stdout);
  stdout.write(`${comparison.table({ width, styled: stdout.isTTY })}\n`);
  if (width === undefined) return;
  const size = { width: Math.min(width, chartColumnsMax), colour: stdout.hasColors() };
  for (const plot of comparison.plots) stdout.write(`\n${plot.toText(size)}\n`);
}
