// Parameters and their values as a person reads them, and which of them differ between points.

import type { JsonValue, Params } from '../../workloads/workload.ts';
import type { PointGroup } from '../models/model.ts';
import type { Point } from '../point.ts';
import { formatCount, formatShortCount } from './quantities.ts';

const spelling: Readonly<Record<string, string>> = { pcNum: 'pc_num' };

/** `matrixSize` as `matrix size`. */
export function parameterName(name: string): string {
  return spelling[name] ?? plainText(name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase());
}

/** A value as text of one line. */
export function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return plainText(value);
  if (typeof value !== 'number') return plainText(JSON.stringify(value));
  return Number.isInteger(value) ? formatCount(value) : String(value);
}

/** The same in little room: `500k`, where that is exact. */
export function shortValueText(value: JsonValue | undefined): string {
  const isShort = Number.isInteger(value) && Number(value) >= 10_000 && Number(Number(value).toPrecision(3)) === value;
  return isShort ? formatShortCount(Number(value)) : valueText(value);
}

/** Text without what would move the cursor of a terminal or break a line. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** The parameter called so, or how many workers there were. */
export function valueAt(point: Pick<Point, 'params' | 'workers'>, name: string): JsonValue | undefined {
  return name === 'workers' ? point.workers : point.params[name];
}

/** The names of all parameters, `workers` last, in the order in which points have them. */
export function parametersOf(points: readonly Pick<Point, 'params' | 'workers'>[]): string[] {
  const names = new Set(points.flatMap(({ params }) => Object.keys(params)));
  names.delete('workers');
  return [...names, 'workers'];
}

/** Those parameters that do not have the same value at all points. */
export function varyingParameters(points: readonly Pick<Point, 'params' | 'workers'>[]): string[] {
  return parametersOf(points).filter(
    (name) => new Set(points.map((point) => JSON.stringify(valueAt(point, name)))).size > 1,
  );
}

/** `n`-tuples of values as one line: `matrix size 10, 2 workers`. */
export function parametersText(point: Pick<Point, 'params' | 'workers'>, names: readonly string[]): string {
  return names
    .map((name) => {
      const value = valueAt(point, name);
      if (name === 'workers') return `${valueText(value)} ${value === 1 ? 'worker' : 'workers'}`;
      return `${parameterName(name)} ${valueText(value)}`;
    })
    .join(', ');
}

/** What sets a group apart from others: `total count 500,000, 2 workers`. */
export function groupText(group: PointGroup, others: readonly PointGroup[]): string {
  const inForm = ({ params, workers }: PointGroup): Params => ({ ...params, workers: workers ?? null });
  const names = [...new Set(others.flatMap(({ params }) => Object.keys(params))), 'workers'];
  const own = inForm(group);
  const apart = names.filter((name) => {
    const value = own[name] ?? null;
    return (
      value !== null && others.some((other) => JSON.stringify(inForm(other)[name] ?? null) !== JSON.stringify(value))
    );
  });
  return parametersText({ params: group.params, workers: group.workers ?? 0 }, apart);
}
