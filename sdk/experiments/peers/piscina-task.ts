// What a thread of piscina runs: the parts that it is given, with the kernel that runs have.

import { workerData } from 'node:worker_threads';
import type { KernelImage } from '../../workloads/markov/kernels/kernel.ts';
import { openKernel } from '../../workloads/markov/kernels/select.ts';

/** What each thread is given when it starts. */
export interface PiscinaData {
  readonly image: KernelImage;
  readonly matrix: Float64Array;
}

const { image, matrix }: PiscinaData = workerData;
const kernel = openKernel(image);
kernel.setMatrix(matrix);

/** The product of so many copies of the matrix. */
export function power(count: number): Float64Array {
  return kernel.power(count).slice();
}

/** The products of several parts, one after the other in one array. */
export function powers(counts: readonly number[]): Float64Array {
  const products = new Float64Array(counts.length * matrix.length);
  for (const [i, count] of counts.entries()) products.set(kernel.power(count), i * matrix.length);
  return products;
}
