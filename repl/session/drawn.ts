// Text that is shown as it is: what `plot` and `table` give.

import { inspect } from 'node:util';
import { Experiment, InvalidArgumentError, plotKinds, type TextColumn, textTable } from '../../sdk/index.ts';
import { showExperiment } from './experiments-shown.ts';
import { cutLines, type Look } from './look.ts';
import { drawPlot } from './plot-drawn.ts';

const rowsMax = 200;

/** A drawing: as a value of a cell it is shown as it is; `String(…)` gives its text. */
export class Drawing {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }

  [inspect.custom](): string {
    return this.text;
  }
}

/** A text as a drawing. */
export function drawn(text: string): Drawing {
  return new Drawing(text);
}

/** @throws InvalidArgumentError when it is neither an experiment nor rows. */
export function tableText(what: unknown, look: Look): string {
  const experiment = showExperiment(what, look);
  if (experiment !== undefined) return experiment;
  if (!Array.isArray(what) || !what.every((row) => typeof row === 'object' && row !== null)) {
    throw new InvalidArgumentError('table takes an experiment, or an array of objects, each a row');
  }
  const rows: object[] = what.slice(0, rowsMax);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => names.map((name) => cellText(Reflect.get(row, name))));
  const columns = names.map((heading): TextColumn => {
    const isNumeric = rows.every((row) => ['number', 'bigint', 'undefined'].includes(typeof Reflect.get(row, heading)));
    return { heading, align: isNumeric ? 'right' : 'left' };
  });
  const more = what.length > rowsMax ? `\nand ${what.length - rowsMax} more` : '';
  return cutLines(textTable(columns, cells, look.colors) + more, look);
}

function cellText(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value.replace(/\s+/g, ' ');
  return typeof value === 'number'
    ? String(Number(value.toPrecision(6)))
    : inspect(value, { breakLength: Number.POSITIVE_INFINITY });
}

/** @throws InvalidArgumentError when it is no experiment, or has no such plot. */
export function plotText(what: unknown, kind: unknown, look: Look): string {
  const experiments = [what].flat().filter((one) => one instanceof Experiment);
  if (experiments.length === 0 || experiments.length < [what].flat().length) {
    throw new InvalidArgumentError('plot takes an experiment, as sweep gives it, or an array of them');
  }
  if (kind !== undefined && !plotKinds.some((known) => known === kind)) {
    throw new InvalidArgumentError(`A plot is one of ${plotKinds.join(', ')}, not ${inspect(kind)}`);
  }
  const wanted = plotKinds.find((known) => known === kind) ?? 'time';
  return drawPlot(experiments, wanted, look);
}
