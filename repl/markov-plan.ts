// From the options of `gridbook run markov` to the runs that are to be made.
//
// Everything that can be wrong is found here, before the first run.

import { open } from 'node:fs/promises';
import { InvalidArgumentError, partition, randomMatrix, readMatrixFile, type TransitionMatrix } from '../sdk/index.ts';
import type { MarkovCommandOptions } from './markov-options.ts';

/** As an embedded session allows. */
const workersMax = 512;
/** How many runs one command makes, at most. */
const runsMax = 100_000;

/** One run to make. */
export interface PlannedRun {
  readonly matrixSize: number;
  readonly totalCount: number;
  readonly pcNum: number;
  /** How many workers; undefined for one a core. */
  readonly workers: number | undefined;
  /** From 1. */
  readonly repeat: number;
}

/** What is to be run, in this order. */
export interface MarkovPlan {
  readonly runs: readonly PlannedRun[];
  /** The user's own matrix. */
  readonly matrix: TransitionMatrix | undefined;
  readonly seed: number;
  readonly json: RecordTarget;
  readonly csv: RecordTarget;
}

/** Where records go. */
export type RecordTarget = { readonly stdout: true } | { readonly file: string } | undefined;

/**
 * Where an option sends records.
 *
 * @param option - as the command line gives it: true for standard output.
 * @throws InvalidArgumentError when the file cannot be written; better now than when the runs are done.
 */
async function targetOf(option: string | true | undefined): Promise<RecordTarget> {
  if (option === undefined) return undefined;
  if (option === true) return { stdout: true };
  try {
    await (await open(option, 'a')).close();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidArgumentError(`Cannot write to ${option}: ${why}`, { cause });
  }
  return { file: option };
}

/**
 * Makes the plan: all combinations, repeats outermost, so that what disturbs the machine for a while disturbs all alike.
 *
 * @throws InvalidArgumentError saying what would be right.
 */
export async function planMarkov(options: MarkovCommandOptions): Promise<MarkovPlan> {
  const { totalCount: totalCounts, pcNum: pcNums, seed = 1, repeats } = options;
  if (repeats < 1) throw new InvalidArgumentError(`--repeats must be at least 1, got ${repeats}`);
  for (const workers of options.workers ?? []) {
    if (workers >= 1 && workers <= workersMax) continue;
    throw new InvalidArgumentError(`--workers must be from 1 to ${workersMax}, got ${workers}`);
  }
  if (options.json !== undefined && options.json === options.csv && options.json !== true) {
    throw new InvalidArgumentError(`--json and --csv cannot both write to ${options.json}`);
  }
  if (options.json === true && options.csv === true) {
    throw new InvalidArgumentError('--json and --csv cannot both write to standard output: give one of them a file');
  }
  const matrix = options.matrix === undefined ? undefined : await readMatrixFile(options.matrix);
  const matrixSizes = options.matrixSize ?? (matrix === undefined ? [] : [matrix.n]);
  if (matrix === undefined) for (const n of matrixSizes) randomMatrix(n, seed);
  if (matrix !== undefined && matrixSizes.some((n) => n !== matrix.n)) {
    throw new InvalidArgumentError(
      `--matrix-size does not fit the matrix in ${options.matrix}, which has ${matrix.n} rows: leave it out`,
    );
  }
  for (const totalCount of totalCounts) partition(totalCount, 1);
  for (const pcNum of pcNums) partition(1, pcNum);
  const least = Math.min(...totalCounts);
  const tooMany = pcNums.find((pcNum) => pcNum > least);
  if (tooMany !== undefined) {
    throw new InvalidArgumentError(
      `--pc-num ${tooMany} is more than --total-count ${least}: each task needs at least one matrix`,
    );
  }
  const counts = [repeats, options.workers?.length ?? 1, matrixSizes.length, totalCounts.length, pcNums.length];
  const combinations = counts.reduce((product, count) => product * count, 1);
  if (combinations > runsMax) {
    throw new InvalidArgumentError(
      `These are ${combinations} runs, of which ${runsMax} can be made at once: use fewer repeats or values`,
    );
  }
  const runs: PlannedRun[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const workers of options.workers ?? [undefined]) {
      for (const matrixSize of matrixSizes) {
        for (const totalCount of totalCounts) {
          for (const pcNum of pcNums) runs.push({ matrixSize, totalCount, pcNum, workers, repeat });
        }
      }
    }
  }
  return { runs, matrix, seed, json: await targetOf(options.json), csv: await targetOf(options.csv) };
}
