// Estimates of models as a person reads them.

import type { Estimate } from '../models/model.ts';
import { formatDuration } from './quantities.ts';

/** A number with three digits, wherever its point is. */
function number(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : Number.isNaN(value) ? '?' : '-∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2);
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
}

/** The value, such as `20.1 µs`, and its interval, such as `19.8 µs to 20.4 µs`. */
export function formatEstimate({ value, interval, unit }: Estimate): [value: string, interval: string] {
  const text = (quantity: number): string => {
    if (Number.isFinite(quantity) && unit === 'ms') return formatDuration(quantity);
    if (Number.isFinite(quantity) && unit === 'µs') return formatDuration(quantity / 1000);
    return unit === '' ? number(quantity) : `${number(quantity)} ${unit}`;
  };
  return [text(value), interval.map(text).join(' to ')];
}
