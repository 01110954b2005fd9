// Waiting for references: all of them, or the first few, with a limit.

import { InvalidArgumentError, TimeoutError } from './errors.ts';
import { entryOf, ObjectRef } from './object-ref.ts';
import { nowMs } from './protocol/clock.ts';
import { checkInteger, checkNames, checkSignal, checkWait } from './task-options.ts';
import { shownOf } from './text-of.ts';

/** How long to wait. */
export interface WaitOptions {
  /** In milliseconds; 0 asks for what has settled by now. @default no limit */
  timeoutMs?: number | undefined;
  /** Ends the wait, not the tasks. */
  signal?: AbortSignal | undefined;
}

/** How many to wait for, and how long. */
export interface WaitSomeOptions extends WaitOptions {
  /** How many must have settled. @default 1 */
  count?: number | undefined;
}

/** The references that have settled, by success or failure, and those that have not; both in the order given. */
export interface WaitResult<T> {
  /** Those that have settled. */
  ready: ObjectRef<T>[];
  /** Those that have not. */
  pending: ObjectRef<T>[];
}

const waitNames = new Set(['timeoutMs', 'signal']);
const waitSomeNames = new Set([...waitNames, 'count']);

/** @throws InvalidArgumentError for what is no reference. */
export function checkRef(ref: unknown, call: string): void {
  if (!(ref instanceof ObjectRef)) throw new InvalidArgumentError(`${call} takes an ObjectRef, got ${shownOf(ref)}`);
}

/** @throws InvalidArgumentError for what is no list of references. */
function checkRefs(refs: readonly unknown[], call: string, form = 'an array of ObjectRefs'): void {
  if (!Array.isArray(refs)) throw new InvalidArgumentError(`${call} takes ${form}, got ${shownOf(refs)}`);
  const at = refs.findIndex((ref) => !(ref instanceof ObjectRef));
  if (at >= 0) throw new InvalidArgumentError(`${call} takes ${form}, but refs[${at}] is ${shownOf(refs[at])}`);
}

/** Waits until `count` of the refs have settled, or the first has failed where that ends the wait. */
function untilSettled(
  refs: readonly ObjectRef<unknown>[],
  count: number,
  endAtFailure: boolean,
  { timeoutMs, signal }: WaitOptions,
  onTimeout: 'reject' | 'resolve',
): Promise<void> {
  checkSignal(signal)?.throwIfAborted();
  const limitMs = checkWait(timeoutMs);
  return new Promise<void>((resolve, reject) => {
    let left = count;
    const stops: (() => void)[] = [];
    let timer: NodeJS.Timeout | undefined;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      for (const stop of stops) stop();
      settle();
    };
    const onAbort = (): void => end(() => reject(signal?.reason));
    let done = false;
    for (const ref of refs) {
      const entry = entryOf(ref);
      const onSettled = (): void => {
        if (done) return;
        left--;
        if (left > 0 && !(endAtFailure && entry.outcome.state === 'failed')) return;
        done = true;
        end(resolve);
      };
      if (done) break;
      if (entry.isSettled) onSettled();
      else stops.push(entry.whenSettled(onSettled), entry.noteWait());
    }
    if (done) return;
    if (left <= 0) {
      end(resolve);
      return;
    }
    if (limitMs !== undefined) {
      timer = setTimeout(() => {
        done = true;
        if (onTimeout === 'resolve') end(resolve);
        else end(() => reject(timedOut(refs, limitMs)));
      }, limitMs);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function timedOut(refs: readonly ObjectRef<unknown>[], limitMs: number): TimeoutError {
  const open = refs.filter((ref) => ref.state === 'pending').length;
  return new TimeoutError(`${open} of ${refs.length} refs had not settled after ${limitMs} ms; their tasks go on`);
}

/** The values of references, in their order. Rejects with the first failure. */
export async function getAll(refs: readonly ObjectRef<unknown>[], options: WaitOptions): Promise<unknown[]> {
  checkRefs(refs, 'get', 'an ObjectRef or an array of them');
  checkNames(options, waitNames, 'get');
  // The first failure stands for all, so that the others need no warning.
  for (const ref of refs) entryOf(ref).markObserved();
  const startedAt = nowMs();
  await untilSettled(refs, refs.length, true, options, 'reject');
  const loading = refs.flatMap((ref) => entryOf(ref).load() ?? []);
  if (loading.length > 0) await untilLoaded(refs, loading, options, startedAt);
  const failed = refs.find((ref) => ref.state === 'failed');
  if (failed !== undefined) entryOf(failed).read();
  return refs.map((ref) => entryOf(ref).read());
}

/** Waits until values have been fetched that stayed on nodes, within what is left of the same limits. */
async function untilLoaded(
  refs: readonly ObjectRef<unknown>[],
  loading: readonly Promise<void>[],
  { timeoutMs, signal }: WaitOptions,
  startedAt: number,
): Promise<void> {
  signal?.throwIfAborted();
  const limitMs = checkWait(timeoutMs);
  const ended = Promise.withResolvers<void>();
  const onAbort = (): void => ended.reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const late = new TimeoutError(`The values of ${refs.length} refs were not here after ${timeoutMs} ms`);
  const timer =
    limitMs === undefined
      ? undefined
      : setTimeout(() => ended.reject(late), Math.max(0, limitMs - (nowMs() - startedAt)));
  try {
    await Promise.race([Promise.all(loading), ended.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Waits for some of the references. */
export async function waitForSome<T>(
  refs: readonly ObjectRef<T>[],
  someOptions: WaitSomeOptions,
): Promise<WaitResult<T>> {
  checkRefs(refs, 'wait');
  checkNames(someOptions, waitSomeNames, 'wait');
  const { count = 1, ...options } = someOptions;
  checkInteger('count', count, 0);
  if (count > refs.length) {
    throw new InvalidArgumentError(`count must be at most the number of refs, ${refs.length}, got ${count}`);
  }
  await untilSettled(refs, count, false, options, 'resolve');
  return {
    ready: refs.filter((ref) => ref.state !== 'pending'),
    pending: refs.filter((ref) => ref.state === 'pending'),
  };
}
