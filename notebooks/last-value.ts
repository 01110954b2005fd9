// What the last line of a cell gives: things of Gridbook are shown as `display` shows them, all else as the kernel does.

import { Experiment, Plot } from 'gridbook';
import { display, isSession } from './display.ts';
import type { RunningCell } from './running-cell.ts';
import { tslabScope } from './tslab.ts';

/** The member under which the kernel keeps it. */
const memberForm = /\bexports\.(tsLastExpr\d*) = /;

/** Shows the value of a cell's last line at its end, where it is of Gridbook; the kernel then has nothing to print. */
export function showLastValue(cell: RunningCell, compiled: string): void {
  const [, member] = memberForm.exec(compiled) ?? [];
  const exports = tslabScope()?.exports;
  if (member === undefined || exports === undefined) return;
  const value = exports[member];
  if (value instanceof Experiment) {
    cell.onEnd(async () => {
      await display(value, { as: 'table' });
      if (value.points.length > 1) await display(value);
    });
  } else if (value instanceof Plot || (typeof value === 'object' && value !== null && isSession(value))) {
    cell.onEnd(() => display(value));
  } else {
    return;
  }
  delete exports[member];
}
