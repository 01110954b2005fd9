// progressBar: what a user gives as `onProgress`.

import { ProgressBar, type ProgressBarOptions } from './progress-bar.ts';
import type { AnyProgress } from './progress-text.ts';

/**
 * Makes a progress bar in the cell, with what is done, the rate, the time left, the workers and the failures. Outside of notebooks
 * it is printed on standard error.
 *
 * @param options - what it is about.
 * @returns what `markov`, `sweep` and `session.map` take as `onProgress`; the bar ends with its cell.
 * @example
 * ```ts
 * import { connect, markov } from 'gridbook';
 * import { progressBar } from 'gridbook/notebook';
 *
 * await using session = await connect({ workers: 2 });
 * await markov(session, { matrixSize: 10, totalCount: 1000, pcNum: 10, onProgress: progressBar({ session }) });
 * ```
 */
export function progressBar(options: ProgressBarOptions = {}): (progress: AnyProgress) => void {
  const bar = new ProgressBar(options);
  return (progress) => bar.set(progress);
}
