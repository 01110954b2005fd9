// What is kept, as text: JSON that gives every number back as it was, those that JSON has not included.

import { crc32 } from 'node:zlib';

/** Begins a string that stands for a number which JSON has not. A string that begins with it by itself gets a second. */
const mark = '\u0000';

/** A value as text. */
export function encode(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'number' && (!Number.isFinite(part) || Object.is(part, -0))) {
      return `${mark}${Object.is(part, -0) ? '-0' : part}`;
    }
    return typeof part === 'string' && part.startsWith(mark) ? `${mark}${part}` : part;
  });
}

/**
 * The value of a text that `encode` made; its checksum says that it is that text.
 *
 * @typeParam T - what was encoded.
 */
export function decode<T extends object>(text: string): T {
  const value: T = JSON.parse(text, (_, part: unknown) => {
    if (typeof part !== 'string' || !part.startsWith(mark)) return part;
    return part.startsWith(mark, 1) ? part.slice(1) : Number(part.slice(1));
  });
  return value;
}

/** What tells a text from one that the disk has changed. */
export function checksumOf(...texts: readonly string[]): number {
  return crc32(texts.join('\n'));
}
