// Merges partial products as they come, as a tree.
//
// Works like a binary counter: level l holds the product of 2^l partials or nothing, and one more partial carries. So only
// log2(count) products are held, and each passes through at most as many multiplications. A carry is multiplied straight
// into the slot of the level above, where that is empty.

import type { Kernel, KernelSlots } from './kernels/kernel.ts';

export class ProductMerge {
  readonly #slots: KernelSlots;
  readonly #levels: { readonly slot: number; isSet: boolean }[] = [];
  /** Where a carry is that goes on, and the next one. */
  readonly #carries: readonly [number, number];
  #multiplications = 0;

  /** @param kernel - multiplies; its matrix is not used. */
  constructor(kernel: Kernel) {
    this.#slots = kernel.openSlots();
    this.#carries = [this.#slots.add(), this.#slots.add()];
  }

  /** How many multiplications have been done. */
  get multiplications(): number {
    return this.#multiplications;
  }

  #level(l: number): { readonly slot: number; isSet: boolean } {
    let level = this.#levels[l];
    if (level === undefined) {
      level = { slot: this.#slots.add(), isSet: false };
      this.#levels.push(level);
    }
    return level;
  }

  /** Adds the next partial product. It is copied. */
  push(partial: Float64Array): void {
    let level = this.#level(0);
    let carry = level.isSet ? this.#carries[0] : level.slot;
    this.#slots.put(carry, partial);
    for (let l = 1; level.isSet; l++) {
      level.isSet = false;
      const above = this.#level(l);
      const out = above.isSet ? this.#otherThan(carry) : above.slot;
      this.#multiply(level.slot, carry, out);
      carry = out;
      level = above;
    }
    level.isSet = true;
  }

  #otherThan(carry: number): number {
    const [first, second] = this.#carries;
    return carry === first ? second : first;
  }

  #multiply(earlier: number, later: number, out: number): void {
    this.#multiplications++;
    this.#slots.multiply(earlier, later, out);
  }

  /** The product of all partials; undefined when there were none. */
  finish(): Float64Array | undefined {
    let product: number | undefined;
    for (const { slot, isSet } of this.#levels) {
      if (!isSet) continue;
      if (product === undefined) {
        product = slot;
      } else {
        // Lower levels hold later partials.
        const out = this.#otherThan(product);
        this.#multiply(slot, product, out);
        product = out;
      }
    }
    return product === undefined ? undefined : this.#slots.take(product);
  }
}
