// What is wrong with a parameter, and what would be right, in the words of all other errors.

import type { z } from 'zod';

/** Describes the first thing that a schema found wrong. @param params - what was given. */
export function parameterError(issue: z.core.$ZodIssue | undefined, params: unknown): string {
  if (issue === undefined) return 'the parameters are wrong';
  const name = issue.path.map(String).join('.');
  const given = valueAt(params, issue.path);
  const what = name === '' ? 'the parameters' : name;
  if (given === undefined && issue.code !== 'unrecognized_keys') return `${what} must be given`;
  const right = whatIsRight(issue);
  return right === undefined ? `${what}: ${issue.message}` : `${what} must be ${right}; got ${JSON.stringify(given)}`;
}

function whatIsRight(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`;
    case 'too_small':
      return issue.inclusive === false ? `above ${issue.minimum}` : `at least ${issue.minimum}`;
    case 'too_big':
      return issue.inclusive === false ? `below ${issue.maximum}` : `at most ${issue.maximum}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}
