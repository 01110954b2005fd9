// A line plot as a Vega-Lite spec, with its data inside.

import type { TopLevelSpec } from 'vega-lite';
import { tickText, valueTextOn } from './axis-text.ts';
import { seriesColour } from './colours.ts';
import type { LinePlotData, PlotAxis } from './plot-data.ts';
import { intervalOn, nearReferences, xScaleOf, yScaleOf } from './plot-scales.ts';
import type { PlotSize } from './plot-size.ts';
import type { Scale } from './scale.ts';

type Layer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];
type AxisEncoding = ReturnType<typeof encodingOf>;

const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down', 'triangle-right'];
const referenceColour = '#8c8c8c';

/** The Vega-Lite spec of a line plot. */
export function vegaLiteLines(data: LinePlotData, { width, height }: PlotSize): TopLevelSpec {
  const names = data.series.map(({ label }) => label || 'measured');
  const x = xScaleOf(data, Math.max(2, Math.floor(width / 70)));
  const y = yScaleOf(data, Math.max(2, Math.floor(height / 36)));
  const legend =
    names.length < 2
      ? null
      : {
          title: null,
          orient: 'bottom' as const,
          columns: names.some((name) => name.length * 7 > width / 2 - 30) ? 1 : 2,
          labelLimit: width - 40,
          symbolOpacity: 1,
          symbolStrokeWidth: 1.5,
        };
  const series = { field: 'series', type: 'nominal' as const, legend };
  const colour = { ...series, scale: { domain: names, range: names.map((_, i) => seriesColour(i).hex) } };
  const shape = { ...series, scale: { domain: names, range: names.map((_, i) => shapes[i % shapes.length]!) } };
  const onX = encodingOf(data.x, x, { grid: false });
  const onY = encodingOf(data.y, y, { grid: true });
  const isLatency = data.kind === 'latency';
  const layers: Layer[] = [...recommendedLayers(data, onX, height), ...referenceLayers(data, onX, onY)];
  if (isLatency && data.x.kind !== 'ordinal') {
    for (const [low, high, opacity] of [
      ['y', 'between', 0.25],
      ['between', 'high', 0.12],
    ] as const) {
      layers.push({
        mark: { type: 'area', opacity, tooltip: false },
        encoding: { x: onX, y: { ...onY, field: low }, y2: { field: high }, color: colour },
      });
    }
  } else {
    layers.push({
      mark: { type: 'rule', strokeWidth: isLatency ? 4 : 1.5, opacity: isLatency ? 0.35 : 0.8 },
      encoding: { x: onX, y: { ...onY, field: 'low' }, y2: { field: 'high' }, color: colour },
    });
  }
  const curves = curveRows(data, names);
  if (curves.length > 0) {
    layers.push({
      data: { values: curves },
      mark: { type: 'line', strokeDash: [6, 4], strokeWidth: 1.5, opacity: 0.85, clip: true },
      encoding: { x: onX, y: onY, color: colour },
    });
  }
  if (data.x.kind !== 'ordinal') {
    layers.push({ mark: { type: 'line', strokeWidth: 2 }, encoding: { x: onX, y: onY, color: colour } });
  }
  layers.push({
    mark: { type: 'point', filled: true, size: 60, opacity: 1 },
    encoding: { x: onX, y: onY, color: colour, shape, tooltip: tooltipOf(data, names.length > 1) },
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: data.title, subtitle: pictureCaption(data), anchor: 'start' },
    width,
    height,
    // Of all layers that have none of their own.
    data: { values: pointRows(data, y, names) },
    layer: layers,
    resolve: { legend: { color: 'shared', shape: 'shared' } },
  };
}

/** What the marks of a picture mean. */
export function pictureCaption({ caption, series, x }: LinePlotData): string {
  const parts = [caption];
  if (series.some(({ curve }) => curve.length > 0)) parts.push('dashed: the model');
  if (series.some(({ recommended }) => recommended !== undefined)) parts.push(`shaded: recommended ${x.title}`);
  return parts.join('; ');
}

function encodingOf(axis: PlotAxis, scale: Scale, { grid }: { grid: boolean }) {
  const field = grid ? 'y' : 'x';
  if (axis.kind === 'ordinal') {
    return {
      field,
      type: 'ordinal' as const,
      sort: null,
      title: axis.title,
      axis: { labelAngle: 0, grid, labelOverlap: true },
    };
  }
  // Only numbers and their units: no name of anybody's is in an expression.
  const texts = JSON.stringify(Object.fromEntries(scale.ticks.map((tick) => [tick, tickText(axis, tick)])));
  return {
    field,
    type: 'quantitative' as const,
    title: axis.title,
    scale: {
      type: axis.kind,
      domain: [scale.min, scale.max],
      nice: false,
      // A logarithmic scale has no zero to begin at.
      ...(axis.kind === 'log' ? {} : { zero: false }),
      padding: grid ? 0 : 14,
    },
    axis: { grid, values: [...scale.ticks], labelExpr: `${texts}[datum.value]`, labelOverlap: true },
  };
}

function pointRows(
  { series, x, y, kind }: LinePlotData,
  scale: Scale,
  names: readonly string[],
): Record<string, string | number>[] {
  return series.flatMap(({ points }, i) =>
    points.map((point) => {
      const { low, high, between } = point;
      const range = `${valueTextOn(y, low)} to ${valueTextOn(y, high)}`;
      return {
        series: names[i]!,
        x: x.kind === 'ordinal' ? x.names[point.x]! : point.x,
        y: point.y,
        ...intervalOn(scale, point),
        ...(between === undefined ? {} : { between, betweenText: valueTextOn(y, between) }),
        xText: valueTextOn(x, point.x),
        yText: valueTextOn(y, point.y),
        rangeText: kind === 'latency' ? valueTextOn(y, high) : range,
        runs: point.runs,
        warning: point.warning,
      };
    }),
  );
}

function curveRows({ series }: LinePlotData, names: readonly string[]): Record<string, string | number>[] {
  return series.flatMap(({ curve }, i) => curve.map(({ x, y }) => ({ series: names[i]!, x, y })));
}

function tooltipOf(
  { x, y, kind, series }: LinePlotData,
  isNamed: boolean,
): { field: string; type: 'nominal'; title: string }[] {
  const row = (field: string, title: string): { field: string; type: 'nominal'; title: string } => ({
    field,
    type: 'nominal',
    title,
  });
  const hasWarning = series.some(({ points }) => points.some(({ warning }) => warning !== ''));
  return [
    ...(isNamed ? [row('series', 'series')] : []),
    row('xText', x.title),
    row('yText', kind === 'latency' ? 'p50' : y.title),
    ...(kind === 'latency'
      ? [row('betweenText', 'p90'), row('rangeText', 'p99')]
      : [row('rangeText', '95 % interval')]),
    row('runs', 'runs'),
    ...(hasWarning ? [row('warning', 'note')] : []),
  ];
}

/** A band behind the points; where there are several, a bar each at the foot instead, so that they do not hide each other. */
function recommendedLayers({ series }: LinePlotData, onX: AxisEncoding, height: number): Layer[] {
  const ranges = series.flatMap(({ recommended }, i) =>
    recommended ? [{ recommended, colour: seriesColour(i).hex }] : [],
  );
  return ranges.map(({ recommended: [from, to], colour }, i): Layer => {
    const data = { values: [{ x: from, to }] };
    const encoding = { x: onX, x2: { field: 'to' } };
    if (ranges.length === 1) {
      return { data, mark: { type: 'rect', color: colour, opacity: 0.13 }, encoding };
    }
    const y = { value: height - 4 - 6 * i };
    return { data, mark: { type: 'rule', color: colour, strokeWidth: 4, opacity: 0.6 }, encoding: { ...encoding, y } };
  });
}

function referenceLayers(data: LinePlotData, onX: AxisEncoding, onY: AxisEncoding): Layer[] {
  const { x } = data;
  return nearReferences(data).flatMap(({ label, points }): Layer[] => {
    const values = points.map((point) => ({ x: x.kind === 'ordinal' ? x.names[point.x]! : point.x, y: point.y }));
    const line: Layer =
      values.length === 1
        ? {
            data: { values },
            mark: { type: 'rule', color: referenceColour, strokeDash: [2, 3], clip: true },
            encoding: { y: onY },
          }
        : {
            data: { values },
            mark: { type: 'line', color: referenceColour, strokeDash: [2, 3], strokeWidth: 1.5, clip: true },
            encoding: { x: onX, y: onY },
          };
    const text: Layer = {
      data: { values: values.slice(-1).map((value) => ({ ...value, label })) },
      mark: { type: 'text', color: referenceColour, align: 'right', dy: -7, fontSize: 11 },
      encoding: { x: onX, y: onY, text: { field: 'label', type: 'nominal' } },
    };
    return [line, text];
  });
}
