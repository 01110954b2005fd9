// The options of `gridbook run markov`, as the command line gives them.

/** The options of `gridbook run markov`. */
export interface MarkovCommandOptions {
  /** Undefined when the matrix says it. */
  readonly matrixSize: readonly number[] | undefined;
  readonly totalCount: readonly number[];
  readonly pcNum: readonly number[];
  readonly matrix?: string;
  readonly seed?: number;
  readonly kernel: string;
  readonly workers?: readonly number[];
  readonly repeats: number;
  readonly combine?: boolean;
  readonly baseline?: boolean;
  /** True for standard output. */
  readonly json?: string | true;
  readonly csv?: string | true;
  readonly address?: string;
}
