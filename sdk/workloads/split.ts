// What the workloads share: parameters that mean the same, and how work is split.

import { InvalidArgumentError } from '../errors.ts';
import { loadZod } from '../lazy-zod.ts';
import type { Session } from '../session.ts';
import { partition, totalCountMax } from './markov/partition.ts';

/** Parameters that mean the same in several workloads. */
export function sharedParams() {
  const z = loadZod();
  return {
    pcNum: z.int().min(1).max(totalCountMax).describe('into how many tasks'),
    totalCount: z.int().min(1).max(totalCountMax),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(1)
      .describe('where random numbers come from'),
  };
}

/** A part of the work: it begins at `first` and holds `count`. */
export interface Part {
  readonly first: number;
  readonly count: number;
}

/** Refuses more tasks than there is work. @throws InvalidArgumentError saying what would be right. */
export function checkSplit<P extends { readonly totalCount: number; readonly pcNum: number }>(params: P): P {
  if (params.pcNum <= params.totalCount) return params;
  throw new InvalidArgumentError(
    `pcNum must be at most totalCount (${params.totalCount}), so that each task has work; got ${params.pcNum}`,
  );
}

/** The same with at most so much to do, in at most 1000 tasks. */
export function smaller<P extends { readonly totalCount: number; readonly pcNum: number }>(params: P, most: number): P {
  const total = Math.min(params.totalCount, most);
  return { ...params, totalCount: total, pcNum: Math.min(params.pcNum, total, 1000) };
}

/** The parts that `total` is split into, no two of which differ by more than one. */
export function* parts(total: number, count: number): Generator<Part, void, undefined> {
  let first = 0;
  for (const size of partition(total, count)) {
    yield { first, count: size };
    first += size;
  }
}

/** Runs a function over parts, gives each result, and tells how far it is. */
export async function overParts<T, R>(
  { session, signal, onProgress }: { session: Session; signal: AbortSignal; onProgress: (share: number) => void },
  task: (part: T) => R,
  { of, count, capture = {} }: { of: Iterable<T>; count: number; capture?: Readonly<Record<string, unknown>> },
  onResult: (result: Awaited<R>, position: number) => void = () => {},
): Promise<void> {
  await session
    .map(task, of, { ordered: false, capture, signal, onProgress: ({ done }) => onProgress(done / count) })
    .forEach(onResult);
}
