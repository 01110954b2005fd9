// Quantities as a person reads them: three digits and a unit.

function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  return size >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** Units by the size from which on they are used, in the unit that comes in; the largest first. */
type Units = readonly (readonly [from: number, unit: string, inUnit: number])[];

const durationUnits: Units = [
  [999.5, 's', 1000],
  [0.9995, 'ms', 1],
  [0, 'µs', 0.001],
];

const rateUnits: Units = [
  [999.5e6, 'G/s', 1e9],
  [999.5e3, 'M/s', 1e6],
  [999.5, 'k/s', 1e3],
  [0, '/s', 1],
];

const byteUnits: Units = [
  [999.5e9, 'TB', 1e12],
  [999.5e6, 'GB', 1e9],
  [999.5e3, 'MB', 1e6],
  [999.5, 'kB', 1e3],
  [0, 'B', 1],
];

function unitOf(units: Units, value: number): Units[number] {
  return units.find(([from]) => Math.abs(value) >= from) ?? units.at(-1)!;
}

function inUnits(units: Units, value: number): string {
  const [, unit, inUnit] = unitOf(units, value);
  return `${threeDigits(value / inUnit)} ${unit}`;
}

/**
 * A duration as a person reads it.
 *
 * @param ms - milliseconds.
 * @returns three digits and a unit: `8.41 µs`, `532 ms`, `12.3 s`.
 * @example
 * ```ts
 * import { formatDuration } from 'gridbook';
 *
 * console.log(formatDuration(0.00841), formatDuration(12_345)); // prints: 8.41 µs 12.3 s
 * ```
 */
export function formatDuration(ms: number): string {
  return inUnits(durationUnits, ms);
}

/**
 * A duration that may be long as a person reads it.
 *
 * @param ms - milliseconds.
 * @returns below two minutes as `formatDuration` has it, then `12 min`, `3 h 5 min`, `2 d 4 h`.
 * @example
 * ```ts
 * import { formatLongDuration } from 'gridbook';
 *
 * console.log(formatLongDuration(90_000), formatLongDuration(750_000)); // prints: 90.0 s 12 min
 * ```
 */
export function formatLongDuration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 2) return formatDuration(ms);
  const hours = Math.floor(minutes / 60);
  if (hours < 2) return `${minutes} min`;
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A duration and its interval: `532 ± 12 ms`, or `30.1 ms (20.9 ms to 324 ms)` where that would hide how lopsided it is. */
export function formatUncertainDuration(ms: number, [low, high]: readonly [low: number, high: number]): string {
  const halfWidthMs = Math.max(ms - low, high - ms);
  if (halfWidthMs > ms / 2) return `${formatDuration(ms)} (${formatDuration(low)} to ${formatDuration(high)})`;
  const [, unit, inUnit] = unitOf(durationUnits, ms);
  const digits = threeDigits(ms / inUnit);
  const decimals = digits.split('.')[1]?.length ?? 0;
  const smallest = 10 ** -decimals;
  const width = halfWidthMs / inUnit;
  // Less than can be shown is not nothing.
  const shown = width > 0 && width < smallest ? smallest : width;
  return `${digits} ± ${shown.toFixed(decimals)} ${unit}`;
}

/**
 * A rate as a person reads it.
 *
 * @param perSecond - so many a second.
 * @returns three digits and a unit: `940 /s`, `18.4 M/s`.
 * @example
 * ```ts
 * import { formatRate } from 'gridbook';
 *
 * console.log(formatRate(18_412_345)); // prints: 18.4 M/s
 * ```
 */
export function formatRate(perSecond: number): string {
  return inUnits(rateUnits, perSecond);
}

/**
 * A number of bytes as a person reads it.
 *
 * @param bytes - how many.
 * @returns three digits and a unit: `512 B`, `1.50 GB`.
 * @example
 * ```ts
 * import { formatBytes } from 'gridbook';
 *
 * console.log(formatBytes(1_500_000_000)); // prints: 1.50 GB
 * ```
 */
export function formatBytes(bytes: number): string {
  const [, unit] = unitOf(byteUnits, bytes);
  return unit === 'B' ? `${Math.round(bytes)} B` : inUnits(byteUnits, bytes);
}

/**
 * A count as a person reads it.
 *
 * @param value - how many.
 * @returns the number with its thousands set apart: `10,000,000`.
 * @example
 * ```ts
 * import { formatCount } from 'gridbook';
 *
 * console.log(formatCount(10_000_000)); // prints: 10,000,000
 * ```
 */
export function formatCount(value: number): string {
  return value.toLocaleString('en');
}

/** A count in the room of an axis: `100`, `2.5k`, `10M`. */
export function formatShortCount(value: number): string {
  const [inUnit, unit] = value >= 1e9 ? [1e9, 'G'] : value >= 1e6 ? [1e6, 'M'] : value >= 1e3 ? [1e3, 'k'] : [1, ''];
  return `${Number((value / inUnit).toPrecision(3))}${unit}`;
}

/**
 * A ratio as a person reads it.
 *
 * @param value - the one over the other.
 * @returns three digits: `1.93x`.
 * @example
 * ```ts
 * import { formatRatio } from 'gridbook';
 *
 * console.log(formatRatio(1.9312)); // prints: 1.93x
 * ```
 */
export function formatRatio(value: number): string {
  return `${threeDigits(value)}x`;
}

/** A share of one: `87 %`, `0.42 %`. */
export function formatShare(value: number): string {
  const percent = value * 100;
  const size = Math.abs(percent);
  return `${size === 0 || size >= 9.95 ? percent.toFixed(0) : size >= 0.995 ? percent.toFixed(1) : percent.toFixed(2)} %`;
}
