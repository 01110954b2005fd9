// One multiplication of each kernel, beside numpy's, on one thread.

import { openPeers } from '../../sdk/experiments/peers/open-peers.ts';
import { randomMatrix } from '../../sdk/index.ts';
import { openblasLibrary } from '../../sdk/workloads/markov/kernels/openblas.ts';
import { openKernel, selectKernel } from '../../sdk/workloads/markov/kernels/select.ts';
import { type Bench, type Comparison, missingLines, type OpenBench } from './bench.ts';
import type { Variant } from './harness.ts';

const sizes = [
  2, 3, 5, 8, 10, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128, 129, 256, 257, 512, 513, 1024,
];

/** So many multiplications take about 20 ms. */
function countFor(n: number): number {
  return Math.max(2, Math.min(100_000, Math.round(2e7 / (20 + n ** 3 / 10))));
}

async function kernelVariant(n: number, kernelName: string): Promise<Variant> {
  const kernel = openKernel(await selectKernel(n, kernelName));
  kernel.setMatrix(randomMatrix(n, 1).values);
  const count = countFor(n);
  return {
    name: `${kernelName} ${n}`,
    run: async () => {
      const start = performance.now();
      kernel.power(count + 1);
      return ((performance.now() - start) / count) * 1e6;
    },
  };
}

export const kernels: Bench = {
  name: 'kernels',
  about: 'Powers of one n x n matrix on one thread, nanoseconds a multiplication. `auto` is what runs use.',
  unit: 'ns',
  rounds: 9,
  async open(): Promise<OpenBench> {
    const { peers, missing, close } = await openPeers(['numpy'], {});
    const numpy = peers[0];
    const signal = new AbortController().signal;
    const variants: Variant[] = [];
    const comparisons: Comparison[] = [];
    for (const n of sizes) {
      variants.push(await kernelVariant(n, 'auto'));
      if (n === 10) variants.push(await kernelVariant(n, 'js'), await kernelVariant(n, 'wasm'));
      if (numpy === undefined) continue;
      const count = countFor(n);
      const work = { matrix: randomMatrix(n, 1), totalCount: count + 1, pcNum: 1, kernel: 'auto', signal };
      variants.push({
        name: `numpy ${n}`,
        run: async () => ((await numpy.run(work)).durationMs / count) * 1e6,
      });
      const bar = { atLeast: n === 10 ? 8 : 1 };
      comparisons.push({ what: `times faster than numpy, n = ${n}`, above: `numpy ${n}`, below: `auto ${n}`, bar });
    }
    const blas = openblasLibrary() === undefined ? ['openblas: no libopenblas.so.0, so `auto` has it at no size'] : [];
    return { variants, comparisons, missing: [...missingLines(missing), ...blas], close };
  },
};
