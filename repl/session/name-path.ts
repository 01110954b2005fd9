// Paths of names, such as `session.map`, followed without running anything of the user's.

import type { CellNames } from './cell-names.ts';

/** The value at a path; undefined when a part is missing, or only a getter would tell. */
export function valueAt(path: string, names: CellNames): unknown {
  const [first = '', ...rest] = path.split(/\??\.|\[(\d+)\]/).filter((part) => part !== undefined && part !== '');
  let value = names.has(first) ? names.valueOf(first) : Reflect.get(globalThis, first);
  for (const part of rest) value = propertyOf(value, part);
  return value;
}

/** A member of a value, its own or inherited; undefined where only a getter would tell. */
export function propertyOf(value: unknown, name: string): unknown {
  if (value === undefined || value === null) return undefined;
  for (let holder: unknown = Object(value); typeof holder === 'object' || typeof holder === 'function'; ) {
    if (holder === null) return undefined;
    const property = Object.getOwnPropertyDescriptor(holder, name);
    if (property !== undefined) return property.value;
    holder = Object.getPrototypeOf(holder);
  }
  return undefined;
}

/** The names of a value's properties, its own first, then those that it inherits. */
export function propertyNames(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const names = new Set<string>();
  for (let holder: unknown = Object(value); typeof holder === 'object' || typeof holder === 'function'; ) {
    if (holder === null || holder === Object.prototype) break;
    for (const name of Object.getOwnPropertyNames(holder)) if (/^[A-Za-z_$][\w$]*$/.test(name)) names.add(name);
    holder = Object.getPrototypeOf(holder);
  }
  names.delete('constructor');
  return [...names];
}
