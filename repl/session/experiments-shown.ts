// Experiments as the user sees them: their table, and their plots as wide as the window.

import { Experiment, formatCount, type PlotKind, type PointGroup } from '../../sdk/index.ts';
import { type Look, styled, wrapLines } from './look.ts';
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

/** So many runs of each point a recommendation needs, here as in the table above it. */
const recommendedFrom = 3;

/** Into how many tasks to split: by the cost models, or what was fastest where there are too few runs for any. */
export function recommendation(experiment: Experiment, look: Look): string {
  const { splitBy } = experiment.definition;
  const fastest = experiment.points.toSorted((a, b) => a.durationMs.median - b.durationMs.median)[0];
  if (splitBy === null || fastest === undefined) return '';
  const ranges = experiment.models.flatMap((model) => {
    if (model.kind !== 'cost' || !('recommended' in model) || !Array.isArray(model.recommended)) return [];
    if (model.group.points.some(({ records }) => records.length < recommendedFrom)) return [];
    const [low, high] = model.recommended.map((count) => formatCount(Number(count)));
    const certain = 'confidence' in model ? ` (${Math.floor(100 * Number(model.confidence))} % certain)` : '';
    return [{ group: model.group, range: low === high ? `${low}` : `${low} to ${high}`, certain }];
  });
  if (ranges.length === 0) {
    const few = `${recommendedFrom} repeats of each point give a recommendation`;
    return wrapLines(styled(look, 'bold', `Fastest ${splitBy}: ${fastest.params[splitBy]}; ${few}`), look);
  }
  const groups = ranges.map(({ group }) => group);
  const parts = ranges.map(({ group, range, certain }) => [range, ...differing(group, groups)].join(', ') + certain);
  return wrapLines(styled(look, 'bold', `Recommended ${splitBy}: ${parts.join('; ')}`), look);
}

/** What sets a group apart from the others. */
function differing(group: PointGroup, groups: readonly PointGroup[]): string[] {
  const names = Object.keys(group.params).filter((name) =>
    groups.some(({ params }) => params[name] !== group.params[name]),
  );
  const workers = groups.some((other) => other.workers !== group.workers) ? [`workers ${group.workers}`] : [];
  return [...names.map((name) => `${name} ${formatCount(Number(group.params[name]))}`), ...workers];
}
