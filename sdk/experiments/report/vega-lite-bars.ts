// A plot of bars as a Vega-Lite spec, with its data inside.

import type { TopLevelSpec } from 'vega-lite';
import { stages } from '../../timings.ts';
import { stageColour } from './colours.ts';
import { stageNames } from './plot-bars.ts';
import type { BarPlotData } from './plot-data.ts';
import type { PlotSize } from './plot-size.ts';
import { formatDuration, formatShare } from './quantities.ts';
import { shortened } from './series-label.ts';

const barHeight = 22;

/** Of the labels, at most. */
const letterWidth = 6.5;

/** The Vega-Lite spec of a plot of bars, their labels within its width. Its height is what the bars need. */
export function vegaLiteBars({ title, caption, bars }: BarPlotData, { width }: Pick<PlotSize, 'width'>): TopLevelSpec {
  const names = stages.map((stage) => stageNames[stage]);
  // Bars are told apart by their place: two may be called alike.
  const places = bars.map((_, i) => i);
  const labelWidth = Math.min(width / 2, 8 + letterWidth * Math.max(...bars.map(({ label }) => label.length)));
  const labels = JSON.stringify(bars.map(({ label }) => shortened(label, Math.floor(labelWidth / letterWidth))));
  const parts = bars.flatMap(({ parts, totalMs }, bar) =>
    stages.map((stage, order) => ({
      bar,
      order,
      stage: stageNames[stage],
      share: parts[stage] / totalMs,
      shareText: formatShare(parts[stage] / totalMs),
      timeText: formatDuration(parts[stage]),
    })),
  );
  const totals = bars.map(({ totalMs }, bar) => ({ bar, end: 1, timeText: formatDuration(totalMs) }));
  const y = {
    field: 'bar',
    type: 'ordinal' as const,
    scale: { domain: places },
    title: null,
    axis: { labelExpr: `${labels}[datum.value]`, labelLimit: 0, domain: false, ticks: false },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: title, subtitle: caption, anchor: 'start' },
    width: Math.max(width / 3, Math.round(width - labelWidth)),
    height: { step: barHeight },
    layer: [
      {
        data: { values: parts },
        mark: { type: 'bar', height: { band: 0.72 } },
        encoding: {
          y,
          x: {
            field: 'share',
            type: 'quantitative',
            stack: 'zero',
            scale: { domain: [0, 1], nice: false },
            title: null,
            axis: { format: '.0%', tickCount: 5, grid: false },
          },
          order: { field: 'order', type: 'quantitative' },
          color: {
            field: 'stage',
            type: 'nominal',
            scale: { domain: names, range: names.map((_, i) => stageColour(i).hex) },
            legend: { title: null, orient: 'bottom', columns: Math.max(2, Math.floor(width / 120)) },
          },
          tooltip: [
            { field: 'stage', type: 'nominal', title: 'stage' },
            { field: 'timeText', type: 'nominal', title: 'time' },
            { field: 'shareText', type: 'nominal', title: 'share' },
          ],
        },
      },
      {
        data: { values: totals },
        mark: { type: 'text', align: 'left', dx: 6, fontSize: 11 },
        encoding: {
          y,
          x: { field: 'end', type: 'quantitative' },
          text: { field: 'timeText', type: 'nominal' },
        },
      },
    ],
  };
}
