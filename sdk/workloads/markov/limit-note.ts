// What a limit is, or why there is none, in a line.

import type { LimitAnalysis } from './limit.ts';

/** The most states, or classes of them, that are listed. */
const listedMax = 12;

/** Says what follows from a verdict; undefined where the limit is too long to be said. */
export function limitNote(
  limit: LimitAnalysis,
  { matrixSize, totalCount }: { readonly matrixSize: number; readonly totalCount: number },
): string | undefined {
  const what = `limit, n = ${matrixSize}`;
  switch (limit.verdict) {
    case 'converged':
      if (matrixSize > listedMax) return undefined;
      return `${what}: ${limit.stationary.map((p) => p.toFixed(4)).join(' ')}`;
    case 'not-yet': {
      const needed = limit.totalCountNeeded;
      const more = needed === null ? 'rounding keeps them apart' : `a total of ${count(needed)} would do`;
      return `${what}, total ${count(totalCount)}: not yet; rows differ by ${limit.rowSpread.toPrecision(2)}, ${more}`;
    }
    case 'periodic':
      return `${what}: none; the chain goes round with period ${count(limit.period)}`;
    case 'depends-on-start': {
      const { classes } = limit;
      const shown = classes.slice(0, listedMax).map(({ states }) => statesOf(states));
      const rest = classes.length > shown.length ? ', …' : '';
      return `${what}: depends on the start; it ends in one of ${count(classes.length)} classes of states: ${shown.join(', ')}${rest}`;
    }
  }
}

function count(value: number): string {
  return value.toLocaleString('en');
}

/** States from 1, as rows are counted. */
function statesOf(states: readonly number[]): string {
  const shown = states.slice(0, listedMax).map((state) => state + 1);
  return `{${shown.join(' ')}${states.length > shown.length ? ' …' : ''}}`;
}
