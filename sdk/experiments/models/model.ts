// What every model of an experiment says, whatever it is a model of.

import type { Params } from '../../workloads/workload.ts';
import type { Point } from '../point.ts';

/** An estimated quantity. */
export interface Estimate {
  /** What it is, for people: `overhead a task`. */
  readonly name: string;
  /** How the formula calls it. */
  readonly symbol: string;
  /** The estimate itself, in `unit`. */
  readonly value: number;
  /** The 95 % interval. */
  readonly interval: readonly [low: number, high: number];
  /** `ms`, `µs`, or nothing for a plain number. */
  readonly unit: string;
}

/** Points that differ in one thing alone: the split, or the workers. */
export interface PointGroup {
  /** What all of them have. */
  readonly params: Params;
  /** What all of them have; undefined where it is the workers that differ. */
  readonly workers: number | undefined;
  /** Ordered by what differs. */
  readonly points: readonly Point[];
}

/** A model fitted to a group of points. */
export interface Model {
  /** Which model it is. */
  readonly kind: 'cost' | 'metg' | 'amdahl' | 'usl';
  /** For headings: `Cost of splitting`. */
  readonly title: string;
  /** The points that it is fitted to. */
  readonly group: PointGroup;
  /** As a person writes it: `T(p) = W / min(p, w) + c p + f`. */
  readonly formula: string;
  /** Where the formula is from. */
  readonly source: string;
  /** What it says in numbers. */
  readonly estimates: readonly Estimate[];
  /** What it means, in plain words, with its numbers. */
  readonly sentence: string;
  /** Why not to trust it, where there is a reason. */
  readonly warning: string | undefined;
}
