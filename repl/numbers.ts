// Numbers as a person types them: 10000000, 10_000_000, 1e7.

import { InvalidArgumentError } from 'commander';

/** A whole number. @throws commander's InvalidArgumentError saying what would be right. */
export function parseWholeNumber(text: string): number {
  const trimmed = text.trim();
  const isNumber = /^[+-]?\d+(_\d+)*(\.\d+)?(e\+?\d+)?$/i.test(trimmed);
  const value = isNumber ? Number(trimmed.replaceAll('_', '')) : Number.NaN;
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`"${trimmed}" is too large.`);
  }
  if (!Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`"${trimmed}" is not a whole number such as 500000, 500_000 or 5e5.`);
  }
  return value;
}

/** Whole numbers separated by commas; each once. @throws commander's InvalidArgumentError saying what would be right. */
export function parseWholeNumbers(text: string): number[] {
  return [...new Set(text.split(',').map(parseWholeNumber))];
}
