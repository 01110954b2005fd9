// The system's OpenBLAS as a kernel, called through koffi, on one thread.
//
// Owns: finding and loading the library. koffi is an optional dependency: without it, or without the library, the kernel
// is not there, and `openblasLibrary` says so by giving undefined.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Kernel } from './kernel.ts';
import { LoopKernel } from './loop-kernel.ts';

type Koffi = typeof import('koffi');

const candidates = [
  '/usr/lib/x86_64-linux-gnu/libopenblas.so.0',
  '/usr/lib/aarch64-linux-gnu/libopenblas.so.0',
  '/usr/lib64/libopenblas.so.0',
  '/usr/lib/libopenblas.so.0',
  '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
  '/usr/local/opt/openblas/lib/libopenblas.dylib',
];

const rowMajor = 101;
const noTranspose = 111;

function loadKoffi(): Koffi | undefined {
  try {
    const koffi: Koffi = createRequire(import.meta.url)('koffi');
    return koffi;
  } catch {
    return undefined;
  }
}

let found: { library: string | undefined } | undefined;

/** The path of an OpenBLAS that can be used on this machine; undefined when there is none. */
export function openblasLibrary(): string | undefined {
  if (found === undefined) {
    const path = candidates.find((candidate) => existsSync(candidate));
    found = { library: path !== undefined && canLoad(path) ? path : undefined };
  }
  return found.library;
}

function canLoad(path: string): boolean {
  try {
    loadKoffi()?.load(path).func('int openblas_get_num_threads()');
    return loadKoffi() !== undefined;
  } catch {
    return false;
  }
}

/** Opens the kernel. @throws when the library at the path cannot be loaded. */
export function openBlasKernel(n: number, library: string): Kernel {
  const koffi = loadKoffi();
  if (koffi === undefined) throw new Error('Cannot use OpenBLAS: the optional package koffi is not installed');
  const blas = koffi.load(library);
  // Workers are the parallelism here; BLAS threads on top of them would only contend for the cores.
  blas.func('void openblas_set_num_threads(int)')(1);
  const gemm = blas.func(
    'void cblas_dgemm(int, int, int, int, int, int, double, const double *, int, const double *, int, double, _Inout_ double *, int)',
  );
  return new LoopKernel('openblas', n, (left, right, out) => {
    gemm(rowMajor, noTranspose, noTranspose, n, n, n, 1, left, n, right, n, 0, out, n);
  });
}
