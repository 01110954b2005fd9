// A plot of bars as text: one line a bar, each part as long as its share.

import { stages } from '../../timings.ts';
import { stageColour } from './colours.ts';
import { stageNames } from './plot-bars.ts';
import type { BarPlotData, PlotBar } from './plot-data.ts';
import type { PlotTextOptions } from './plot-text-options.ts';
import { formatDuration } from './quantities.ts';
import { shortened } from './series-label.ts';
import { TextCanvas } from './text-canvas.ts';
import { legendLine, legendLines, wrapped } from './text-legend.ts';
import { textIn, textMarks } from './text-marks.ts';
import { padded, textWidth } from './text-width.ts';

/** Draws bars. No line is wider than asked. */
export function textBars({ title, caption, bars }: BarPlotData, options: Required<PlotTextOptions>): string {
  const { width, colour, unicode } = options;
  const marks = textMarks(unicode);
  const inForm = (text: string): string => textIn(unicode, text);
  const totals = bars.map(({ totalMs }) => inForm(formatDuration(totalMs)));
  const totalWidth = Math.max(...totals.map((total) => textWidth(total)));
  const labelWidth = Math.min(
    Math.max(...bars.map(({ label }) => textWidth(label))),
    Math.max(0, Math.floor((width - totalWidth) / 2) - 2),
  );
  const from = labelWidth === 0 ? 0 : labelWidth + 1;
  const barWidth = Math.max(1, width - from - 1 - totalWidth);
  const canvas = new TextCanvas(width, bars.length);
  for (const [row, bar] of bars.entries()) {
    canvas.write(0, row, padded(inForm(shortened(bar.label, labelWidth)), labelWidth, 'right'));
    let at = from;
    for (const [i, length] of partLengths(bar, barWidth).entries()) {
      const mark = colour ? marks.part : marks.parts[i]!;
      canvas.write(at, row, mark.repeat(length), stageColour(i));
      at += length;
    }
    canvas.write(from + barWidth + 1, row, padded(totals[row]!, totalWidth, 'right'));
  }
  const legend = stages.map((stage, i) => ({
    mark: colour ? marks.part : marks.parts[i]!,
    text: stageNames[stage],
    colour: stageColour(i),
  }));
  return [
    inForm(shortened(title, width)),
    ...canvas.rows(colour),
    ...legendLines(legend, width).map((line) => legendLine(line, options)),
    ...wrapped(inForm(caption), width),
  ].join('\n');
}

/** Whole characters for each part, which together fill the bar. */
function partLengths({ parts, totalMs }: PlotBar, width: number): number[] {
  let sum = 0;
  let filled = 0;
  return stages.map((stage) => {
    sum += parts[stage];
    const end = Math.round((sum / totalMs) * width);
    const length = end - filled;
    filled = end;
    return length;
  });
}
