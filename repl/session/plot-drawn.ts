// Plots of experiments as wide as the window.

import { type Experiment, type PlotKind, plotOf } from '../../sdk/index.ts';
import type { Look } from './look.ts';

/** A plot as wide as the window. @param height - of its lines. */
export function drawPlot(experiments: readonly Experiment[], kind: PlotKind, look: Look, height = 16): string {
  return plotOf(experiments, kind).toText({
    width: look.width - 1,
    height,
    colour: look.colors,
    unicode: look.unicode,
  });
}
