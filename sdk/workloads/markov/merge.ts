// Merges partial products as they come, as a tree.
//
// Works like a binary counter: level l holds the product of 2^l partials or nothing, and one more partial carries. So only
// log2(count) products are held, and each passes through at most as many multiplications.

import type { Kernel } from './kernels/kernel.ts';

export class ProductMerge {
  readonly #kernel: Kernel;
  readonly #levels: { product: Float64Array; isSet: boolean }[] = [];
  #multiplications = 0;

  /** @param kernel - multiplies; its matrix is not used. */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** How many multiplications have been done. */
  get multiplications(): number {
    return this.#multiplications;
  }

  /** Adds the next partial product. It is copied. */
  push(partial: Float64Array): void {
    let carry = partial;
    for (let l = 0; ; l++) {
      let level = this.#levels[l];
      if (level === undefined) {
        level = { product: new Float64Array(partial.length), isSet: false };
        this.#levels.push(level);
      }
      if (!level.isSet) {
        level.product.set(carry);
        level.isSet = true;
        return;
      }
      carry = this.#multiply(level.product, carry);
      level.isSet = false;
    }
  }

  #multiply(earlier: Float64Array, later: Float64Array): Float64Array {
    this.#multiplications++;
    return this.#kernel.product(earlier, later);
  }

  /** The product of all partials; undefined when there were none. */
  finish(): Float64Array | undefined {
    let product: Float64Array | undefined;
    for (const level of this.#levels) {
      if (!level.isSet) continue;
      // Lower levels hold later partials.
      product = product === undefined ? level.product : this.#multiply(level.product, product);
    }
    return product?.slice();
  }
}
