// A line plot as text: points and their intervals on a grid of characters, joined by the lines of asciichart.

import asciichart from 'asciichart';
import { tickText } from './axis-text.ts';
import { type PlotColour, seriesColour } from './colours.ts';
import type { CurvePoint, LinePlotData, PlotPoint } from './plot-data.ts';
import { xScaleOf, yScaleOf } from './plot-scales.ts';
import type { PlotTextOptions } from './plot-text-options.ts';
import { placeOn, type Scale } from './scale.ts';
import { shortened } from './series-label.ts';
import { TextCanvas } from './text-canvas.ts';
import { type LegendEntry, legendLine, legendLines, wrapped } from './text-legend.ts';
import { type TextMarks, textIn, textMarks } from './text-marks.ts';

const rowsLeast = 4;
const columnsLeast = 8;

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
  const recommended = data.series.filter((series) => series.recommended !== undefined).length;
  const rows = Math.max(rowsLeast, height - above.length - below.length - recommended - 2);
  const y = yScaleOf(data, Math.max(2, Math.ceil(rows / 2.5)));
  const labels = y.ticks.map((tick) => inForm(tickText(data.y, tick)));
  const margin = Math.min(Math.max(...labels.map((label) => label.length)) + 1, Math.max(1, width - columnsLeast));
  const columns = Math.max(1, width - margin - 1);
  const x = xScaleOf(data, Math.max(2, Math.floor(columns / 8)));
  const canvas = new TextCanvas(width, rows + 2 + recommended);
  const grid: Grid = {
    canvas,
    marks,
    column: (value) => margin + 1 + Math.round(placeOn(x, value) * (columns - 1)),
    row: (value) => Math.round((1 - placeOn(y, value)) * (rows - 1)),
    rows,
    isWithin: (value) => {
      const place = placeOn(y, value);
      return place >= -1e-9 && place <= 1 + 1e-9;
    },
  };
  drawAxes(grid, { data, x, y, margin, labels, inForm });
  for (const { points } of data.references) drawDots(grid, points, marks.reference, undefined);
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
    canvas.write(margin - 1 - labels[i]!.length, row(tick), labels[i]!);
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
    const from = Math.min(Math.max(free, at - Math.floor(label.length / 2)), canvas.width - label.length);
    if (from < free || Math.abs(from + label.length / 2 - at) > label.length) continue;
    canvas.write(from, rows + 1, label);
    free = from + label.length + labelGap;
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

function drawIntervals({ canvas, marks, column, row }: Grid, points: readonly PlotPoint[], colour: PlotColour): void {
  for (const { x, low, high, between } of points) {
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

function drawRecommended({ canvas, marks, rows, column }: Grid, { series }: LinePlotData): void {
  let at = rows + 2;
  const isOne = series.length === 1;
  for (const [i, { recommended }] of series.entries()) {
    if (recommended === undefined) continue;
    const [from, to] = [column(recommended[0]), column(recommended[1])];
    if (!isOne) canvas.put(0, at, markOf(marks, i), seriesColour(i));
    for (let place = from; place <= to; place++) canvas.put(place, at, marks.recommended, seriesColour(i));
    at++;
  }
}

function legendOf(
  { series, references }: LinePlotData,
  marks: TextMarks,
  inForm: (text: string) => string,
): LegendEntry[] {
  return [
    ...series.flatMap(({ label }, i) =>
      label === '' ? [] : [{ mark: markOf(marks, i), text: inForm(label), colour: seriesColour(i) }],
    ),
    ...references.map(({ label }) => ({ mark: marks.reference, text: inForm(label), colour: undefined })),
    ...(series.some(({ curve }) => curve.length > 0) ? [{ mark: marks.curve, text: 'model', colour: undefined }] : []),
    ...(series.some(({ recommended }) => recommended !== undefined)
      ? [{ mark: marks.recommended, text: 'recommended', colour: undefined }]
      : []),
  ];
}
