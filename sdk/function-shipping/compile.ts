// From the text of one shipped function to a function that makes it.
//
// Owns: how the text is compiled. Does not own: what its variables are (assembly.ts).
//
// Functions are compiled in the worker's own context, so that `instanceof Error` and the like hold, in strict mode as
// in a module, and under the file and line where they stand in the user's program, so that stacks name those.

import { compileFunction } from 'node:vm';
import { GridbookError } from '../errors.ts';
import type { ShippedFunction } from './shipped-code.ts';

/** The variables of a function, by when they get their values. */
export interface Variables {
  /** Known before it is made; never assigned again, which lets them be optimised. */
  readonly known: readonly string[];
  /** The function itself. */
  readonly own: readonly string[];
  /** Given after it is made. */
  readonly late: readonly string[];
}

/** A function that was made. */
export interface Made {
  readonly value: unknown;
  /** Gives the late variables their values, in their order. */
  readonly giveLate: (values: readonly unknown[]) => void;
}

/**
 * Compiles a function.
 *
 * @returns what makes it, from the values of the known variables, in their order.
 * @throws GridbookError when its text does not compile.
 */
export function compile(shipped: ShippedFunction, variables: Variables, label: string): (known: unknown[]) => Made {
  const { name, expression, origin } = shipped;
  const { known, own, late } = variables;
  const made = unusedName('$made', expression);
  const values = unusedName('$values', expression);
  // Not as parameters: Node aborts on some that are names to JavaScript, those with characters above U+FFFF.
  const declared = `const[${known}]=${values};${late.length === 0 ? '' : `let ${late};`}`;
  // As a property's value it gets its name as in `const name = …`, while it is made; classes may use it then.
  const key = `[${JSON.stringify(name)}]`;
  const head = `'use strict';${declared}const{${key}:${made}}={${key}:(`;
  const ownNames = own.map((local) => `,${local}=${made}`).join('');
  const tail = `)}${ownNames};return{value:${made},giveLate(${values}){[${late}]=${values}}}`;
  // What the head holds must not count as columns of the user's line.
  const place =
    origin === undefined
      ? { filename: `gridbook:${name || label}`, columnOffset: -head.length }
      : { filename: origin.file, lineOffset: origin.line, columnOffset: origin.column - head.length };
  try {
    const make = compileFunction(head + expression + tail, [values], place);
    // What the text returns stands above.
    return (args) => Reflect.apply(make, undefined, [args]) as Made;
  } catch (error) {
    throw new GridbookError(`Cannot make "${label}" on the worker: its source does not compile`, { cause: error });
  }
}

/** A name that a text does not contain. */
function unusedName(wanted: string, text: string): string {
  return text.includes(wanted) ? unusedName(`${wanted}_`, text) : wanted;
}
