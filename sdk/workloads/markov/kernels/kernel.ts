// What a kernel is: the code that multiplies the matrices of one size.

/** The names that can be asked for; `wasm` is the faster of the two after it that this machine runs. */
export const kernelNames = ['js', 'wasm', 'wasm-simd', 'wasm-relaxed-simd', 'openblas'] as const;
/** A kernel that can be asked for; `auto` picks the fastest that is there. */
export type KernelName = (typeof kernelNames)[number];

/**
 * A kernel as it travels: plain values only. It is made once, where the session is, and opened on each worker.
 */
export type KernelImage =
  | { readonly kind: 'js'; readonly name: KernelName; readonly n: number }
  | { readonly kind: 'wasm'; readonly name: KernelName; readonly n: number; readonly wasm: Uint8Array }
  | { readonly kind: 'openblas'; readonly name: KernelName; readonly n: number; readonly library: string };

/**
 * A kernel at work. What it returns views memory of its own and stays valid through its next call, no longer.
 */
export interface Kernel {
  /** Which code multiplies, as results name it. */
  readonly name: string;
  /** Matrices are n x n, row by row. */
  readonly n: number;
  /** Sets the matrix whose powers are taken. */
  setMatrix(matrix: Float64Array): void;
  /** The product of `count` copies of the matrix, by `count - 1` multiplications one after the other. */
  power(count: number): Float64Array;
  /** left times right, one multiplication. */
  product(left: Float64Array, right: Float64Array): Float64Array;
}
