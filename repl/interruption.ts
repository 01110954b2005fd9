// What ends a command early: typed, sent by whoever waits no longer, or the terminal was closed.

import { exitStatus } from './exit-status.ts';

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborts a signal at the first of them, and ends the process at the second.
 *
 * @param onFirst - told of the first.
 * @returns the signal; when it is disposed of, they do what they did before.
 */
export function interruption(onFirst: () => void = () => {}): Disposable & { readonly signal: AbortSignal } {
  const abort = new AbortController();
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(exitStatus.interrupted);
    abort.abort(new Error('interrupted'));
    onFirst();
  };
  for (const signal of endingSignals) process.on(signal, onSignal);
  return {
    signal: abort.signal,
    [Symbol.dispose]: () => {
      for (const signal of endingSignals) process.off(signal, onSignal);
    },
  };
}
