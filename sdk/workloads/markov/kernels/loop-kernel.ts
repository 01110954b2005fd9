// A kernel whose power loop is in JavaScript, around any multiplication: the plainest one, and BLAS.

import { normaliseRows } from '../matrix.ts';
import type { Kernel, KernelSlots } from './kernel.ts';
import { renormaliseEvery } from './wat.ts';

/** out = left * right, all n x n. */
export type Multiply = (left: Float64Array, right: Float64Array, out: Float64Array) => void;

export class LoopKernel implements Kernel {
  readonly name: string;
  readonly n: number;
  readonly #multiply: Multiply;
  #matrix: Float64Array;
  /** What a power goes through on its way to its result. */
  readonly #buffers: readonly [Float64Array, Float64Array];
  readonly #results: readonly [Float64Array, Float64Array];
  #turn: 0 | 1 = 0;

  constructor(name: string, n: number, multiply: Multiply) {
    this.name = name;
    this.n = n;
    this.#multiply = multiply;
    const make = (): Float64Array => new Float64Array(n * n);
    this.#matrix = make();
    this.#buffers = [make(), make()];
    this.#results = [make(), make()];
  }

  setMatrix(matrix: Float64Array): void {
    this.#matrix = matrix.slice();
  }

  power(count: number): Float64Array {
    const result = this.#nextResult();
    if (count <= 1) result.set(this.#matrix);
    let from = this.#matrix;
    for (let i = 1; i < count; i++) {
      const to = i === count - 1 ? result : this.#buffers[i % 2 === 0 ? 0 : 1];
      this.#multiply(from, this.#matrix, to);
      if (i % renormaliseEvery === 0) normaliseRows(this.n, to);
      from = to;
    }
    normaliseRows(this.n, result);
    return result;
  }

  product(left: Float64Array, right: Float64Array): Float64Array {
    const result = this.#nextResult();
    const [first, second] = this.#buffers;
    this.#multiply(apart(left, result, first), apart(right, result, second), result);
    return result;
  }

  openSlots(): KernelSlots {
    const slots: Float64Array[] = [];
    return {
      add: () => slots.push(new Float64Array(this.n * this.n)) - 1,
      put: (slot, matrix) => slots[slot]!.set(matrix),
      multiply: (left, right, out) => this.#multiply(slots[left]!, slots[right]!, slots[out]!),
      take: (slot) => slots[slot]!.slice(),
    };
  }

  #nextResult(): Float64Array {
    const turn = this.#turn;
    this.#turn = turn === 0 ? 1 : 0;
    return this.#results[turn];
  }
}

/** The operand, copied when it is the result before last, whose memory is written again now. */
function apart(operand: Float64Array, result: Float64Array, copy: Float64Array): Float64Array {
  if (operand.buffer !== result.buffer) return operand;
  copy.set(operand);
  return copy;
}

/** Three plain loops: the honest baseline. */
export function makeJsKernel(n: number): Kernel {
  return new LoopKernel('js', n, (left, right, out) => {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += left[i * n + k]! * right[k * n + j]!;
        out[i * n + j] = sum;
      }
    }
  });
}
