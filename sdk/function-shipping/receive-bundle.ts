// Runs bundles of modules on the worker, and gives what the worker has by itself: Node's modules and gridbook.
//
// Owns: the modules of bundles that ran, the `require` that they see. Does not own: making bundles (bundle.ts).
//
// Invariants:
//   U1. A bundle runs once on a worker, as a module would, as long as a function lives that came with it.
//   U2. A bundle gets Node's modules and gridbook, and nothing else of the worker.

import { isBuiltin } from 'node:module';
import { compileFunction } from 'node:vm';
import { GridbookError } from '../errors.ts';
import { textOf } from '../text-of.ts';
import type { Bundle } from './shipped-code.ts';

/** What a module exports. */
export type Exports = object;

const known = new Map<string, WeakRef<Exports>>();
const bundlesOf = new WeakMap<object, Exports>();
const forget = new FinalizationRegistry((script: string) => {
  if (known.get(script)?.deref() === undefined) known.delete(script);
});

/** Keeps a bundle known as long as a function lives that came with it. Gives the function. */
export function keepBundle(user: unknown, bundled: Exports | undefined): unknown {
  if (typeof user === 'function' && bundled !== undefined) bundlesOf.set(user, bundled); // U1
  return user;
}

/** Runs a bundle and gives its exports. @throws GridbookError with the cause when a module in it throws. */
export function runBundle({ script }: Bundle, name: string, gridbook: Exports | undefined): Exports {
  const before = known.get(script)?.deref();
  if (before !== undefined) return before; // U1
  const module: { exports: Exports } = { exports: {} };
  const required = (specifier: string): unknown => {
    if (specifier === 'gridbook' && gridbook !== undefined) return gridbook;
    if (isBuiltin(specifier)) return process.getBuiltinModule(specifier); // U2
    throw new MissingModule(specifier);
  };
  try {
    // The script says itself what of it is strict.
    const filename = `gridbook:modules of ${name}`;
    const run = compileFunction(script, ['module', 'exports', 'require'], { filename });
    run(module, module.exports, required);
  } catch (error) {
    const message = textOf(error);
    throw new GridbookError(`Cannot load what "${name}" imports on the worker: ${message}`, { cause: error });
  }
  known.set(script, new WeakRef(module.exports));
  forget.register(module.exports, script);
  return module.exports;
}

/** Packages that can do without a module look for this code. */
class MissingModule extends Error {
  readonly code = 'MODULE_NOT_FOUND';

  constructor(specifier: string) {
    super(`Cannot find "${specifier}": a worker has Node's modules, gridbook, and what was bundled`);
  }
}

const namespaces = new Map<string, Exports>();

/** A module of Node, as `import * as` gives it. */
export function nodeModule(specifier: string): Exports {
  let namespace = namespaces.get(specifier);
  if (namespace === undefined) {
    const module: object | undefined = process.getBuiltinModule(specifier);
    if (module === undefined) throw new GridbookError(`Cannot import "${specifier}": this Node has no such module`);
    // Descriptors, not values: reading some of the getters gives warnings.
    namespace = Object.create(null, Object.getOwnPropertyDescriptors(module)) as object;
    Object.defineProperty(namespace, 'default', { value: module, enumerable: true, configurable: true });
    namespaces.set(specifier, namespace);
  }
  return namespace;
}

/** The worker's own gridbook. */
export function loadOwnPackage(): Promise<Exports> {
  return import('../index.ts');
}

/** An export, or the whole module for `*`. @throws GridbookError when there is none of that name. */
export function member(exports: unknown, exportName: string, user: string): unknown {
  if (typeof exports !== 'object' || exports === null || !(exportName === '*' || exportName in exports)) {
    throw new GridbookError(`Cannot make "${user}" on the worker: what it imports has no export "${exportName}"`);
  }
  return exportName === '*' ? exports : Reflect.get(exports, exportName);
}
