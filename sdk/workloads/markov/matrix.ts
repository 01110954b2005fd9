// Transition matrices: made from a seed, or the user's own after a strict look at them.

import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { InvalidArgumentError } from '../../errors.ts';
import { checkInteger } from '../../task-options.ts';
import { textOf } from '../../text-of.ts';

/** The largest number of states. */
export const matrixSizeMax = 2048;

/** How far from 1 the sum of a row may be, so that numbers rounded to nine digits pass. */
export const rowSumTolerance = 1e-8;

/** The largest file that a matrix is read from, in bytes. */
const fileBytesMax = 256 * 2 ** 20;

/** A row-stochastic matrix: `values[i * n + j]` is the probability of going from state i to state j. */
export interface TransitionMatrix {
  /** Number of states. */
  readonly n: number;
  /** n x n, row by row. */
  readonly values: Float64Array;
}

/**
 * A stream of numbers in (0, 1) from a seed.
 *
 * Source: the generator mulberry32 by Tommy Ettinger (public domain): a Weyl sequence and a 32-bit mix. Enough for test
 * matrices; nothing here needs better.
 */
function uniformNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

/** Divides each row by its sum, in place. */
export function normaliseRows(n: number, values: Float64Array): void {
  for (let row = 0; row < n * n; row += n) {
    const end = row + n;
    // Four sums beside each other: one alone would wait for each of its additions.
    let [a, b, c, d] = [0, 0, 0, 0];
    let j = row;
    for (; j + 3 < end; j += 4) {
      a += values[j]!;
      b += values[j + 1]!;
      c += values[j + 2]!;
      d += values[j + 3]!;
    }
    for (; j < end; j++) a += values[j]!;
    const scale = 1 / (a + b + (c + d));
    if (scale !== 1) for (j = row; j < end; j++) values[j]! *= scale;
  }
}

/**
 * A random transition matrix: positive entries, each row normalised to sum 1.
 *
 * @param n - number of states, 1 to 2048.
 * @param seed - a whole number from 0 to 2^32 - 1; the same seed gives the same matrix everywhere.
 * @returns the matrix.
 * @throws InvalidArgumentError when n or seed is out of range.
 * @example
 * ```ts
 * import { randomMatrix } from 'gridbook';
 *
 * const { n, values } = randomMatrix(3, 1);
 * console.log(n, values.length); // prints: 3 9
 * ```
 */
export function randomMatrix(n: number, seed: number): TransitionMatrix {
  checkInteger('matrixSize', n, 1, matrixSizeMax);
  checkInteger('seed', seed, 0, 2 ** 32 - 1);
  const next = uniformNumbers(seed);
  const values = Float64Array.from({ length: n * n }, next);
  normaliseRows(n, values);
  return { n, values };
}

/**
 * A checked copy of the user's own matrix, its rows normalised to the last digit.
 *
 * @param rows - n rows of n probabilities, or a `TransitionMatrix`.
 * @returns the copy; the rows given stay as they are.
 * @throws InvalidArgumentError when it is not square, or when an entry or a row's sum is not a probability's; the
 *   message names the row, counted from 1.
 * @example
 * ```ts
 * import { checkMatrix, InvalidArgumentError } from 'gridbook';
 *
 * try {
 *   checkMatrix([
 *     [0.5, 0.5],
 *     [0.5, 0.75],
 *   ]);
 * } catch (error) {
 *   if (error instanceof InvalidArgumentError) console.log(error.message);
 *   // prints: matrix row 2 sums to 1.25: every row must sum to 1
 * }
 * ```
 */
export function checkMatrix(rows: readonly (readonly number[])[] | TransitionMatrix): TransitionMatrix {
  const { n, values } = isTransitionMatrix(rows) ? copyOf(rows) : flatten(rows);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) {
      const p = values[i * n + j]!;
      if (!(p >= 0 && p < Number.POSITIVE_INFINITY)) {
        throw new InvalidArgumentError(
          `matrix row ${i + 1}, column ${j + 1} is ${p}: every entry must be a probability, at least 0 and finite`,
        );
      }
      sum += p;
    }
    if (Math.abs(sum - 1) > rowSumTolerance) {
      throw new InvalidArgumentError(`matrix row ${i + 1} sums to ${sum}: every row must sum to 1`);
    }
  }
  normaliseRows(n, values);
  return { n, values };
}

function isTransitionMatrix(value: unknown): value is TransitionMatrix {
  return (
    typeof value === 'object' &&
    value !== null &&
    'values' in value &&
    value.values instanceof Float64Array &&
    'n' in value
  );
}

function copyOf({ n, values }: TransitionMatrix): { n: number; values: Float64Array } {
  checkInteger('matrix.n', n, 1, matrixSizeMax);
  if (values.length !== n * n) {
    throw new InvalidArgumentError(`matrix.values must hold n x n = ${n * n} numbers, it holds ${values.length}`);
  }
  return { n, values: values.slice() };
}

function flatten(rows: readonly (readonly number[])[]): { n: number; values: Float64Array } {
  if (!Array.isArray(rows)) throw new InvalidArgumentError('matrix must be an array of rows, each an array of numbers');
  const n = rows.length;
  checkInteger('the number of rows of matrix', n, 1, matrixSizeMax);
  const values = new Float64Array(n * n);
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row) || row.length !== n) {
      const has = Array.isArray(row) ? `${row.length} entries` : 'no entries';
      throw new InvalidArgumentError(`matrix row ${i + 1} has ${has}: a matrix of ${n} rows must have ${n} in each`);
    }
    for (const [j, p] of row.entries()) {
      if (typeof p !== 'number') {
        throw new InvalidArgumentError(`matrix row ${i + 1}, column ${j + 1} is not a number: ${String(p)}`);
      }
      values[i * n + j] = p;
    }
  }
  return { n, values };
}

/**
 * Reads a matrix from a file: `.json` holds an array of rows, `.csv` a row a line, entries separated by commas.
 *
 * @param path - the file's path; what it ends in says how it is read.
 * @returns the matrix, checked as by `checkMatrix`.
 * @throws InvalidArgumentError when the file cannot be read, is too large, or does not hold a transition matrix.
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { readMatrixFile } from 'gridbook';
 *
 * await writeFile('weather.csv', '0.9,0.1\n0.5,0.5\n');
 * const { n, values } = await readMatrixFile('weather.csv');
 * console.log(n, values.join(' ')); // prints: 2 0.9 0.1 0.5 0.5
 * ```
 */
export async function readMatrixFile(path: string): Promise<TransitionMatrix> {
  const kind = extname(path).toLowerCase();
  if (kind !== '.json' && kind !== '.csv') {
    throw new InvalidArgumentError(`Cannot read a matrix from ${path}: the file must be named .csv or .json`);
  }
  let text: string;
  try {
    const found = await stat(path);
    // A pipe or a device has no size, and might never end.
    if (!found.isFile()) throw new Error('it is not a regular file');
    const { size } = found;
    if (size > fileBytesMax) throw new Error(`it has ${size} bytes, the limit is ${fileBytesMax}`);
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const why = textOf(cause);
    throw new InvalidArgumentError(`Cannot read a matrix from ${path}: ${why}`, { cause });
  }
  try {
    return checkMatrix(kind === '.json' ? parseJson(text) : parseCsv(text));
  } catch (cause) {
    const why = textOf(cause);
    throw new InvalidArgumentError(`Cannot use the matrix in ${path}: ${why}`, { cause });
  }
}

function parseJson(text: string): number[][] {
  const value: unknown = JSON.parse(text);
  if (!isRows(value)) throw new InvalidArgumentError('it must hold an array of rows, each an array of numbers');
  return value;
}

function isRows(value: unknown): value is number[][] {
  return Array.isArray(value) && value.every((row) => Array.isArray(row));
}

function parseCsv(text: string): number[][] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line, i) =>
    line.split(',').map((cell, j) => {
      const p = cell.trim() === '' ? Number.NaN : Number(cell);
      if (Number.isNaN(p)) {
        throw new InvalidArgumentError(`row ${i + 1}, column ${j + 1} is not a number: "${cell.trim()}"`);
      }
      return p;
    }),
  );
}
