// Questions that are left without an answer: by Ctrl-C, or by Ctrl-D, after which inquirer would wait for ever.

interface Key {
  readonly ctrl?: boolean;
  readonly name?: string;
}

/**
 * Asks questions until they are answered or left.
 *
 * @param ask - takes a signal that ends its questions.
 * @param signal - ends them, too.
 * @throws what `isLeft` knows, when they are left.
 */
export async function leavable<T>(ask: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const left = new AbortController();
  const onKey = (_text: unknown, key?: Key): void => {
    if (key?.ctrl === true && key.name === 'd') left.abort();
  };
  process.stdin.on('keypress', onKey);
  try {
    return await ask(AbortSignal.any([left.signal, ...(signal === undefined ? [] : [signal])]));
  } finally {
    process.stdin.off('keypress', onKey);
  }
}

/** Whether it is what a question fails with that was left. */
export function isLeft(error: unknown): boolean {
  return error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name);
}
