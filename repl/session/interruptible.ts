// Waits that the interrupt key ends at once, whoever is waited for.

import { interruption } from './cell-runner.ts';

/** What work gives; what it still does after the key reaches nobody. @throws CancelledError when the key comes first. */
export function unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(interruption());
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([work, ended]).finally(() => signal.removeEventListener('abort', onAbort));
}
