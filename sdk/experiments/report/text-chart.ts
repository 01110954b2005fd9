// A line plot as text: points and their intervals on a grid of characters, joined by the lines of asciichart.

import asciichart from 'asciichart';
import { tickText } from './axis-text.ts';
import { type PlotColour, seriesColour } from './colours.ts';
import type { CurvePoint, LinePlotData, PlotPoint } from './plot-data.ts';
import { intervalOn, nearReferences, xScaleOf, yScaleOf } from './plot-scales.ts';
import type { PlotTextOptions } from './plot-text-options.ts';
import { placeOn, type Scale } from './scale.ts';
import { shortened } from './series-label.ts';
import { TextCanvas } from './text-canvas.ts';
import { type LegendEntry, legendLine, legendLines, wrapped } from './text-legend.ts';
import { type TextMarks, textIn, textMarks } from './text-marks.ts';
import { textWidth } from './text-width.ts';

const rowsLeast = 4;
const columnsLeast = 8;
const recommendedMax = 4;

/** Columns between two labels of the x axis. */
const labelGap = 2;

/** Draws a line plot. No line is wider than asked. */
export function textChart(data: LinePlotData, options: Required<PlotTextOptions>): string {
  const { width, height, colour, unicode } = options;
  const marks = textMarks(unicode);
  const inForm = (text: string): string => textIn(unicode, text);
  const above = [inForm(shortened(data.title, width))];
  const below = [
    ...legendLines(legendOf(data, marks, inForm), width).map((line) => legendLine(line, options)),
    ...wrapped(inForm(data.caption), width),
  ];
  const recommended = recommendedSeries(data).length;
  const rows = Math.max(rowsLeast, height - above.length - below.length - recommended - 2);
  const y = yScaleOf(data, Math.max(2, Math.ceil(rows / 2.5)));
  const labels = y.ticks.map((tick) => inForm(tickText(data.y, tick)));
  const margin = Math.min(Math.max(...labels.map(textWidth)) + 1, Math.max(1, width - columnsLeast));
  const columns = Math.max(1, width - margin - 1);
  const x = xScaleOf(data, Math.max(2, Math.floor(columns / 8)));
  const canvas = new TextCanvas(width, rows + 2 + recommended);
  const grid: Grid = {
    canvas,
    marks,
    column: (value) => margin + 1 + Math.round(placeOn(x, value) * (columns - 1)),
    row: (value) => Math.round((1 - placeOn(y, value)) * (rows - 1)),
    rows,
    interval: (point) => intervalOn(y, point),
    isWithin: (value) => {
      const place = placeOn(y, value);
      return place >= -1e-9 && place <= 1 + 1e-9;
    },
  };
  drawAxes(grid, { data, x, y, margin, labels, inForm });
  for (const { points } of nearReferences(data)) drawDots(grid, points, marks.reference, undefined);
  for (const [i, { curve }] of data.series.entries()) drawDots(grid, curve, marks.curve, seriesColour(i));
  for (const [i, { points }] of data.series.entries()) drawIntervals(grid, points, seriesColour(i));
  if (data.x.kind !== 'ordinal') {
    for (const [i, { points }] of data.series.entries()) drawLine(grid, points, seriesColour(i));
  }
  for (const [i, { points }] of data.series.entries()) {
    for (const point of points) canvas.put(grid.column(point.x), grid.row(point.y), markOf(marks, i), seriesColour(i));
  }
  drawRecommended(grid, data);
  return [...above, ...canvas.rows(colour), ...below].join('\n');
}

/** Where things stand on the canvas. */
interface Grid {
  readonly canvas: TextCanvas;
  readonly marks: TextMarks;
  readonly rows: number;
  column(x: number): number;
  row(y: number): number;
  /** What is in view of it. */
  interval(point: PlotPoint): Pick<PlotPoint, 'low' | 'high'>;
  isWithin(y: number): boolean;
}

function markOf({ points }: TextMarks, place: number): string {
  return points[place % points.length]!;
}

interface AxisParts {
  readonly data: LinePlotData;
  readonly x: Scale;
  readonly y: Scale;
  readonly margin: number;
  readonly labels: readonly string[];
  readonly inForm: (text: string) => string;
}

function drawAxes({ canvas, marks, rows, column, row }: Grid, { data, x, y, margin, labels, inForm }: AxisParts): void {
  for (let i = 0; i < rows; i++) canvas.put(margin, i, marks.vertical);
  for (const [i, tick] of y.ticks.entries()) {
    canvas.write(margin - 1 - textWidth(labels[i]!), row(tick), labels[i]!);
    canvas.put(margin, row(tick), marks.yTick);
  }
  for (let i = margin + 1; i < canvas.width; i++) canvas.put(i, rows, marks.horizontal);
  canvas.put(margin, rows, marks.corner);
  const room = data.x.kind === 'ordinal' ? Math.floor((canvas.width - margin) / data.x.names.length) - 1 : canvas.width;
  let free = 0;
  for (const tick of x.ticks) {
    const at = column(tick);
    canvas.put(at, rows, marks.xTick);
    const label = inForm(shortened(tickText(data.x, tick), Math.max(1, room)));
    const width = textWidth(label);
    const from = Math.min(Math.max(free, at - Math.floor(width / 2)), canvas.width - width);
    if (from < free || Math.abs(from + width / 2 - at) > width) continue;
    canvas.write(from, rows + 1, label);
    free = from + width + labelGap;
  }
}

/** A line that was not measured: in whatever columns it crosses. */
function drawDots(
  { canvas, column, row, isWithin }: Grid,
  points: readonly CurvePoint[],
  mark: string,
  colour: PlotColour | undefined,
): void {
  for (const [i, to] of points.entries()) {
    const from = points[i - 1] ?? to;
    const [first, last] = [column(from.x), column(to.x)];
    for (let at = first; at <= last; at++) {
      const value = first === last ? to.y : from.y + ((at - first) / (last - first)) * (to.y - from.y);
      if (isWithin(value)) canvas.put(at, row(value), mark, colour);
    }
  }
}

function drawIntervals(grid: Grid, points: readonly PlotPoint[], colour: PlotColour): void {
  const { canvas, marks, column, row } = grid;
  for (const point of points) {
    const { x, between } = point;
    const { low, high } = grid.interval(point);
    const [top, bottom] = [row(high), row(low)];
    if (top === bottom) continue;
    for (let at = top; at <= bottom; at++) canvas.put(column(x), at, marks.interval, colour);
    if (between === undefined) continue;
    canvas.put(column(x), row(between), marks.intervalBetween, colour);
    canvas.put(column(x), top, marks.intervalEnd, colour);
  }
}

/** Joins points by what asciichart draws between them: it takes a value a column, in rows from below. */
function drawLine({ canvas, marks, column, row, rows }: Grid, points: readonly PlotPoint[], colour: PlotColour): void {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || column(first.x) === column(last.x)) return;
  const start = column(first.x);
  const values: number[] = [];
  for (const [i, point] of points.entries()) {
    const before = points[i - 1] ?? point;
    const [from, to] = [column(before.x), column(point.x)];
    const [low, high] = [rows - 1 - row(before.y), rows - 1 - row(point.y)];
    if (from === to) values[to - start] = high;
    for (let at = from + 1; at <= to; at++) values[at - start] = low + ((at - from) / (to - from)) * (high - low);
  }
  const lines = asciichart
    .plot([values], {
      offset: 1,
      height: rows - 1,
      min: 0,
      max: rows - 1,
      symbols: [...marks.lines],
      format: () => ' ',
    })
    .split('\n');
  for (const [at, line] of lines.entries()) {
    for (const [i, mark] of [...line].entries()) {
      if (i > 0 && mark !== ' ') canvas.put(start + i, at, mark, colour);
    }
  }
}

/** The series of which it is said what is recommended: none where that would take more lines than there is room for. */
function recommendedSeries({ series }: LinePlotData): { place: number; range: readonly [number, number] }[] {
  const ranges = series.flatMap(({ recommended }, place) => (recommended ? [{ place, range: recommended }] : []));
  return ranges.length > recommendedMax ? [] : ranges;
}

function drawRecommended({ canvas, marks, rows, column }: Grid, data: LinePlotData): void {
  for (const [i, { place, range }] of recommendedSeries(data).entries()) {
    const [row, [from, to]] = [rows + 2 + i, range];
    if (data.series.length > 1) canvas.put(0, row, markOf(marks, place), seriesColour(place));
    for (let at = column(from); at <= column(to); at++) canvas.put(at, row, marks.recommended, seriesColour(place));
  }
}

function legendOf(data: LinePlotData, marks: TextMarks, inForm: (text: string) => string): LegendEntry[] {
  const { series } = data;
  return [
    ...series.flatMap(({ label }, i) =>
      label === '' ? [] : [{ mark: markOf(marks, i), text: inForm(label), colour: seriesColour(i) }],
    ),
    ...nearReferences(data).map(({ label }) => ({ mark: marks.reference, text: inForm(label), colour: undefined })),
    ...(series.some(({ curve }) => curve.length > 0) ? [{ mark: marks.curve, text: 'model', colour: undefined }] : []),
    ...(recommendedSeries(data).length > 0
      ? [{ mark: marks.recommended, text: 'recommended', colour: undefined }]
      : []),
  ];
}
