// What runs on the workers: powers of one matrix, and products of two.
//
// Invariants:
//   P1. What these functions return views the kernel's memory and stays valid through their next call. The worker copies
//       it into its answer before the one after that.

import type { KernelImage } from './kernels/kernel.ts';
import { openKernel } from './kernels/select.ts';

/** The function of a task: the product of `count` copies of the matrix, by `count - 1` multiplications. */
export function createPowerTask(captures: {
  image: KernelImage;
  matrix: Float64Array;
}): (count: number) => Float64Array {
  const kernel = openKernel(captures.image);
  kernel.setMatrix(captures.matrix);
  return (count) => kernel.power(count);
}

/** Combines two neighbouring products, the earlier one first. */
export function createProductTask(captures: {
  image: KernelImage;
}): (earlier: Float64Array, later: Float64Array) => Float64Array {
  const kernel = openKernel(captures.image);
  return (earlier, later) => kernel.product(earlier, later);
}
