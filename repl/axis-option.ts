// A parameter's values as a person types them: `10`, `1,10,100`, `1..1e5:log`, or all of these with commas between.

import { InvalidArgumentError } from 'commander';
import { isRange, type JsonValue, type ParamInfo, rangeValues, typedNumber } from '../sdk/index.ts';

/** Reads the values of a parameter of this kind. */
export function axisParser(kind: ParamInfo['kind']): (text: string) => JsonValue[] {
  if (kind === 'text') return (text) => [text];
  return (text) => {
    const parts = text.split(',').map((part) => part.trim());
    return [...new Set<JsonValue>(parts.flatMap((part): JsonValue[] => (kind === 'boolean' ? [truth(part)] : numbers(part))))];
  };
}

function truth(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError(`"${text}" is neither true nor false.`);
}

function numbers(text: string): number[] {
  if (isRange(text)) {
    try {
      return rangeValues(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  }
  const value = typedNumber(text);
  if (value !== undefined) return [value];
  throw new InvalidArgumentError(
    `"${text}" is not a number such as 500000, 500_000 or 5e5, nor a range such as 1..8 or 1..1e5:log.`,
  );
}
