// What a benchmark is, and what it gives.

import type { MissingPeer } from '../../sdk/index.ts';
import type { Measured, Variant } from './harness.ts';

/** One line of a benchmark's table that is judged: a ratio of two variants against a bar. */
export interface Comparison {
  readonly what: string;
  /** The variant above and the one below the line of the ratio. */
  readonly above: string;
  readonly below: string;
  /** `at least` or `at most` how much the ratio should be; undefined for information only. */
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number };
}

/** A value that is judged by itself. */
export interface Limit {
  readonly what: string;
  readonly variant: string;
  readonly bar: { readonly atLeast: number } | { readonly atMost: number };
}

/** A set of variants that are measured together. */
export interface Bench {
  readonly name: string;
  /** What is measured, and what is not. */
  readonly about: string;
  readonly unit: 'ms' | 'us' | 'ns' | 'per second' | 'MB';
  readonly rounds: number;
  /** Makes the variants; what is not on the machine is named in `missing`. */
  open(): Promise<OpenBench>;
}

/** A benchmark that is ready to be measured. */
export interface OpenBench {
  readonly variants: readonly Variant[];
  readonly comparisons: readonly Comparison[];
  readonly limits?: readonly Limit[];
  readonly missing?: readonly string[];
  close?(): Promise<void>;
}

/** What a benchmark came to. */
export interface BenchResult {
  readonly name: string;
  readonly about: string;
  readonly unit: string;
  readonly measured: readonly Measured[];
  readonly judged: readonly Judged[];
  readonly missing: readonly string[];
}

/** A comparison or a limit with what it came to. */
export interface Judged {
  readonly what: string;
  readonly value: number;
  readonly interval: readonly [number, number];
  readonly bar: string;
  /** Undefined where there is no bar. */
  readonly reached: boolean | undefined;
}

/** What is not on the machine, and what would bring it, a line each. */
export function missingLines(missing: readonly MissingPeer[]): string[] {
  return missing.map(({ peer, why, install }) => `${peer}: ${why}; ${install} (GRIDBOOK_PYTHON names another Python)`);
}
