// The workloads that come with Gridbook.

import { markovWorkload } from './markov/markov-workload.ts';
import { matmul } from './matmul.ts';
import { noop } from './noop.ts';
import { pi } from './pi.ts';
import { spin } from './spin.ts';

/**
 * The workloads that come with Gridbook, for `sweep` and `gridbook run`: `markov`, `noop`, `spin`, `matmul` and `pi`.
 *
 * @example
 * ```ts
 * import { workloads } from 'gridbook';
 *
 * console.log(Object.keys(workloads).join(' ')); // prints: markov noop spin matmul pi
 * ```
 */
export const workloads = { markov: markovWorkload, noop, spin, matmul, pi } as const;
