// The workloads that come with Gridbook.

import type { KernelName } from './markov/kernels/kernel.ts';
import { markovWorkload } from './markov/markov-workload.ts';
import { matmul } from './matmul.ts';
import { noop } from './noop.ts';
import { pi } from './pi.ts';
import { spin } from './spin.ts';
import type { Workload } from './workload.ts';

/** Parameters of the workload `markov`. */
export interface MarkovInput {
  /** States of a random matrix, n x n. @default 10 */
  readonly matrixSize?: number | undefined;
  /** How many matrices are multiplied together. @default 10,000,000 */
  readonly totalCount?: number | undefined;
  /** Into how many tasks that is split. @default 10 */
  readonly pcNum?: number | undefined;
  /** Where the random matrix comes from. @default 1 */
  readonly seed?: number | null | undefined;
  /** What multiplies. @default auto */
  readonly kernel?: 'auto' | KernelName | undefined;
  /** Multiply neighbouring products on the workers, so that fewer travel. @default false */
  readonly combine?: boolean | undefined;
  /** Your own matrix instead of a random one: its rows, or a `.csv` or `.json` file. In a grid, a list of such. */
  readonly matrix?: string | number[][] | undefined;
}

/** Parameters of the workload `noop`. */
export interface NoopInput {
  /** How many tasks. @default 10,000 */
  readonly pcNum?: number | undefined;
}

/** Parameters of the workload `spin`. */
export interface SpinInput {
  /** How long all tasks are busy together, in milliseconds. @default 1000 */
  readonly totalMs?: number | undefined;
  /** Into how many tasks that is split. @default 100 */
  readonly pcNum?: number | undefined;
}

/** Parameters of the workload `matmul`. */
export interface MatmulInput {
  /** Rows and columns of the matrices. @default 512 */
  readonly matrixSize?: number | undefined;
  /** Into how many blocks, each a task, the product is cut. @default 4 */
  readonly pcNum?: number | undefined;
  /** Where the random matrices come from. @default 1 */
  readonly seed?: number | undefined;
}

/** Parameters of the workload `pi`. */
export interface PiInput {
  /** How many points are drawn. @default 20,000,000 */
  readonly totalCount?: number | undefined;
  /** Into how many tasks that is split. @default 10 */
  readonly pcNum?: number | undefined;
  /** Where the points come from. @default 1 */
  readonly seed?: number | undefined;
}

/** The workloads that come with Gridbook, by name. */
export interface BuiltinWorkloads {
  /** The limiting distribution of a transition matrix. */
  readonly markov: Workload<MarkovInput>;
  /** Tasks that do nothing: pure overhead. */
  readonly noop: Workload<NoopInput>;
  /** Tasks that keep a worker busy for a fixed time. */
  readonly spin: Workload<SpinInput>;
  /** One large product of two matrices in blocks: much data for each task. */
  readonly matmul: Workload<MatmulInput>;
  /** Pi by random points. */
  readonly pi: Workload<PiInput>;
}

/**
 * The workloads that come with Gridbook, for `sweep` and `gridbook run`.
 *
 * @example
 * ```ts
 * import { workloads } from 'gridbook';
 *
 * console.log(Object.keys(workloads).join(' ')); // prints: markov noop spin matmul pi
 * ```
 */
export const workloads: BuiltinWorkloads = { markov: markovWorkload, noop, spin, matmul, pi };
