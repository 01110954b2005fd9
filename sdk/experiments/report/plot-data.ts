// What a plot shows, whatever draws it: as text, as a Vega-Lite spec or as a picture.

import type { Stage } from '../../timings.ts';
import type { ScaleKind } from './scale.ts';

/** What is shown against what. */
export type PlotKind = 'time' | 'throughput' | 'latency' | 'efficiency' | 'speedup' | 'breakdown';

/** All kinds of plots, in the order in which a report has them. */
export const plotKinds: readonly PlotKind[] = ['time', 'throughput', 'efficiency', 'speedup', 'latency', 'breakdown'];

/** What the values of an axis are, so that they are written right. */
export type Quantity = 'duration' | 'rate' | 'ratio' | 'share' | 'count' | 'name';

/** An axis. */
export interface PlotAxis {
  readonly title: string;
  readonly kind: ScaleKind;
  readonly quantity: Quantity;
  /** The names at the places 0, 1, 2 of an ordinal axis; else none. */
  readonly names: readonly string[];
}

/** A measured point. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  /** The interval of `y`; of a latency its p50 and p99. */
  readonly low: number;
  readonly high: number;
  /** Of a latency, its p90. */
  readonly between: number | undefined;
  /** How many runs it comes from. */
  readonly runs: number;
  /** Why it is not to be relied on; empty where it is. */
  readonly warning: string;
}

/** A point of a line that was not measured. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/** What belongs together: points that differ in `x` alone. */
export interface PlotSeries {
  /** Empty where there is only one. */
  readonly label: string;
  /** Ordered by `x`. */
  readonly points: readonly PlotPoint[];
  /** What a model says of it; empty where there is none. */
  readonly curve: readonly CurvePoint[];
  /** Within these, by the model, it is as good as at the best. */
  readonly recommended: readonly [low: number, high: number] | undefined;
}

/** A line to compare with. */
export interface PlotReference {
  readonly label: string;
  readonly points: readonly CurvePoint[];
}

/** Measured points over an axis. */
export interface LinePlotData {
  readonly type: 'lines';
  readonly kind: PlotKind;
  readonly title: string;
  /** What the marks mean, in one line. */
  readonly caption: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly series: readonly PlotSeries[];
  readonly references: readonly PlotReference[];
}

/** One bar of parts. */
export interface PlotBar {
  readonly label: string;
  readonly parts: Readonly<Record<Stage, number>>;
  /** The sum of the parts, in milliseconds. */
  readonly totalMs: number;
}

/** Where the time of tasks went. */
export interface BarPlotData {
  readonly type: 'bars';
  readonly kind: PlotKind;
  readonly title: string;
  readonly caption: string;
  readonly bars: readonly PlotBar[];
}

/** All that a plot shows. */
export type PlotData = LinePlotData | BarPlotData;
