// What each kind of plot shows of a point, and what a model's time comes to in it.

import { median } from 'simple-statistics';
import type { Point } from '../point.ts';
import { ratioOf } from '../statistics.ts';
import type { PlotKind, PlotPoint, Quantity } from './plot-data.ts';

/** What a kind of plot shows. */
export interface PlotMeasure {
  /** What stands beside the axis. */
  title(workUnit: string): string;
  readonly quantity: Quantity;
  /** Whether a linear axis begins at 0. */
  readonly fromZero: boolean;
  /** Whether it is shown against the split or against the workers. */
  readonly against: 'split' | 'workers';
  /** Whether it is of the whole work, not of one task. */
  readonly isOfWhole: boolean;
  /** Whether it needs the serial baseline. */
  readonly needsBaseline: boolean;
  /** What a point shows; undefined where it lacks what is needed. */
  of(point: Point): Pick<PlotPoint, 'y' | 'low' | 'high' | 'between'> | undefined;
  /** What a point would show if it took so long; undefined where that says nothing of it. */
  ofDuration(point: Point, ms: number): number | undefined;
}

/** Serial time over time: how many times faster. */
export function speedUpOf({ baselineMs, durationMs }: Point): Pick<PlotPoint, 'y' | 'low' | 'high'> | undefined {
  const ratio = baselineMs && ratioOf(baselineMs, durationMs);
  return ratio && { y: ratio.value, low: ratio.interval[0], high: ratio.interval[1] };
}

/** Speed-up over workers: the share of their time that went into the work. */
export function efficiencyOf(point: Point): Pick<PlotPoint, 'y' | 'low' | 'high'> | undefined {
  const speedUp = speedUpOf(point);
  const { workers } = point;
  return speedUp && { y: speedUp.y / workers, low: speedUp.low / workers, high: speedUp.high / workers };
}

/** The latency of a point's tasks: the medians of what its runs say. */
export function latencyOf({ records }: Point): { p50: number; p90: number; p99: number } {
  const of = (percentile: 'p50' | 'p90' | 'p99'): number =>
    median(records.map(({ latencyMs }) => latencyMs[percentile]));
  return { p50: of('p50'), p90: of('p90'), p99: of('p99') };
}

const alone = <Shown extends object>(shown: Shown | undefined): (Shown & { between: undefined }) | undefined =>
  shown && { ...shown, between: undefined };

/** What each kind of line plot shows. */
export const plotMeasures: Readonly<Record<Exclude<PlotKind, 'breakdown'>, PlotMeasure>> = {
  time: {
    title: () => 'time',
    quantity: 'duration',
    fromZero: true,
    against: 'split',
    isOfWhole: true,
    needsBaseline: false,
    of: ({ durationMs: { median: y, interval } }) => alone({ y, low: interval[0], high: interval[1] }),
    ofDuration: (_, ms) => ms,
  },
  throughput: {
    title: (workUnit) => `${workUnit} per second`,
    quantity: 'rate',
    fromZero: true,
    against: 'split',
    isOfWhole: true,
    needsBaseline: false,
    of: ({ throughputPerSecond: { median: y, interval } }) => alone({ y, low: interval[0], high: interval[1] }),
    ofDuration: ({ work }, ms) => (work / ms) * 1000,
  },
  latency: {
    title: () => 'task latency',
    quantity: 'duration',
    fromZero: true,
    against: 'split',
    isOfWhole: false,
    needsBaseline: false,
    of: (point) => {
      const { p50, p90, p99 } = latencyOf(point);
      return p99 > 0 ? { y: p50, low: p50, high: p99, between: p90 } : undefined;
    },
    ofDuration: () => undefined,
  },
  efficiency: {
    title: () => 'efficiency',
    quantity: 'share',
    fromZero: true,
    against: 'split',
    isOfWhole: true,
    needsBaseline: true,
    of: (point) => alone(efficiencyOf(point)),
    ofDuration: ({ baselineMs, workers }, ms) => baselineMs && baselineMs.median / ms / workers,
  },
  speedup: {
    title: () => 'speed-up',
    quantity: 'ratio',
    fromZero: true,
    against: 'workers',
    isOfWhole: true,
    needsBaseline: true,
    of: (point) => alone(speedUpOf(point)),
    ofDuration: ({ baselineMs }, ms) => baselineMs && baselineMs.median / ms,
  },
};
