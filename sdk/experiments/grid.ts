// The grid of a sweep: from what is given for each parameter to all combinations.
//
// A parameter is given as one value, as a list of values, or as a range: `1..8` each whole number, `10..50:10` in steps,
// `1..1e5:log` the values 1, 2 and 5 of each power of ten, `1..1e5:log:20` so many values in equal ratios.

import { InvalidArgumentError } from '../errors.ts';
import type { JsonValue, ParamInfo, Params, Workload } from '../workloads/workload.ts';

/** How many combinations there may be. */
export const pointsMax = 10_000;

/** How many values a range may have. */
const rangeValuesMax = 1000;

/** What is given for a parameter: one value, several, or a range such as `1..1e5:log`. */
export type Axis<T = JsonValue> = T | readonly T[] | `${number}..${number}` | `${number}..${number}:${string}`;

/** What is given for each parameter of a workload, and for the workers; what is left out has its default. */
export type Grid<Input = Params> = {
  // What a workload without parameters takes is a record of nothing, which would leave no place for `workers`.
  readonly [Name in keyof Input as [Input[Name]] extends [never] ? never : Name]?: Axis<
    Exclude<Input[Name], undefined>
  >;
} & {
  /** How many workers. @default all that the session has */
  readonly workers?: Axis<number> | undefined;
};

/** One combination. */
export interface GridPoint {
  /** As it was given, but for the workers. */
  readonly given: Params;
  /** Checked, with the defaults filled in. */
  readonly params: Params;
  readonly workers: number;
}

/** A grid laid out. */
export interface Layout {
  /** The values of each parameter, and of `workers`. */
  readonly axes: Readonly<Record<string, readonly JsonValue[]>>;
  /** All combinations, the last parameter fastest. */
  readonly points: readonly GridPoint[];
  /** Whether the split is a range that leaves open which values there are between its ends: `1..1e5:log`. */
  readonly isOpen: boolean;
}

const number = String.raw`[+-]?\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?`;
const rangeForm = new RegExp(`^(${number})\\.\\.(${number})(?::(.+))?$`, 'i');
const numberForm = new RegExp(`^${number}$`, 'i');

/** A number as a person types it: 10000000, 10_000_000, 1e7; undefined when it is none. */
function typedNumber(text: string): number | undefined {
  return numberForm.test(text) ? Number(text.replaceAll('_', '')) : undefined;
}

/**
 * The values of a parameter as a person types them: `10`, `1,10,100`, `1..1e5:log`, or all of these with commas between.
 *
 * @param text - what was typed. For texts all of it is the one value.
 * @param kind - of the parameter's values.
 * @returns the values, each once.
 * @throws InvalidArgumentError saying what would be right.
 * @example
 * ```ts
 * import { parseAxis } from 'gridbook';
 *
 * console.log(parseAxis('1, 10_000, 1..100:log').join(' ')); // prints: 1 10000 2 5 10 20 50 100
 * ```
 */
export function parseAxis(text: string, kind: ParamInfo['kind'] = 'number'): JsonValue[] {
  if (kind === 'text') return [text];
  const parts = text.split(',').map((part) => part.trim());
  const values = parts.flatMap((part): JsonValue[] => (kind === 'boolean' ? [truthOf(part)] : numbersOf(part)));
  return [...new Set(values)];
}

function truthOf(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError(`"${text}" is neither true nor false`);
}

function numbersOf(text: string): number[] {
  if (rangeForm.test(text)) return rangeValues(text);
  const value = typedNumber(text);
  if (value !== undefined) return [value];
  throw new InvalidArgumentError(
    `"${text}" is not a number such as 500000, 500_000 or 5e5, nor a range such as 1..8 or 1..1e5:log`,
  );
}

/**
 * The values of a range.
 *
 * @throws InvalidArgumentError saying what would be right.
 */
export function rangeValues(text: string): number[] {
  const [, first = '', last = '', step] = rangeForm.exec(text) ?? [];
  const [from, to] = [typedNumber(first), typedNumber(last)];
  if (from === undefined || to === undefined) throw rangeError(text);
  if (from > to) throw new InvalidArgumentError(`The range ${text} ends before it begins: write ${last}..${first}`);
  const values = step?.startsWith('log') ? logValues(text, from, to, step) : stepValues(text, from, to, step);
  if (values.length <= rangeValuesMax) return values;
  throw new InvalidArgumentError(
    `The range ${text} has more than ${rangeValuesMax} values: give it a step, or write ${first}..${last}:log`,
  );
}

function rangeError(text: string): InvalidArgumentError {
  return new InvalidArgumentError(`"${text}" is no range such as 1..8, 10..50:10, 1..1e5:log or 1..1e5:log:20`);
}

function stepValues(text: string, from: number, to: number, step: string | undefined): number[] {
  const by = step === undefined ? 1 : typedNumber(step);
  if (by === undefined || !(by > 0)) throw rangeError(text);
  const count = Math.floor((to - from) / by + 1e-9) + 1;
  // One more than allowed is enough to be refused.
  return Array.from({ length: Math.min(count, rangeValuesMax + 1) }, (_, i) => cleaned(from + i * by));
}

function logValues(text: string, from: number, to: number, step: string): number[] {
  if (!(from > 0)) throw new InvalidArgumentError(`The range ${text} must begin above 0 to be logarithmic`);
  const [, countText] = step.split(':');
  if (!/^log(:\d+)?$/.test(step)) throw rangeError(text);
  const isWhole = Number.isInteger(from) && Number.isInteger(to);
  let values: number[];
  if (countText === undefined) {
    values = [from];
    for (let decade = Math.floor(Math.log10(from)); 10 ** decade <= to; decade++) {
      values.push(...[1, 2, 5].map((digit) => cleaned(digit * 10 ** decade)).filter((v) => v > from && v < to));
    }
    values.push(to);
  } else {
    const count = Math.min(Number(countText), rangeValuesMax + 1);
    if (count < 2) throw rangeError(text);
    const ratio = Math.log(to / from) / (count - 1);
    values = Array.from({ length: count }, (_, i) => from * Math.exp(i * ratio));
  }
  return [...new Set(values.map((value) => (isWhole ? Math.round(value) : cleaned(value))))];
}

/** Without the noise of binary fractions in the last digits. */
function cleaned(value: number): number {
  return Number(value.toPrecision(12));
}

/** Whether an axis has a range without a step and without a number of values. */
function isOpenRange(axis: Axis | undefined): boolean {
  return [axis].flat().some((value) => typeof value === 'string' && rangeForm.exec(value)?.[3] === 'log');
}

/** The values that are given for a parameter. @throws InvalidArgumentError when there are none, or a range is wrong. */
export function axisValues(name: string, axis: Axis): JsonValue[] {
  const given = Array.isArray(axis) ? (axis as readonly JsonValue[]) : [axis as JsonValue];
  if (given.length === 0)
    throw new InvalidArgumentError(`${name} has an empty list of values: leave it out, or give some`);
  const values = given.flatMap((value) =>
    typeof value === 'string' && rangeForm.test(value) ? rangeValues(value) : [value],
  );
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/**
 * Lays a grid out.
 *
 * @param workersDefault - how many workers where the grid does not say it.
 * @throws InvalidArgumentError when a combination is not of the workload's form, or there are too many.
 */
export async function layOut<Input>(
  workload: Workload<Input>,
  grid: Grid<Input>,
  workersDefault: number,
): Promise<Layout> {
  const given: [string, Axis | undefined][] = Object.entries(grid);
  const axes: [string, JsonValue[]][] = given.flatMap(([name, axis]) =>
    axis === undefined ? [] : [[name, axisValues(name, axis)]],
  );
  if (!axes.some(([name]) => name === 'workers')) axes.unshift(['workers', [workersDefault]]);
  const count = axes.reduce((product, [, values]) => product * values.length, 1);
  if (count > pointsMax) {
    throw new InvalidArgumentError(`The grid has ${count} combinations, of which ${pointsMax} can be measured at once`);
  }
  const combinations = axes.reduce<[string, JsonValue][][]>(
    (all, [name, values]) =>
      all.flatMap((before) => values.map((value): [string, JsonValue][] => [...before, [name, value]])),
    [[]],
  );
  const points: GridPoint[] = [];
  for (const combination of combinations) {
    const { workers, ...params } = Object.fromEntries(combination);
    points.push({ given: params, params: await workload.check(params as Input), workers: checkWorkers(workers) });
  }
  const seen = points.map(({ params }) => params);
  const rest = Object.keys(Object.assign({}, ...seen)).filter((name) => !axes.some(([other]) => other === name));
  const filledIn = rest.map((name): [string, JsonValue[]] => [
    name,
    [...new Map(seen.map((params) => [JSON.stringify(params[name]), params[name] ?? null])).values()],
  ]);
  const split = given.find(([name]) => name === workload.splitBy)?.[1];
  return { axes: Object.fromEntries([...axes, ...filledIn]), points, isOpen: isOpenRange(split) };
}

function checkWorkers(workers: JsonValue | undefined): number {
  if (typeof workers === 'number' && Number.isSafeInteger(workers) && workers > 0) return workers;
  throw new InvalidArgumentError(`workers must be whole numbers above 0, got ${JSON.stringify(workers)}`);
}
