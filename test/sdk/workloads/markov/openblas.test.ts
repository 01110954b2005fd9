// OpenBLAS as a kernel, where the system has it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { baseline, connect, markov } from '../../../../sdk/index.ts';
import { openblasLibrary } from '../../../../sdk/workloads/markov/kernels/openblas.ts';
import { openKernel, selectKernel } from '../../../../sdk/workloads/markov/kernels/select.ts';
import { needs } from '../../../helpers/needs.ts';
import { distance } from './independent-solvers.ts';
import { checkCount, checkKernel, checkRenormalisation, sizes } from './kernel-checks.ts';

const hasOpenblas = (): boolean => openblasLibrary() !== undefined;

describe('the kernel openblas', needs('libopenblas', hasOpenblas, 'apt-get install -y libopenblas0-pthread'), () => {
  test('gives the products and powers of plain loops at every size', async () => {
    for (const n of sizes) checkKernel(openKernel(await selectKernel(n, 'openblas')));
  });

  test('multiplies exactly as often as it is told', async () => {
    for (const n of [2, 3, 10, 25]) {
      checkCount(openKernel(await selectKernel(n, 'openblas')), [1, 2, n, 1024, 1025, 1026, 5000]);
    }
  });

  test('renormalises rows often enough that nothing overflows or vanishes', async () => {
    for (const n of [1, 2, 11]) checkRenormalisation(openKernel(await selectKernel(n, 'openblas')), 200_001);
  });

  test('runs on two workers at once and agrees with the plain loops', async () => {
    await using session = await connect({ workers: 2 });
    const parameters = { matrixSize: 67, totalCount: 500, seed: 4 };
    const plain = await baseline({ ...parameters, totalCount: 100, kernel: 'js' });
    for (const kernel of ['openblas', 'auto']) {
      const result = await markov(session, { ...parameters, pcNum: 50, kernel });
      assert.equal(result.kernel, 'openblas');
      assert.equal(result.multiplications, 499);
      assert.ok(distance(result.limit.stationary ?? [], plain.limit.stationary ?? []) <= 1e-14);
    }
  });
});
