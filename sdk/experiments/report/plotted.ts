// What reports need of an experiment.

import type { ExperimentData } from '../experiment.ts';
import type { Model } from '../models/model.ts';
import type { Point } from '../point.ts';

/** An experiment, its points and models made once. */
export interface Reported {
  readonly data: ExperimentData;
  readonly points: readonly Point[];
  readonly models: readonly Model[];
}

/** An experiment as it is now: its points and models are made anew each time they are asked for. */
export function reportedOf({ data, points, models }: Reported): Reported {
  return { data, points, models };
}

/** One experiment of a plot. */
export interface Plotted extends Pick<Reported, 'points' | 'models'> {
  /** What sets it apart from others in the same plot. */
  readonly name: string;
  readonly workUnit: string;
  readonly splitBy: string | null;
}

/** Experiments for one plot; those that are called alike get their ids beside the name. */
export function plottedOf(experiments: readonly Reported[]): Plotted[] {
  return experiments.map(({ data, points, models }) => {
    const { id, name, definition } = data;
    const isAmbiguous = experiments.some((other) => other.data.name === name && other.data.id !== id);
    return {
      name: isAmbiguous || name === '' ? `${name} ${id}`.trim() : name,
      workUnit: definition.workUnit,
      splitBy: definition.splitBy,
      points,
      models,
    };
  });
}
