// The WebAssembly kernel: generated for one size, the whole power loop inside, two numbers an instruction.
//
// Owns: the instance and its memory, which grows by slots. Does not own: the code's text (wat.ts). Loads the encoder only
//   to make an image.

import type { Kernel, KernelImage, KernelSlots } from './kernel.ts';
import { type KernelLayout, kernelLayout, kernelText } from './wat.ts';

/** The smallest module with a fused multiply-add of the relaxed SIMD proposal. */
const relaxedProbe = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, 253, 135,
  2, 11,
]);

/** Whether this engine has the fused multiply-add. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(relaxedProbe);
}

/**
 * Makes the kernel's image: generates its code and encodes it.
 *
 * @param relaxed - whether it uses the fused multiply-add.
 */
export async function makeWasmImage(n: number, relaxed = hasRelaxedSimd()): Promise<KernelImage> {
  const { default: loadWabt } = await import('wabt');
  const wabt = await loadWabt();
  const features = { simd: true, relaxed_simd: true, bulk_memory: true };
  const module = wabt.parseWat('kernel.wat', kernelText(kernelLayout(n), relaxed), features);
  const wasm = module.toBinary({}).buffer;
  module.destroy();
  return { kind: 'wasm', name: relaxed ? 'wasm-relaxed-simd' : 'wasm-simd', n, wasm };
}

/** A page of WebAssembly's memory. */
const pageBytes = 65_536;

interface KernelExports {
  memory: WebAssembly.Memory;
  multiply: (left: number, right: number, out: number) => void;
  power: (count: number) => number;
}

function isKernelExports(value: object): value is KernelExports {
  return 'memory' in value && 'multiply' in value && 'power' in value;
}

/** A kernel of an image. */
export class WasmKernel implements Kernel {
  readonly name: string;
  readonly n: number;
  readonly #layout: KernelLayout;
  readonly #exports: KernelExports;
  /** Views of the memory, made anew when it has grown. */
  #memory = new Float64Array();
  #results: readonly [Float64Array, Float64Array] = [this.#memory, this.#memory];
  #slotCount = 0;
  #matrix: Float64Array;
  /** Whether the right operand in memory is the matrix: a product puts another one there. */
  #isMatrixPlaced = false;
  #turn: 0 | 1 = 0;

  constructor(name: string, n: number, wasm: Uint8Array) {
    this.name = name;
    this.n = n;
    this.#matrix = new Float64Array(n * n);
    this.#layout = kernelLayout(n);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(wasm)));
    if (!isKernelExports(exports)) throw new TypeError('The module is not a kernel');
    this.#exports = exports;
    this.#viewMemory();
  }

  #viewMemory(): void {
    const { n } = this;
    this.#memory = new Float64Array(this.#exports.memory.buffer);
    const [first, second] = this.#layout.results;
    const view = (at: number): Float64Array => this.#memory.subarray(at / 8, at / 8 + n * n);
    this.#results = [view(first), view(second)];
  }

  setMatrix(matrix: Float64Array): void {
    this.#matrix = matrix.slice();
    this.#place(matrix, this.#layout.start);
    this.#isMatrixPlaced = false;
  }

  power(count: number): Float64Array {
    if (!this.#isMatrixPlaced) this.#placeRight(this.#matrix);
    this.#isMatrixPlaced = true;
    return this.#takeOut(this.#exports.power(count));
  }

  product(left: Float64Array, right: Float64Array): Float64Array {
    const [from, to] = this.#layout.accumulators;
    this.#place(left, from);
    this.#placeRight(right);
    this.#isMatrixPlaced = false;
    this.#exports.multiply(from, this.#layout.right, to);
    return this.#takeOut(to);
  }

  openSlots(): KernelSlots {
    const { n, padded, isPacked, right: rightAddress } = this.#layout;
    const addresses: number[] = [];
    return {
      add: () => addresses.push(this.#addSlot()) - 1,
      put: (slot, matrix) => this.#place(matrix, addresses[slot]!),
      multiply: (left, right, out) => {
        let from = addresses[right]!;
        if (isPacked) {
          this.#placeRight(this.#memory.subarray(from / 8), padded);
          this.#isMatrixPlaced = false;
          from = rightAddress;
        }
        this.#exports.multiply(addresses[left]!, from, addresses[out]!);
      },
      take: (slot) => {
        const matrix = new Float64Array(n * n);
        this.#copyOut(addresses[slot]!, matrix, 0);
        return matrix;
      },
    };
  }

  /** The address of a place for one more matrix, behind all others. */
  #addSlot(): number {
    const { memory } = this.#exports;
    const { bytes, matrixBytes } = this.#layout;
    const at = bytes + this.#slotCount++ * Math.ceil(matrixBytes / 64) * 64;
    const missing = at + matrixBytes - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / pageBytes));
      this.#viewMemory();
    }
    return at;
  }

  /** Puts a matrix at an address, each row padded to its even length. */
  #place(matrix: Float64Array, address: number): void {
    const { n, padded } = this.#layout;
    if (n === padded) {
      this.#memory.set(matrix, address / 8);
      return;
    }
    const memory = this.#memory;
    for (let i = 0, from = 0, to = address / 8; i < n; i++, to++) {
      for (let j = 0; j < n; j++) memory[to++] = matrix[from++]!;
    }
  }

  /** @param rowLength - from where to where a row of the matrix goes, if not n. */
  #placeRight(matrix: Float64Array, rowLength = this.n): void {
    const { n, isPacked, blocks, right } = this.#layout;
    if (!isPacked) {
      this.#place(matrix, right);
      return;
    }
    const memory = this.#memory;
    for (const { firstVector, vectors, baseBytes } of blocks) {
      const first = firstVector * 2;
      const width = Math.min(vectors * 2, n - first);
      for (let k = 0; k < n; k++) {
        const to = (right + baseBytes) / 8 + k * vectors * 2;
        for (let j = 0; j < width; j++) memory[to + j] = matrix[k * rowLength + first + j]!;
      }
    }
  }

  #takeOut(address: number): Float64Array {
    const { n, padded, results } = this.#layout;
    const turn = this.#turn;
    this.#turn = turn === 0 ? 1 : 0;
    const memory = this.#memory;
    if (n === padded) memory.copyWithin(results[turn] / 8, address / 8, address / 8 + n * n);
    else this.#copyOut(address, memory, results[turn] / 8);
    return this.#results[turn];
  }

  /** Copies the matrix at an address to an index, without its padding. */
  #copyOut(address: number, target: Float64Array, to: number): void {
    const { n, padded } = this.#layout;
    const memory = this.#memory;
    for (let i = 0, at = to, from = address / 8; i < n; i++, from += padded - n) {
      for (let j = 0; j < n; j++) target[at++] = memory[from++]!;
    }
  }
}
