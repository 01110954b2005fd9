// How function shipping says no: what could not be shipped, why, and what would do.

import { InvalidArgumentError } from '../errors.ts';

/** The error that refuses to ship something. */
export function refusal(name: string, reason: string, cause?: unknown): InvalidArgumentError {
  const text = `Cannot ship ${name === '' ? 'the function' : `"${name}"`}: ${reason}`;
  return new InvalidArgumentError(text, cause === undefined ? {} : { cause });
}
