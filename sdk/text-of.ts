// The words of anything that was thrown, whatever it is, and an error for it.

import { inspect } from 'node:util';

/** How much of an object is shown that is no error. */
const shown = { depth: 2, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 20, maxStringLength: 500 } as const;

/** The message of an error, or the value as text; never throws itself. */
export function textOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return String(thrown.message) || thrown.name;
    return typeof thrown === 'object' && thrown !== null ? inspect(thrown, shown) : String(thrown);
  } catch {
    return `a value without text (${typeof thrown})`;
  }
}

/** A value that is not of the form that was asked for, so that a text is told from what is written in it. */
export function shownOf(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, shown.maxStringLength)) : textOf(value);
}

/** What was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown));
}
