// The words of anything that was thrown, whatever it is.

/** The message of an error, or the value as text; never throws itself. */
export function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return `a value without text (${typeof thrown})`;
  }
}
