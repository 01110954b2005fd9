// The modules of the SDK whose factories make functions on workers.
//
// Each import is written out, so that it is found by `tsc`, which makes `.js` of it, and by bundlers.

const builtinModules = {
  'workloads/markov/power-task': () => import('../workloads/markov/power-task.ts'),
};

/** A module that `shipBuiltin` may name. */
export type BuiltinModuleName = keyof typeof builtinModules;

/** Whether a module is in the list. */
export function isBuiltinModule(name: string): name is BuiltinModuleName {
  return Object.hasOwn(builtinModules, name);
}

/** Loads a module of the list. */
export function loadBuiltinModule(name: BuiltinModuleName): Promise<object> {
  return builtinModules[name]();
}
