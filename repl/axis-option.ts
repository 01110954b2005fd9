// A parameter's values as they are typed: as an option of the command, or at the prompt.

import { InvalidArgumentError } from 'commander';
import { type JsonValue, type ParamInfo, parseAxis } from '../sdk/index.ts';
import { homePath } from './home-path.ts';

/** Whether what was typed leaves open which values there are between its ends: `1..1e5:log`. The values do not show it. */
export function isOpenRange(text: string): boolean {
  return text.split(',').some((part) => part.trim().endsWith(':log'));
}

/** Reads the values of a parameter of this kind; what is wrong is said as the command's options say it. */
export function axisParser(kind: ParamInfo['kind']): (text: string) => JsonValue[] {
  return (text) => {
    try {
      // A text that begins like a path of the home directory is one, such as that of a matrix.
      return parseAxis(kind === 'text' ? homePath(text) : text, kind);
    } catch (error) {
      throw new InvalidArgumentError(`${error instanceof Error ? error.message : String(error)}.`);
    }
  };
}
