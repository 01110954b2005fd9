// A sweep that is watched: a bar and a plot in the cell that grow while it runs.

import {
  type Experiment,
  formatRate,
  InvalidArgumentError,
  type Plot,
  type PlotKind,
  plotKinds,
  type RunFailure,
  type RunRecord,
  type SweepProgress,
} from 'gridbook';
import { CellPlace } from './cell-place.ts';
import { plotBundle, sketchBundle } from './mime-bundle.ts';
import { ProgressBar } from './progress-bar.ts';
import { RunningCell } from './running-cell.ts';

const redrawMs = 500;

/** How a sweep is watched. */
export interface LiveOptions {
  /** What the plot shows. @default time */
  readonly plot?: PlotKind | undefined;
  /** What the bar is about. @default nothing */
  readonly label?: string | undefined;
}

/** What `live` gives `sweep`. */
export interface LiveSweepOptions {
  /** Moves the bar. */
  readonly onProgress: (progress: SweepProgress) => void;
  /** Lets the plot grow. */
  readonly onRecord: (record: RunRecord, experiment: Experiment) => void;
  /** Shows why a run failed. */
  readonly onFailure: (failure: RunFailure) => void;
  /** Aborted when the cell is interrupted. */
  readonly signal: AbortSignal;
}

/**
 * Watches a sweep: gives it options with which a progress bar and a plot in the cell grow while it runs. When the cell
 * is interrupted, the sweep ends, and what was measured so far is still shown.
 *
 * @param options - what is plotted.
 * @returns options for `sweep`, to be given along with others.
 * @throws InvalidArgumentError when there is no such plot.
 * @example
 * ```ts
 * import { connect, sweep, workloads } from 'gridbook';
 * import { live } from 'gridbook/notebook';
 *
 * await using session = await connect({ workers: 2 });
 * const experiment = await sweep(session, workloads.markov, { totalCount: 1000, pcNum: [1, 10] }, { repeats: 3, ...live() });
 * ```
 */
export function live({ plot = 'time', label }: LiveOptions = {}): LiveSweepOptions {
  if (!plotKinds.includes(plot)) {
    throw new InvalidArgumentError(`There is no plot "${plot}": it is one of ${plotKinds.join(', ')}`);
  }
  const cell = RunningCell.current;
  const bar = new ProgressBar({ label });
  const place = new CellPlace(cell);
  let latest: Experiment | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  cell?.onEnd(async () => {
    const whole = latest && plotWhereThere(latest, plot);
    if (whole !== undefined) place.show(await plotBundle(whole));
  });
  return {
    onProgress: (progress) => bar.set(progress),
    onRecord: (record, experiment) => {
      latest = experiment;
      bar.setRate(formatRate(record.throughputPerSecond));
      if (cell === undefined || cell.signal.aborted || performance.now() - drawnAt < redrawMs) return;
      // Between two runs, so that drawing takes nothing from what is measured; the picture is made at the end.
      const sofar = plotWhereThere(experiment, plot);
      if (sofar !== undefined) place.show(sketchBundle(sofar));
      drawnAt = performance.now();
    },
    onFailure: ({ params, workers, repeat, message }) => {
      if (cell === undefined || cell.signal.aborted) return;
      cell.write('stderr', `Run ${repeat} of ${JSON.stringify({ ...params, workers })} failed: ${message}\n`);
    },
    signal: cell?.signal ?? new AbortController().signal,
  };
}

/** The first points may lack what the plot shows. */
function plotWhereThere(experiment: Experiment, kind: PlotKind): Plot | undefined {
  try {
    return experiment.plot(kind);
  } catch (error) {
    if (error instanceof InvalidArgumentError) return undefined;
    throw error;
  }
}
