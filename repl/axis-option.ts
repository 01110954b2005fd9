// A parameter's values as an option of the command.

import { InvalidArgumentError } from 'commander';
import { type JsonValue, type ParamInfo, parseAxis } from '../sdk/index.ts';

/** Reads the values of a parameter of this kind; what is wrong is said as the command's options say it. */
export function axisParser(kind: ParamInfo['kind']): (text: string) => JsonValue[] {
  return (text) => {
    try {
      return parseAxis(text, kind);
    } catch (error) {
      throw new InvalidArgumentError(`${error instanceof Error ? error.message : String(error)}.`);
    }
  };
}
