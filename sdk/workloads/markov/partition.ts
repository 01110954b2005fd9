// How a count of matrices is split into tasks.

import { InvalidArgumentError } from '../../errors.ts';
import { checkInteger } from '../../task-options.ts';
import { matrixSizeMax } from './matrix.ts';

/** The largest count of matrices. */
export const totalCountMax = 1e15;

/** Checks the three parameters. @throws InvalidArgumentError saying what would be right. */
export function checkParameters(matrixSize: number, totalCount: number, pcNum: number): void {
  checkInteger('matrixSize', matrixSize, 1, matrixSizeMax);
  checkInteger('totalCount', totalCount, 1, totalCountMax);
  checkInteger('pcNum', pcNum, 1, totalCountMax);
  if (pcNum > totalCount) {
    throw new InvalidArgumentError(
      `pcNum must be at most totalCount (${totalCount}), so that each task has work; got ${pcNum}`,
    );
  }
}

/**
 * The sizes of the tasks: they sum to `totalCount`, and no two differ by more than one, the larger ones first.
 *
 * @param totalCount - what they sum to.
 * @param pcNum - how many there are.
 * @returns the sizes, made as they are read.
 * @throws InvalidArgumentError when one of them is not a whole number of at least 1.
 * @example
 * ```ts
 * import { partition } from 'gridbook';
 *
 * console.log([...partition(10, 4)].join(' ')); // prints: 3 3 2 2
 * ```
 */
export function partition(totalCount: number, pcNum: number): Generator<number, void, undefined> {
  checkInteger('totalCount', totalCount, 1, totalCountMax);
  checkInteger('pcNum', pcNum, 1, totalCountMax);
  return sizes(totalCount, pcNum);
}

function* sizes(totalCount: number, pcNum: number): Generator<number, void, undefined> {
  const least = Math.floor(totalCount / pcNum);
  const larger = totalCount - least * pcNum;
  for (let i = 0; i < pcNum; i++) yield i < larger ? least + 1 : least;
}
