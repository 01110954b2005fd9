// How far from the middle an estimate may be, in standard errors that were themselves estimated from few values.

/** The quantile of the standard normal distribution that leaves 2.5 % above it. */
const z = 1.959963984540054;

/**
 * The quantile of Student's t distribution that leaves 2.5 % above it.
 *
 * Source: Student, "The Probable Error of a Mean", Biometrika 6 (1908); for three degrees of freedom and more the
 * Cornish-Fisher expansion, M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions" (1964), 26.7.5, which is
 * within 0.2 %; below that the closed forms.
 *
 * @param freedom - degrees of freedom, 1 or more.
 */
export function studentQuantile(freedom: number): number {
  if (freedom < 2) return Math.tan(0.475 * Math.PI);
  if (freedom < 3) return 0.95 * Math.sqrt(2 / (1 - 0.95 ** 2));
  return (
    z +
    (z ** 3 + z) / 4 / freedom +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 / freedom ** 2 +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 / freedom ** 3 +
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160 / freedom ** 4
  );
}
