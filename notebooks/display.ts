// display: shows things of Gridbook in the cell, each in every form that a viewer may want.

import { Experiment, InvalidArgumentError, Plot, type PlotKind, type Session } from 'gridbook';
import { CellPlace } from './cell-place.ts';
import { type MimeBundle, plotBundle, tableBundle } from './mime-bundle.ts';
import { type CellValue, rowsBundle } from './rows-table.ts';
import { sessionBundle } from './session-card.ts';

/** What `display` can show. */
export type Displayable = Experiment | Plot | Session | readonly Readonly<Record<string, CellValue>>[];

/** How something is shown. */
export interface DisplayOptions {
  /** An experiment: `table`, or which plot. @default time */
  readonly as?: PlotKind | 'table' | undefined;
}

/** A place in the output of a cell. */
export interface DisplayPlace {
  /**
   * Shows something there, instead of what was shown before.
   *
   * @param value - as `display` takes it.
   * @param options - likewise.
   */
  show(value: Displayable, options?: DisplayOptions): Promise<void>;
}

/**
 * Shows something in the cell: a plot as Vega-Lite, picture and text; an experiment as a plot, or as a table; a session
 * as a card with its nodes; rows of data as a table. Outside of notebooks its text is printed.
 *
 * @param value - an experiment, a plot, a session, or an array of objects, one a row.
 * @param options - as what an experiment is shown.
 * @throws InvalidArgumentError when it cannot be shown, or an experiment lacks what is to be plotted.
 * @example
 * ```ts
 * import { display } from 'gridbook/notebook';
 *
 * await display([{ tasks: 1, seconds: 26.96 }, { tasks: 100_000, seconds: 46.26 }]);
 * // prints:   tasks  seconds
 * // prints:       1    26.96
 * // prints: 100,000    46.26
 * await display([]); // prints: no rows
 * ```
 */
export async function display(value: Displayable, options: DisplayOptions = {}): Promise<void> {
  new CellPlace().show(await bundleOf(value, options));
}

/**
 * Makes a place in the output of the cell, in which things are shown one after the other.
 *
 * @returns the place; it takes no room before something is shown.
 * @example
 * ```ts
 * import { connect } from 'gridbook';
 * import { displayPlace } from 'gridbook/notebook';
 *
 * await using session = await connect({ workers: 2 });
 * const card = displayPlace();
 * await card.show(session); // prints: Session: 2 workers: threads of this kernel
 * ```
 */
export function displayPlace(): DisplayPlace {
  const place = new CellPlace();
  return { show: async (value, options = {}) => place.show(await bundleOf(value, options)) };
}

async function bundleOf(value: Displayable, { as = 'time' }: DisplayOptions): Promise<MimeBundle> {
  if (value instanceof Plot) return plotBundle(value);
  if (value instanceof Experiment) return as === 'table' ? tableBundle(value) : plotBundle(value.plot(as));
  if (isSession(value)) return sessionBundle(value);
  if (isRows(value)) return rowsBundle(value);
  throw new InvalidArgumentError(
    'display takes an experiment, a plot, a session, or an array of objects; print other things with console.log',
  );
}

/** Whether it is a session, by what it has. */
export function isSession(value: object): value is Session {
  return 'cluster' in value && 'workers' in value && 'remote' in value;
}

function isRows(value: Displayable): value is Extract<Displayable, readonly unknown[]> {
  return Array.isArray(value) && value.every((row) => typeof row === 'object' && row !== null);
}
