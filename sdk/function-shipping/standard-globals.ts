// The names that every worker knows by itself: the globals of the language and of Node.
//
// The program may have added globals of its own before this file was loaded. Those were assigned, so they are
// enumerable, while the language's and nearly all of Node's are not; the few of Node's that are stand in a list.
// `node -e` and the REPL add Node's modules and CommonJS's variables to the globals; workers do not have them.

import { builtinModules } from 'node:module';

const enumerableOfNode = [
  'global',
  'clearImmediate',
  'setImmediate',
  'clearInterval',
  'clearTimeout',
  'setInterval',
  'setTimeout',
  'queueMicrotask',
  'structuredClone',
  'atob',
  'btoa',
  'performance',
  'fetch',
  'crypto',
  'navigator',
];
const alsoNamesOfModules = ['console', 'process', 'crypto'];

function findStandardGlobals(): Set<string> {
  const names = new Set<string>();
  const modules = new Set(builtinModules);
  // No descriptors: asking for that of FormData loads Node's whole HTTP client.
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const isEnumerable = Object.prototype.propertyIsEnumerable.call(globalThis, name);
    const isOfNode = isEnumerable ? enumerableOfNode.includes(name) : !modules.has(name);
    if (isOfNode || alsoNamesOfModules.includes(name)) names.add(name);
  }
  return names;
}

/** The names of the globals that a worker has without anyone's doing. */
export const standardGlobals: ReadonlySet<string> = findStandardGlobals();

/** What CommonJS gives to each file, with what takes its place. */
export const commonJsVariables: ReadonlyMap<string, string> = new Map([
  ['require', 'use import, at the top of the file or inside the function'],
  ['module', 'a worker has no module of the function'],
  ['exports', 'a worker has no module of the function'],
  ['__dirname', 'give the folder as an argument or a capture'],
  ['__filename', 'give the path as an argument or a capture'],
]);
