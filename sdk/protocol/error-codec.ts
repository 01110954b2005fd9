// Errors on the wire: class, message, stack, cause, code and own fields, by hand, because structured clone drops them.
//
// Owns: which classes an error can have again after the journey. Does not own: when an error is wrapped (the session).
//
// Invariants:
//   R1. Writing an error never fails because of a field that cannot travel: the field is left out. The refusal of a
//       field must not hide the error that the user has to see.
//   R2. A name says nothing: only what was an error of Gridbook is one again.

import * as gridbookErrors from '../errors.ts';
import type { ValueWriter } from './serialization.ts';
import { tags, type WireValue } from './wire-value.ts';

const builtInClasses: ReadonlyMap<string, new (message: string) => Error> = new Map(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((c) => [c.name, c]),
);

const gridbookPrototypes: ReadonlyMap<string, object> = new Map(
  Object.values(gridbookErrors)
    .filter((c) => typeof c === 'function')
    .map((c) => [c.name, c.prototype]),
);

/** Under which an error of Gridbook keeps the names of its classes; errors.ts. */
const kindsKey = Symbol.for('gridbook.error.kinds');

/** Set by the class or the encoding itself, so never sent as own fields. */
const ownFields = new Set(['name', 'message', 'stack', 'cause', 'errors']);

/** Writes an error as `[name, message, stack, fields, has cause, cause, errors, class of Gridbook, tag]`. */
export function encodeError(error: Error, writer: ValueWriter): WireValue {
  const fields: { [key: string]: WireValue } = {};
  for (const key of Object.keys(error)) {
    if (ownFields.has(key) || key === '__proto__') continue;
    const value = writer.tryAt(key, Reflect.get(error, key));
    if (value !== undefined) fields[key] = value; // R1
  }
  const cause = 'cause' in error ? writer.tryAt('cause', error.cause) : undefined;
  const errors = 'errors' in error ? writer.tryAt('errors', error.errors) : undefined;
  return [
    text(() => error.name, 'Error'),
    text(() => error.message, ''),
    text(() => error.stack, ''),
    fields,
    cause !== undefined,
    cause ?? null,
    errors ?? null,
    gridbookClassOf(error) ?? null,
    tags.error,
  ];
}

/** Which of Gridbook's classes an error is of; a class of that name that somebody else wrote is none. R2 */
function gridbookClassOf(error: Error): string | undefined {
  if (!(error instanceof gridbookErrors.GridbookError)) return undefined;
  const kinds: unknown = Reflect.get(error, kindsKey);
  return Array.isArray(kinds) ? kinds.find((kind) => gridbookPrototypes.has(kind)) : undefined;
}

function text(read: () => unknown, otherwise: string): string {
  try {
    const value = read();
    return typeof value === 'string' ? value.toWellFormed() : otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * An empty error of the right class, to be filled by `fillError` after what is inside it has been read.
 *
 * @param gridbookClass - the class of Gridbook that it is of; undefined for any other error.
 */
export function makeError(name: string, message: string, gridbookClass: string | undefined): Error {
  const prototype = gridbookClass === undefined ? undefined : gridbookPrototypes.get(gridbookClass);
  if (prototype !== undefined) {
    const error = new gridbookErrors.GridbookError(message);
    Object.setPrototypeOf(error, prototype);
    Object.defineProperty(error, kindsKey, { value: kindsOf(prototype) });
    return error;
  }
  if (name === 'AggregateError') return new AggregateError([], message);
  const Class = builtInClasses.get(name) ?? Error;
  return new Class(message);
}

function kindsOf(prototype: object): string[] {
  const kinds: string[] = [];
  for (
    let p: unknown = prototype;
    typeof p === 'object' && p !== null && p !== Error.prototype;
    p = Object.getPrototypeOf(p)
  ) {
    if (typeof p.constructor === 'function') kinds.push(p.constructor.name);
  }
  return kinds;
}

/** Gives an error its stack, own fields and causes. */
export function fillError(
  error: Error,
  parts: {
    name: string;
    stack: string;
    fields: object;
    cause?: unknown;
    hasCause: boolean;
    errors?: unknown;
  },
): void {
  const define = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
  };
  if (error.name !== parts.name) define('name', parts.name);
  define('stack', parts.stack);
  if (parts.hasCause) define('cause', parts.cause);
  if (parts.errors !== null && parts.errors !== undefined) define('errors', parts.errors);
  Object.assign(error, parts.fields);
}
