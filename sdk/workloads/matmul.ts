// One large product of two matrices, in blocks: much data for each task.
//
// A block of the product takes a stripe of rows of the left matrix and a stripe of columns of the right one. Each stripe is
// put into the session once, and every task that needs it refers to it.

import { setImmediate } from 'node:timers/promises';
import { InvalidArgumentError } from '../errors.ts';
import { loadZod } from '../lazy-zod.ts';
import type { ObjectRef } from '../object-ref.ts';
import { partition } from './markov/partition.ts';
import { randomNumbers } from './random-numbers.ts';
import { sharedParams } from './split.ts';
import { defineWorkload } from './workload.ts';

const matrixSizeMax = 4096;
const pcNumMax = 65_536;

/**
 * rows (r x n, row by row) times columns (c x n, column by column): r x c, row by row. Both operands are read along their
 * memory, four columns beside each other. Shipped to workers by its source: uses nothing from outside.
 */
function blockOf(rows: Float64Array, columns: Float64Array, n: number): Float64Array {
  const [height, width] = [rows.length / n, columns.length / n];
  const block = new Float64Array(height * width);
  for (let i = 0; i < height; i++) {
    const row = i * n;
    let j = 0;
    for (; j + 3 < width; j += 4) {
      const column = j * n;
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let k = 0; k < n; k++) {
        const value = rows[row + k]!;
        a += value * columns[column + k]!;
        b += value * columns[column + n + k]!;
        c += value * columns[column + 2 * n + k]!;
        d += value * columns[column + 3 * n + k]!;
      }
      block.set([a, b, c, d], i * width + j);
    }
    for (; j < width; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += rows[row + k]! * columns[j * n + k]!;
      block[i * width + j] = sum;
    }
  }
  return block;
}

/** How `count` blocks are laid out: in as many rows as columns, or as near to that as divides. */
export function blockGrid(count: number): { readonly down: number; readonly across: number } {
  let down = Math.floor(Math.sqrt(count));
  while (count % down !== 0) down--;
  return { down, across: count / down };
}

/** Entries in (-1, 1), so that sums stay near 0. */
function randomEntries(n: number, start: number): Float64Array {
  const next = randomNumbers(start);
  return Float64Array.from({ length: n * n }, () => 2 * next() - 1);
}

function* stripesOf(matrix: Float64Array, n: number, count: number): Generator<Float64Array, void, undefined> {
  let at = 0;
  for (const size of partition(n, count)) {
    yield matrix.slice(at * n, (at + size) * n);
    at += size;
  }
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

interface Operands {
  readonly rowStripes: readonly ObjectRef<Float64Array>[];
  readonly columnStripes: readonly ObjectRef<Float64Array>[];
}

/** The workload `matmul`. */
export const matmul = defineWorkload({
  name: 'matmul',
  summary: 'one large product of two random matrices, in blocks: much data for each task',
  params: () => {
    const { pcNum, seed } = sharedParams();
    const z = loadZod();
    return z.object({
      matrixSize: z.int().min(1).max(matrixSizeMax).default(512).describe('rows and columns of the matrices'),
      pcNum: pcNum.max(pcNumMax).default(4),
      seed,
    });
  },
  workUnit: 'multiply-adds',
  derive: (params) => {
    const { down, across } = blockGrid(params.pcNum);
    if (across > params.matrixSize) {
      throw new InvalidArgumentError(
        `pcNum ${params.pcNum} is ${down} x ${across} blocks, more than the matrix has rows and columns (${params.matrixSize})`,
      );
    }
    return params;
  },
  warmup: ({ matrixSize, ...rest }) => ({
    ...rest,
    matrixSize: Math.min(matrixSize, 128),
    pcNum: Math.min(rest.pcNum, 16),
  }),
  setup: ({ session, params: { matrixSize: n, pcNum: count, seed: from } }): Operands => {
    const { down, across } = blockGrid(count);
    const put = (stripe: Float64Array): ObjectRef<Float64Array> => session.put(stripe);
    return {
      rowStripes: stripesOf(randomEntries(n, from), n, down).map(put).toArray(),
      columnStripes: stripesOf(randomEntries(n, from + 1), n, across)
        .map(put)
        .toArray(),
    };
  },
  async run({ session, params: { matrixSize: n, pcNum: count }, state, signal, onProgress }) {
    const block = session.remote(blockOf, { name: 'matmul', signal });
    const blocks = state.rowStripes.flatMap((rows) => state.columnStripes.map((columns) => block(rows, columns, n)));
    let checksum = 0;
    for (const [i, ref] of blocks.entries()) {
      checksum += sumOf(await ref);
      onProgress((i + 1) / count);
    }
    return { tasks: count, work: n ** 3, finding: checksum.toPrecision(6), details: { checksum } };
  },
  async baseline({ params: { matrixSize: n, seed: from }, signal, onProgress }) {
    const columns = randomEntries(n, from + 1);
    const stripes = [...stripesOf(randomEntries(n, from), n, Math.ceil(n ** 3 / 5e7))];
    let durationMs = 0;
    for (const [i, rows] of stripes.entries()) {
      signal.throwIfAborted();
      const start = performance.now();
      sumOf(blockOf(rows, columns, n));
      durationMs += performance.now() - start;
      onProgress(i / stripes.length);
      await setImmediate();
    }
    return { durationMs };
  },
});
