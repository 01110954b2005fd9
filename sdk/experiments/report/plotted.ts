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

/** An experiment as it is now: what follows from its records is worked out once, when it is asked for. */
export function reportedOf(experiment: Reported): Reported {
  let points: Reported['points'] | undefined;
  let models: Reported['models'] | undefined;
  return {
    data: experiment.data,
    get points() {
      points ??= experiment.points;
      return points;
    },
    get models() {
      models ??= experiment.models;
      return models;
    },
  };
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
  return experiments.map((experiment) => {
    const { id, name, definition } = experiment.data;
    const isAmbiguous = experiments.some((other) => other.data.name === name && other.data.id !== id);
    return {
      name: isAmbiguous || name === '' ? `${name} ${id}`.trim() : name,
      workUnit: definition.workUnit,
      splitBy: definition.splitBy,
      points: experiment.points,
      // Not yet: they take time, and not every plot shows them.
      get models() {
        return experiment.models;
      },
    };
  });
}
