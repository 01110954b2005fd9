// Quantities as a person reads them: three digits and a unit.

function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2);
}

/** A duration: `8.41 µs`, `532 ms`, `12.3 s`. */
export function duration(ms: number): string {
  if (ms < 0.9995) return `${threeDigits(ms * 1000)} µs`;
  return ms < 999.5 ? `${threeDigits(ms)} ms` : `${threeDigits(ms / 1000)} s`;
}

/** A rate: `940 /s`, `18.4 M/s`. */
export function rate(perSecond: number): string {
  if (perSecond < 999.5) return `${threeDigits(perSecond)} /s`;
  return perSecond < 999_500 ? `${threeDigits(perSecond / 1e3)} k/s` : `${threeDigits(perSecond / 1e6)} M/s`;
}

/** A count: `10,000,000`. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** A ratio: `1.93x`. */
export function ratio(value: number): string {
  return `${threeDigits(value)}x`;
}
