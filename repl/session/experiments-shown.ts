// Experiments as the user sees them: their table, and their plots as wide as the window.

import { Experiment, type PlotKind } from '../../sdk/index.ts';
import { type Look, styled } from './look.ts';
import { drawPlot } from './plot-drawn.ts';

/** Shows an experiment; undefined when the value is none. */
export function showExperiment(value: unknown, look: Look): string | undefined {
  if (!(value instanceof Experiment)) return undefined;
  const parts = [value.table({ width: look.width - 1, styled: look.colors })];
  const plot = plotIfAny(value, 'time', look);
  if (plot !== undefined) parts.push(plot);
  return parts.join('\n\n');
}

/** All that `.explore` shows in the end. */
export function showWholeExperiment(experiment: Experiment, look: Look): string {
  const kinds: readonly PlotKind[] = ['time', 'throughput', 'speedup'];
  const plots = kinds.flatMap((kind) => plotIfAny(experiment, kind, look) ?? []);
  return [
    experiment.table({ width: look.width - 1, styled: look.colors }),
    ...plots,
    recommendation(experiment, look),
  ].join('\n\n');
}

/** A plot, where there is something to plot. */
function plotIfAny(experiment: Experiment, kind: PlotKind, look: Look): string | undefined {
  if (experiment.points.length < 2) return undefined;
  try {
    return drawPlot([experiment], kind, look);
  } catch {
    return undefined; // the runs lack what it shows
  }
}

/** Into how many tasks to split: by the cost model, or what was fastest where there is none. */
export function recommendation(experiment: Experiment, look: Look): string {
  const { splitBy } = experiment.definition;
  const fastest = experiment.points.toSorted((a, b) => a.durationMs.median - b.durationMs.median)[0];
  if (splitBy === null || fastest === undefined) return '';
  for (const model of experiment.models) {
    if (model.kind !== 'cost' || !('recommended' in model) || !Array.isArray(model.recommended)) continue;
    const [low, high] = model.recommended;
    const range = low === high ? String(low) : `${low} to ${high}`;
    return styled(look, 'bold', `Recommended ${splitBy}: ${range}`);
  }
  return styled(look, 'bold', `Fastest ${splitBy}: ${fastest.params[splitBy]}`);
}
