// Errors on the wire: class, message, stack, cause, code and own fields, by hand, because structured clone drops them.
//
// Owns: which classes an error can have again after the journey. Does not own: when an error is wrapped (the session).
//
// Invariants:
//   R1. Writing an error never fails because of a field that cannot travel or be read: the field is left out. The refusal of a
//       field must not hide the error that the user has to see.
//   R2. A name says nothing: only what was an error of Gridbook is one again.
//   R3. The name that arrives tells the class: one that the class did not choose is that of the class itself.

import * as gridbookErrors from '../errors.ts';
import type { ValueWriter } from './serialization.ts';
import { tags, type WireValue } from './wire-value.ts';

type MakeError = (message: string, name: string) => Error;

const makersOfBuiltIns: ReadonlyMap<string, MakeError> = new Map([
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (Class): [string, MakeError] => [Class.name, (message) => new Class(message)],
  ),
  ['AggregateError', (message) => new AggregateError([], message)],
  ['DOMException', (message, name) => new DOMException(message, name)],
]);

const gridbookPrototypes: ReadonlyMap<string, object> = new Map(
  Object.values(gridbookErrors)
    .filter((c) => typeof c === 'function')
    .map((c) => [c.name, c.prototype]),
);

/** Under which an error of Gridbook keeps the names of its classes; errors.ts. */
const kindsKey = Symbol.for('gridbook.error.kinds');

/** Set by the class or the encoding itself, so never sent as own fields. */
const ownFields = new Set(['name', 'message', 'stack', 'cause', 'errors']);

/** Writes an error as `[name, message, stack, fields, has cause, cause, errors, class that the reader has, tag]`. */
export function encodeError(error: Error, writer: ValueWriter): WireValue {
  const fields: { [key: string]: WireValue } = {};
  for (const key of Object.keys(error)) {
    if (ownFields.has(key) || key === '__proto__') continue;
    const value = writer.tryAt(key, () => Reflect.get(error, key));
    if (value !== undefined) fields[key] = value; // R1
  }
  const cause = 'cause' in error ? writer.tryAt('cause', () => error.cause) : undefined;
  const errors = 'errors' in error ? writer.tryAt('errors', () => error.errors) : undefined;
  const name = text(() => nameOf(error), 'Error');
  return [
    name,
    text(() => error.message, ''),
    stackOf(error, name),
    fields,
    cause !== undefined,
    cause ?? null,
    errors ?? null,
    gridbookClassOf(error) ?? builtInClassOf(error),
    tags.error,
  ];
}

/** Which of Gridbook's classes an error is of; a class of that name that somebody else wrote is none. R2 */
function gridbookClassOf(error: Error): string | undefined {
  if (!(error instanceof gridbookErrors.GridbookError)) return undefined;
  const kinds: unknown = Reflect.get(error, kindsKey);
  return Array.isArray(kinds) ? kinds.find((kind) => gridbookPrototypes.has(kind)) : undefined;
}

/** The class of the language that an error is of, or extends. */
function builtInClassOf(error: object): string {
  for (let p: unknown = error; typeof p === 'object' && p !== null; p = Object.getPrototypeOf(p)) {
    const name = classNameOf(p);
    if (name !== undefined && makersOfBuiltIns.has(name)) return name;
  }
  return 'Error';
}

/** R3 */
function nameOf(error: Error): string {
  const { name } = error;
  return makersOfBuiltIns.has(name) && !Object.hasOwn(error, 'name') ? (classNameOf(error) ?? name) : name;
}

function classNameOf(error: object): string | undefined {
  try {
    const name: unknown = error.constructor.name;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** What calls functions on workers; its frames say nothing about an error of the function. */
const callerUrl = new URL('../worker/executor.', import.meta.url).href;

function stackOf(error: Error, name: string): string {
  const stack = withoutCaller(text(() => error.stack, ''));
  const written = text(() => error.name, name);
  const isHeadedByIt = stack.startsWith(`${written}:`) || stack.startsWith(`${written}\n`);
  return isHeadedByIt ? name + stack.slice(written.length) : stack; // R3
}

function withoutCaller(stack: string): string {
  if (!stack.includes(callerUrl)) return stack;
  const lines = stack.split('\n');
  const isFrame = (line: string): boolean => /^ +at /.test(line);
  let end = lines.findIndex((line) => isFrame(line) && line.includes(callerUrl));
  while (end > 0 && lines[end - 1]?.includes(' AsyncLocalStorage.run ')) end--;
  return end > 0 && isFrame(lines[end - 1] ?? '') ? lines.slice(0, end).join('\n') : stack;
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
 * @param className - the class of Gridbook or the language that it is of or extends.
 */
export function makeError(name: string, message: string, className: string): Error {
  const prototype = gridbookPrototypes.get(className);
  if (prototype !== undefined) {
    const error = new gridbookErrors.GridbookError(message);
    Object.setPrototypeOf(error, prototype);
    Object.defineProperty(error, kindsKey, { value: kindsOf(prototype) });
    return error;
  }
  return makersOfBuiltIns.get(className)?.(message, name) ?? new Error(message);
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
