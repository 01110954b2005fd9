// The values of an axis as text, in terminals and pictures alike.

import type { PlotAxis, Quantity } from './plot-data.ts';
import { formatCount, formatDuration, formatRate, formatRatio, formatShare, formatShortCount } from './quantities.ts';

const short = (value: number): string => String(Number(value.toPrecision(3)));

/** What stands beside a tick. */
export function tickText({ quantity, names }: PlotAxis, value: number): string {
  switch (quantity) {
    case 'name':
      return names[value] ?? '';
    case 'duration':
      if (value === 0) return '0';
      if (value < 1) return `${short(value * 1000)} µs`;
      return value < 1000 ? `${short(value)} ms` : `${short(value / 1000)} s`;
    case 'rate':
      return `${formatShortCount(value)}/s`;
    case 'ratio':
      return `${short(value)}x`;
    case 'share':
      return `${short(value * 100)} %`;
    case 'count':
      return formatShortCount(value);
  }
}

/** A value to be read by itself. */
export function valueTextOn({ quantity, names }: PlotAxis, value: number): string {
  const texts: Record<Quantity, () => string> = {
    name: () => names[value] ?? '',
    duration: () => formatDuration(value),
    rate: () => formatRate(value),
    ratio: () => formatRatio(value),
    share: () => formatShare(value),
    count: () => formatCount(value),
  };
  return texts[quantity]();
}
