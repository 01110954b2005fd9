// Where the time of the tasks of a point went: one bar, stacked of the stages.

import { sum } from 'simple-statistics';
import { type Stage, stages } from '../../timings.ts';
import type { Point } from '../point.ts';

/** One part of the bar. */
export interface BreakdownPart {
  readonly stage: Stage;
  /** Of the average timed task, in milliseconds, over all runs of the point. */
  readonly ms: number;
  /** Of the whole bar, from 0 to 1. */
  readonly share: number;
}

/** Where the time of the average task of a point went. */
export interface Breakdown {
  readonly point: Point;
  /** In the order in which a task goes through them. */
  readonly parts: readonly BreakdownPart[];
  /** The length of the bar: from a task's call to its settled result. */
  readonly totalMs: number;
}

/** The bars of points, in their order. Points of which no task was timed have none. */
export function breakdownsOf(points: readonly Point[]): Breakdown[] {
  return points.flatMap((point) => {
    // Means add up, as medians of stages would not.
    const times = stages.map((stage) => {
      const ms = sum(point.records.map(({ breakdownMs }) => Math.max(0, breakdownMs[stage]))) / point.records.length;
      return { stage, ms };
    });
    const totalMs = sum(times.map(({ ms }) => ms));
    if (!(totalMs > 0)) return [];
    return [{ point, parts: times.map(({ stage, ms }) => ({ stage, ms, share: ms / totalMs })), totalMs }];
  });
}
