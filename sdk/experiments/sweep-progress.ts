// How far a sweep is.

import type { Params } from '../workloads/workload.ts';

/** How far a sweep is, as `onProgress` of `sweep` is told. */
export interface SweepProgress {
  /** Runs that were made, in this call and before, those to warm up not counted. */
  readonly runsDone: number;
  /** Runs that will have been made in the end, at most. */
  readonly runsTotal: number;
  /** How many of them failed. */
  readonly failures: number;
  /** Of all the time that the sweep is expected to take, from 0 to 1. */
  readonly share: number;
  /** Since the sweep began or was taken up, in milliseconds. */
  readonly elapsedMs: number;
  /** How long it will go on, about, in milliseconds; undefined while nothing tells. */
  readonly leftMs: number | undefined;
  /** What is running. */
  readonly current: {
    /** Its parameters. */
    readonly params: Params;
    /** What sets it apart from the other points, for people; empty for an only one. */
    readonly label: string;
    /** How many workers it has. */
    readonly workers: number;
    /** From 1. */
    readonly repeat: number;
    /** `warmup` is not measured, `baseline` is the plain loop, `waiting` is for workers that were lost to come back. */
    readonly phase: 'warmup' | 'baseline' | 'run' | 'waiting';
    /** Whether the grid does not have it: it is measured since without it the choice of a split is not certain. */
    readonly isAdded: boolean;
    /** How far it is, from 0 to 1. */
    readonly share: number;
  };
}
