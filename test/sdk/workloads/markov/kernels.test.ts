// The kernels that need nothing of the machine: plain JavaScript, and WebAssembly with and without relaxed SIMD.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InvalidArgumentError } from '../../../../sdk/index.ts';
import type { Kernel } from '../../../../sdk/workloads/markov/kernels/kernel.ts';
import { openblasLibrary } from '../../../../sdk/workloads/markov/kernels/openblas.ts';
import { openblasFrom, openKernel, selectKernel } from '../../../../sdk/workloads/markov/kernels/select.ts';
import { hasRelaxedSimd, makeWasmImage } from '../../../../sdk/workloads/markov/kernels/wasm-kernel.ts';
import { needs } from '../../../helpers/needs.ts';
import { checkCount, checkKernel, checkRenormalisation, sizes } from './kernel-checks.ts';

const kernels: Record<string, (n: number) => Promise<Kernel>> = {
  js: async (n) => openKernel(await selectKernel(n, 'js')),
  'wasm-simd': async (n) => openKernel(await makeWasmImage(n, false)),
  'wasm-relaxed-simd': async (n) => openKernel(await makeWasmImage(n, true)),
};

for (const [name, open] of Object.entries(kernels)) {
  const can =
    name === 'wasm-relaxed-simd' ? needs('relaxed SIMD', hasRelaxedSimd, 'use Node 24 on x86-64 or arm64') : {};
  describe(`the kernel ${name}`, can, () => {
    test('is named so', async () => {
      assert.equal((await open(3)).name, name);
    });

    test('gives the products and powers of plain loops at every size', async () => {
      for (const n of sizes) checkKernel(await open(n));
    });

    test('multiplies exactly as often as it is told', async () => {
      for (const n of [2, 3, 7, 10, 11, 25]) {
        checkCount(await open(n), [1, 2, n, n + 1, 1023, 1024, 1025, 1026, 2048, 2049, 5000]);
      }
    });

    test('renormalises rows often enough that nothing overflows or vanishes', async () => {
      for (const n of [1, 2, 3, 7, 10, 11]) checkRenormalisation(await open(n), 200_001);
    });
  });
}

describe('selectKernel()', () => {
  test('gives the kernel that is asked for', async () => {
    assert.equal((await selectKernel(10, 'js')).name, 'js');
    assert.match((await selectKernel(10, 'wasm')).name, /^wasm-(relaxed-)?simd$/);
    assert.match((await selectKernel(200, 'wasm')).name, /^wasm-(relaxed-)?simd$/);
  });

  test('takes WebAssembly by itself for small matrices, and BLAS for large ones where it is there', async () => {
    for (const n of [1, 2, 9, 10, 11, openblasFrom - 1]) assert.equal((await selectKernel(n)).kind, 'wasm');
    const large = openblasLibrary() === undefined ? 'wasm' : 'openblas';
    for (const n of [openblasFrom, 129]) assert.equal((await selectKernel(n)).kind, large);
  });

  test('refuses a name that it does not know, and says which there are', async () => {
    await assert.rejects(selectKernel(10, 'cuda'), (error) => {
      assert.ok(error instanceof InvalidArgumentError);
      assert.equal(
        error.message,
        'kernel must be one of auto, js, wasm, wasm-simd, wasm-relaxed-simd, openblas; got "cuda"',
      );
      return true;
    });
  });

  test('makes one image for each size, whoever asks', async () => {
    const [one, same, other] = await Promise.all([selectKernel(6), selectKernel(6), selectKernel(7)]);
    assert.equal(one, same);
    assert.equal(other.n, 7);
  });
});
