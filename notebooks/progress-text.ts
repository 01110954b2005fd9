// How far something is, in words: whatever tells its progress, a sweep, a markov run or a map.

import {
  formatCount,
  formatDuration,
  formatRate,
  type MapProgress,
  type MarkovProgress,
  type SweepProgress,
} from 'gridbook';

/** What `onProgress` of `sweep`, `markov` and `session.map` are called with. */
export type AnyProgress = SweepProgress | MarkovProgress | MapProgress;

/** How far it is. */
export interface ProgressState {
  /** From 0 to 1; undefined when the end is not known. */
  readonly share: number | undefined;
  /** What was done and how it goes, in their order. */
  readonly facts: readonly string[];
}

/** What is known beside the progress itself. */
export interface ProgressContext {
  readonly elapsedMs: number;
  /** How many inputs a map has. */
  readonly total: number | undefined;
  /** Where it is known of which session it is. */
  readonly workersBusy: number | undefined;
  /** Tasks that were sent again. */
  readonly failures: number;
  /** Of the latest run of a sweep, in its work a second. */
  readonly rate: string | undefined;
  /** Whether its cell has ended: what was not done by then is not done any more. */
  readonly isOver: boolean;
}

/** How much of it is done, from 0 to 1; undefined when the end is not known. */
export function shareOf(progress: AnyProgress, total: number | undefined): number | undefined {
  if ('runsTotal' in progress) return progress.share;
  const isMarkov = 'tasksTotal' in progress;
  const done = isMarkov ? progress.multiplicationsDone : progress.done;
  const all = isMarkov ? progress.multiplicationsTotal : total;
  return all === undefined ? undefined : all === 0 ? 1 : done / all;
}

/** Puts a progress into words. */
export function progressState(progress: AnyProgress, context: ProgressContext): ProgressState {
  if ('runsTotal' in progress) return sweepState(progress, context);
  const isMarkov = 'tasksTotal' in progress;
  const done = isMarkov ? progress.multiplicationsDone : progress.done;
  const { elapsedMs, total, workersBusy, failures, isOver } = context;
  const share = shareOf(progress, total);
  const count = isMarkov
    ? `${formatCount(progress.tasksDone)} of ${formatCount(progress.tasksTotal)} tasks`
    : `${formatCount(done)}${total === undefined ? '' : ` of ${formatCount(total)}`} done`;
  return {
    share,
    facts: [
      count,
      ...(done > 0 && elapsedMs > 0 ? [formatRate((done / elapsedMs) * 1000)] : []),
      ...timeLeft(isOver || share === undefined || share === 0 ? undefined : (elapsedMs / share) * (1 - share)),
      ...(workersBusy === undefined ? [] : [workersText(isOver ? 0 : workersBusy)]),
      failuresText(failures),
    ],
  };
}

function sweepState(
  { runsDone, runsTotal, share, leftMs, failures, current }: SweepProgress,
  context: ProgressContext,
): ProgressState {
  const isDone = context.isOver || runsDone >= runsTotal;
  const what = [current.label, current.phase === 'run' ? '' : current.phase].filter((word) => word !== '').join(' ');
  return {
    share,
    facts: [
      `${formatCount(runsDone)} of ${formatCount(runsTotal)} runs`,
      ...(context.rate === undefined ? [] : [context.rate]),
      ...(isDone ? [] : timeLeft(leftMs)),
      workersText(isDone || current.phase === 'baseline' ? 0 : current.workers),
      failuresText(failures + context.failures),
      ...(isDone || what === '' ? [] : [`now ${what}`]),
    ],
  };
}

function timeLeft(leftMs: number | undefined): string[] {
  return leftMs === undefined || leftMs <= 0 ? [] : [`${formatDuration(leftMs)} left`];
}

function workersText(count: number): string {
  return `${count} ${count === 1 ? 'worker' : 'workers'} busy`;
}

function failuresText(count: number): string {
  return count === 1 ? '1 failure' : `${count} failures`;
}
