// Objects that mean nothing anywhere else: handles of what this process or the language holds, which would arrive empty.
//
// Owns: which these are, and what to send instead. Callers: serialization.ts, for an object of a class.

import { types } from 'node:util';

/** Why an object cannot travel. */
export interface Refused {
  readonly what: string;
  /** What to do about it; empty where there is nothing to say. */
  readonly instead: string;
}

/** What to send instead, by the type's own name. */
const advices: ReadonlyMap<string, string> = new Map([
  ['AbortSignal', 'give it to the call, { signal }'],
  ['Blob', 'send its bytes, await blob.bytes()'],
  ['File', 'send its name and its bytes, await file.bytes()'],
  ['FormData', 'send [...form]'],
  ['Headers', 'send [...headers]'],
  ['KeyObject', 'send what key.export() gives'],
  ['Promise', 'await it first'],
  ['ReadableStream', 'read it, and send its bytes'],
  ['Request', 'send its url and options'],
  ['Response', 'send its body, await response.bytes()'],
  ['SharedArrayBuffer', 'send a typed array over it'],
  ['URL', 'send its text, url.href'],
  ['URLSearchParams', 'send its text, String(params)'],
  ['WebAssembly.Module', 'send the bytes that it was made of'],
]);

/** Types that are known by their names alone: no global has them, or other realms have their own. */
const namedTypes = new Set([
  'FinalizationRegistry',
  'KeyObject',
  'Promise',
  'SharedArrayBuffer',
  'WeakMap',
  'WeakRef',
  'WeakSet',
]);

const ownClasses = new Map<abstract new (...args: never[]) => object, Refused>();

/** Says of a class of Gridbook that its instances stay where they are. */
export function refuseInstances(Class: abstract new (...args: never[]) => object, what: string, instead: string): void {
  ownClasses.set(Class, { what, instead });
}

/** Why an object of some class cannot travel; undefined for one that arrives as its own fields. */
export function refusedObject(value: object): Refused | undefined {
  for (const [Class, refused] of ownClasses) if (value instanceof Class) return refused;
  const name = nameOfType(value);
  if (name === 'Object') return undefined;
  if (types.isGeneratorObject(value)) return { what: 'a generator', instead: 'collect it into an array' };
  if (value instanceof Iterator) return { what: 'an iterator', instead: 'collect it into an array' };
  if (types.isModuleNamespaceObject(value)) return { what: 'a module', instead: 'import it inside the function' };
  if (namedTypes.has(name) || isOfRuntime(value, name)) {
    const article = /^[AEIOU](?!RL)/.test(name) ? 'an' : 'a';
    return { what: `${article} ${name}`, instead: advices.get(name) ?? '' };
  }
  return undefined;
}

/** Whether the runtime has a type of this name, as `URL` and `Intl.Collator`, and the object is of it. */
function isOfRuntime(value: object, name: string): boolean {
  const Class = name.split('.').reduce<unknown>((holder, key) => Reflect.get(Object(holder), key), globalThis);
  return typeof Class === 'function' && value instanceof Class;
}

/** The name that the type of an object gives itself. */
export function nameOfType(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
