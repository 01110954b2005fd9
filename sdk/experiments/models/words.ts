// Words and numbers that the sentences of models have in common.

/** Why there is no model. */
export interface Unsupported {
  readonly reason: string;
}

/** A share as per cent: `5 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.01) return 'less than 0.01 %';
  return `${Number(value.toPrecision(value < 10 ? 2 : 3))} %`;
}

/** A plain number with three digits: `1.04`. */
export function factor(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
}

/** The warnings that hold, as one; undefined where none does. */
export function joinWarnings(warnings: readonly (string | false)[]): string | undefined {
  const given = warnings.filter((warning) => warning !== false);
  return given.length === 0 ? undefined : given.join('; ');
}
