// Errors as a cell shows them: the frames of the user's cells and files, not those of Gridbook, the kernel and Node.

const packageFolder = new URL('..', import.meta.url).href;

/** Takes frames that are not the user's out of an error's stack. @returns the error. */
export function trimStack(error: unknown): unknown {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return error;
  const lines = error.stack.split('\n');
  const kept = lines.filter((line) => !/^\s+at /.test(line) || !isForeign(line));
  Object.defineProperty(error, 'stack', { value: kept.join('\n'), configurable: true, writable: true });
  return error;
}

function isForeign(frame: string): boolean {
  return frame.includes(packageFolder) || /\(?node:|[\\/]node_modules[\\/](tslab|gridbook)[\\/]/.test(frame);
}
