// Which kernel multiplies, and how one that has travelled is opened.

import { InvalidArgumentError } from '../../../errors.ts';
import { type Kernel, type KernelImage, type KernelName, kernelNames } from './kernel.ts';
import { makeJsKernel } from './loop-kernel.ts';
import { openBlasKernel, openblasLibrary } from './openblas.ts';
import { hasRelaxedSimd, makeWasmImage, WasmKernel } from './wasm-kernel.ts';

/**
 * From this size on a BLAS that is there is faster than our own code. Measured on x86-64, where a vector of WebAssembly
 * has half the width of BLAS's: below 28 the cost of the foreign call outweighs that.
 */
export const openblasFrom = 28;

const images = new Map<string, Promise<KernelImage>>();
const imagesMax = 64;

function isKernelName(name: string): name is KernelName {
  return kernelNames.some((known) => known === name);
}

/**
 * The image of a kernel for n x n matrices.
 *
 * @param name - one of `kernelNames`, or `auto` for the fastest that is there.
 * @throws InvalidArgumentError when the name is unknown, or what it needs is not on this machine.
 */
export async function selectKernel(n: number, name = 'auto'): Promise<KernelImage> {
  if (name !== 'auto' && !isKernelName(name)) {
    throw new InvalidArgumentError(`kernel must be one of auto, ${kernelNames.join(', ')}; got "${name}"`);
  }
  const library = name === 'openblas' || (name === 'auto' && n >= openblasFrom) ? openblasLibrary() : undefined;
  if (name === 'openblas' && library === undefined) {
    throw new InvalidArgumentError(
      'Cannot use the kernel openblas: it needs the optional package koffi (npm install koffi) and libopenblas.so.0 ' +
        '(on Debian: apt-get install libopenblas0-pthread), and not both were found',
    );
  }
  if (library !== undefined) return { kind: 'openblas', name: 'openblas', n, library };
  if (name === 'js') return { kind: 'js', name: 'js', n };
  const relaxed = name === 'wasm-relaxed-simd' || (name !== 'wasm-simd' && hasRelaxedSimd());
  if (relaxed && !hasRelaxedSimd()) {
    throw new InvalidArgumentError(
      'Cannot use the kernel wasm-relaxed-simd: this Node does not run it; wasm-simd does',
    );
  }
  const key = `${relaxed ? 'relaxed' : 'plain'} ${n}`;
  let image = images.get(key);
  if (image === undefined) {
    image = makeWasmImage(n, relaxed);
    if (images.size >= imagesMax) images.clear();
    images.set(key, image);
    image.catch(() => images.delete(key));
  }
  return image;
}

/** Opens a kernel of its image, on a worker or here. */
export function openKernel(image: KernelImage): Kernel {
  switch (image.kind) {
    case 'js':
      return makeJsKernel(image.n);
    case 'wasm':
      return new WasmKernel(image.name, image.n, image.wasm);
    case 'openblas':
      return openBlasKernel(image.n, image.library);
  }
}
