// Where values stand on an axis, and which of them are written beside it.

/** How an axis goes from its least to its greatest value. */
export type ScaleKind = 'linear' | 'log' | 'ordinal';

/** An axis, from 0 to 1. */
export interface Scale {
  readonly kind: ScaleKind;
  readonly min: number;
  readonly max: number;
  /** Values to write beside it, from the least. */
  readonly ticks: readonly number[];
}

/** Values that span so much are on a logarithmic axis when they are measured, not chosen. */
const logSpanLeast = 20;

/** Whether chosen values, such as 1, 10, 100, stand more evenly on a logarithmic axis than on a linear one. */
export function isLogSpaced(values: readonly number[]): boolean {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const [min, max] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  if (min <= 0 || max / min < 10) return false;
  if (sorted.length < 3) return max / min >= 100;
  const largestGap = (of: (value: number) => number): number =>
    Math.max(...sorted.slice(1).map((value, i) => of(value) - of(sorted[i]!))) / (of(max) - of(min));
  return largestGap(Math.log) < largestGap((value) => value);
}

/** Whether measured values span so much that only a logarithmic axis shows them all. */
export function needsLog(values: readonly number[]): boolean {
  const [min, max] = rangeOf(values);
  return min > 0 && max / min >= logSpanLeast;
}

function rangeOf(values: readonly number[]): [min: number, max: number] {
  return values.reduce<[number, number]>(
    ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

/**
 * An axis for values.
 *
 * @param kind - for `ordinal`, the values are places: 0, 1, 2.
 * @param values - at least one.
 * @param options.fromZero - whether a linear axis begins at 0.
 * @param options.ticksMax - how many values there is room for, at least 2.
 * @param options.tight - whether it ends at the values, not at round numbers.
 */
export function scaleOf(
  kind: ScaleKind,
  values: readonly number[],
  { fromZero = false, ticksMax = 6, tight = false }: { fromZero?: boolean; ticksMax?: number; tight?: boolean } = {},
): Scale {
  const [low, high] = rangeOf(values);
  if (kind === 'ordinal') {
    return { kind, min: -0.5, max: high + 0.5, ticks: Array.from({ length: high + 1 }, (_, i) => i) };
  }
  if (kind === 'log') {
    const room = low === high ? 2 : tight ? 1 : 1.15;
    const [min, max] = [Math.max(low / room, Number.MIN_VALUE), Math.min(high * room, Number.MAX_VALUE)];
    return { kind, min, max, ticks: logTicks(min, max, ticksMax) };
  }
  const [from, to] = fromZero ? [Math.min(0, low), Math.max(0, high)] : [low, high];
  if (from === to) {
    const room = from === 0 ? 1 : Math.max(Math.abs(from) / 2, Number.MIN_VALUE);
    const end = Number.MAX_VALUE;
    return { kind, min: Math.max(from - room, -end), max: Math.min(to + room, end), ticks: [from] };
  }
  const gaps = Math.max(1, ticksMax - 1);
  // The difference may be beyond the largest number, and a part of it below the smallest.
  const step = Math.max(niceStep(to / gaps - from / gaps), Number.MIN_VALUE);
  const [first, last] = tight
    ? [Math.ceil(from / step - 1e-9), Math.floor(to / step + 1e-9)]
    : [Math.floor(from / step + 1e-9), Math.ceil(to / step - 1e-9)];
  const steps = Array.from({ length: last - first + 1 }, (_, i) => rounded((first + i) * step));
  const ticks = [...new Set(steps)].filter(Number.isFinite);
  return tight
    ? { kind, min: from, max: to, ticks }
    : { kind, min: Math.min(from, ticks[0]!), max: Math.max(to, ticks.at(-1)!), ticks };
}

/** 1, 2, 2.5 or 5 times a power of ten, at least so much. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 2.5, 5].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10);
}

/** Without the last digits, where sums of steps end up beside round numbers. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

/** Powers of ten, or 1, 2 and 5 times them where there are too few, or every second, third and so on where too many. */
function logTicks(min: number, max: number, ticksMax: number): number[] {
  const [first, last] = [Math.floor(Math.log10(min)) - 1, Math.ceil(Math.log10(max)) + 1];
  const within = (factors: readonly number[], every: number): number[] => {
    const ticks: number[] = [];
    for (let power = first; power <= last; power++) {
      if (power % every !== 0) continue;
      ticks.push(...factors.map((factor) => rounded(factor * 10 ** power)));
    }
    return ticks.filter((tick) => tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9) && Number.isFinite(tick));
  };
  const everies = [1, 2, 3, 4, 5, 6, Math.ceil((last - first) / Math.max(2, ticksMax))];
  const choices = [within([1, 2, 5], 1), within([1, 3], 1), ...everies.map((every) => within([1], every))];
  const choice = choices.find((ticks) => ticks.length >= 2 && ticks.length <= Math.max(2, ticksMax));
  if (choice !== undefined) return choice;
  const few = scaleOf('linear', [min, max], { ticksMax, tight: true }).ticks.filter((tick) => tick > 0);
  return few.length > 0 ? [...few] : [min];
}

/** Where a value stands, from 0 to 1 where it is within. */
export function placeOn(scale: Scale, value: number): number {
  const { kind, min, max } = scale;
  if (kind === 'log') return (Math.log(value) - Math.log(min)) / (Math.log(max) - Math.log(min));
  return (value - min) / (max - min);
}

/** The value at a place from 0 to 1. */
export function valueOn({ kind, min, max }: Scale, place: number): number {
  return kind === 'log' ? Math.exp((1 - place) * Math.log(min) + place * Math.log(max)) : min + place * (max - min);
}
