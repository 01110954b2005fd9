// What every kernel must do, checked against plain loops that are the tests' own.

import assert from 'node:assert/strict';
import { randomMatrix } from '../../../../sdk/index.ts';
import type { Kernel } from '../../../../sdk/workloads/markov/kernels/kernel.ts';
import { distance } from './independent-solvers.ts';

/** Every size up to 40, and those beside the ends of blocks and vectors. */
export const sizes: readonly number[] = [
  ...Array.from({ length: 40 }, (_, i) => i + 1),
  ...[49, 50, 51, 63, 64, 65, 100, 127, 128, 129, 257],
];

/** Numbers in (-1, 1): signs show a wrong or missing entry better than probabilities, which are all alike. */
function signedNumbers(n: number, seed: number): Float64Array {
  return randomMatrix(n, seed).values.map((p, i) => (i % 3 === 0 ? -p : p) * n);
}

function plainProduct(n: number, left: Float64Array, right: Float64Array): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) out[i * n + j]! += left[i * n + k]! * right[k * n + j]!;
  }
  return out;
}

/** Products, powers, and how long results stay, of one kernel of one size. */
export function checkKernel(kernel: Kernel): void {
  const { n } = kernel;
  const a = signedNumbers(n, 2 * n);
  const b = signedNumbers(n, 2 * n + 1);
  const near = (got: Float64Array, wanted: Float64Array, what: string): void => {
    const apart = distance(got, wanted);
    const largest = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    assert.ok(apart <= 1e-15 * n * largest, `${kernel.name} n = ${n}: ${what} is wrong by ${apart}`);
  };

  const ab = kernel.product(a, b);
  const ba = kernel.product(b, a);
  near(ab, plainProduct(n, a, b), 'a product');
  near(ba, plainProduct(n, b, a), 'the product after it');
  // A result may be an operand, and must not be changed before it is read.
  near(kernel.product(ba, ba), plainProduct(n, plainProduct(n, b, a), plainProduct(n, b, a)), 'a square of a result');
  const first = kernel.product(a, b);
  kernel.product(b, a);
  near(kernel.product(first, a), plainProduct(n, plainProduct(n, a, b), a), 'a product of the result before last');

  const slots = kernel.openSlots();
  const [s, t, u] = [slots.add(), slots.add(), slots.add()];
  slots.put(s, a);
  slots.put(t, b);
  slots.multiply(s, t, u);
  near(slots.take(u), plainProduct(n, a, b), 'a product of slots');
  slots.multiply(t, u, s);
  near(slots.take(s), plainProduct(n, b, plainProduct(n, a, b)), 'a product of a slot that holds one');
  near(slots.take(t), b, 'an operand');

  const p = randomMatrix(n, n).values;
  kernel.setMatrix(p);
  const powers: Float64Array[] = [p];
  for (let count = 2; count <= 7; count++) powers.push(plainProduct(n, powers.at(-1)!, p));
  for (const count of [1, 2, 3, 7, 1]) near(kernel.power(count), powers[count - 1]!, `power ${count}`);
  // A product in between leaves the matrix of the powers as it was.
  kernel.product(a, b);
  slots.multiply(s, t, u);
  const cubed = kernel.power(3);
  const squared = kernel.power(2);
  near(cubed, powers[2]!, 'a power after a product');
  near(squared, powers[1]!, 'the power after it');
  p.fill(0);
  near(kernel.power(3), powers[2]!, 'a power of a matrix that its owner changed since');
}

/** A ring of states: a power of it is exact, and tells by itself how many matrices it is of. */
export function checkCount(kernel: Kernel, counts: readonly number[]): void {
  const { n } = kernel;
  const ring = new Float64Array(n * n);
  for (let i = 0; i < n; i++) ring[i * n + ((i + 1) % n)] = 1;
  kernel.setMatrix(ring);
  for (const count of counts) {
    const power = kernel.power(count);
    for (let i = 0; i < n; i++) {
      const to = (i + count) % n;
      for (let j = 0; j < n; j++) {
        assert.equal(power[i * n + j], j === to ? 1 : 0, `${kernel.name} n = ${n}: power ${count} goes wrong`);
      }
    }
  }
}

/** Rows that sum to 1.01 would pass the largest number after 71,000 multiplications, if they were not renormalised. */
export function checkRenormalisation(kernel: Kernel, count: number): void {
  const { n } = kernel;
  for (const factor of [1.01, 0.99]) {
    kernel.setMatrix(randomMatrix(n, 5).values.map((p) => p * factor));
    const power = kernel.power(count);
    for (let i = 0; i < n; i++) {
      const sum = power.subarray(i * n, i * n + n).reduce((x, y) => x + y, 0);
      assert.ok(Math.abs(sum - 1) <= 1e-14 * n, `${kernel.name} n = ${n}: row ${i + 1} sums to ${sum}`);
    }
    assert.ok(distance(power.subarray(0, n), power.subarray(n * n - n)) <= 1e-12);
  }
}
