// Which kernel multiplies, and how one that has travelled is opened.

import { InvalidArgumentError } from '../../../errors.ts';
import { type Kernel, type KernelImage, type KernelName, kernelNames } from './kernel.ts';
import { makeJsKernel } from './loop-kernel.ts';
import { openBlasKernel, openblasLibrary } from './openblas.ts';
import { makeWasmImage, WasmKernel } from './wasm-kernel.ts';

/** From this size on a BLAS that is there is faster than our own code; see the table that `npm run bench` prints. */
export const openblasFrom = 32;

const images = new Map<string, Promise<KernelImage>>();
const imagesMax = 64;

function isKernelName(name: string): name is KernelName {
  return kernelNames.some((known) => known === name);
}

/**
 * The image of a kernel for n x n matrices.
 *
 * @param name - `js`, `wasm`, `openblas`, or `auto` for the fastest that is there.
 * @throws InvalidArgumentError when the name is unknown, or what it needs is not on this machine.
 */
export async function selectKernel(n: number, name = 'auto'): Promise<KernelImage> {
  if (name !== 'auto' && !isKernelName(name)) {
    throw new InvalidArgumentError(`kernel must be one of auto, ${kernelNames.join(', ')}; got "${name}"`);
  }
  const library = name === 'openblas' || (name === 'auto' && n >= openblasFrom) ? openblasLibrary() : undefined;
  if (name === 'openblas' && library === undefined) {
    throw new InvalidArgumentError(
      'Cannot use the kernel openblas: no libopenblas.so.0 was found; on Debian: apt-get install libopenblas0-pthread',
    );
  }
  if (library !== undefined) return { kind: 'openblas', name: 'openblas', n, library };
  if (name === 'js') return { kind: 'js', name: 'js', n };
  const key = `wasm ${n}`;
  let image = images.get(key);
  if (image === undefined) {
    image = makeWasmImage(n);
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
