// A plot as a Vega-Lite spec, whatever it shows.

import type { TopLevelSpec } from 'vega-lite';
import type { PlotData } from './plot-data.ts';
import type { PlotSize } from './plot-size.ts';
import { vegaLiteBars } from './vega-lite-bars.ts';
import { vegaLiteLines } from './vega-lite-lines.ts';

/** The spec of a plot. */
export function vegaLiteSpec(data: PlotData, size: PlotSize): TopLevelSpec {
  return data.type === 'lines' ? vegaLiteLines(data, size) : vegaLiteBars(data, size);
}
