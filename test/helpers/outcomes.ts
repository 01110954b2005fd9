// What refs came to, without a throw for those that failed.

import type { ObjectRef } from '../../sdk/index.ts';

/** Waits for all refs; a value or the error for each. */
export function outcomes<T>(refs: readonly ObjectRef<T>[]): Promise<PromiseSettledResult<T>[]> {
  return Promise.allSettled(refs.map((ref) => ref.promise()));
}

/** The error that a ref fails with. @throws when it does not fail. */
export async function errorOf(ref: ObjectRef<unknown>): Promise<Error> {
  const [outcome] = await outcomes([ref]);
  if (outcome?.status !== 'rejected') throw new Error(`The ref has a value: ${String(outcome?.value)}`);
  if (!(outcome.reason instanceof Error)) throw new Error(`The ref failed with no Error: ${String(outcome.reason)}`);
  return outcome.reason;
}
