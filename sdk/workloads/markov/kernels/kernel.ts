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

/** Numbered places for matrices where a kernel works, so that products of products need not be copied out and in again. */
export interface KernelSlots {
  /** One more slot. @returns its number. Results that the kernel gave out before are not valid any more. */
  add(): number;
  /** Copies a matrix into a slot. */
  put(slot: number, matrix: Float64Array): void;
  /** left times right into a third slot, one multiplication. */
  multiply(left: number, right: number, out: number): void;
  /** A copy of what is in a slot. */
  take(slot: number): Float64Array;
}

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
  /** Slots of its own, none at first. */
  openSlots(): KernelSlots;
}
