// Makes functions of shipped code, on the worker.
//
// Owns: what each kind of code needs before it can be made. Does not own: making functions of source (assembly.ts),
//   bundles (receive-bundle.ts), calling.
// Callers: the worker's function table. Loads no parser and no bundler.

import { InvalidArgumentError, ProtocolError } from '../errors.ts';
import { assemble } from './assembly.ts';
import { isBuiltinModule, loadBuiltinModule } from './builtin-modules.ts';
import { type Exports, keepBundle, loadOwnPackage, member, runBundle } from './receive-bundle.ts';
import type { BuiltinCode, ModuleCode, ShippedCode, SourceCode } from './shipped-code.ts';

/**
 * Makes the function or class of shipped code; a promise of it when something must be loaded first.
 *
 * @param captures - the values that came along, decoded, by variable name.
 * @throws GridbookError, or the promise rejects with one, when the code cannot be compiled or a module that it imports
 *   throws while it loads; `cause` is what was thrown.
 */
export function receive(code: ShippedCode, captures: Record<string, unknown>): unknown {
  switch (code.kind) {
    case 'source':
      return receiveSource(code, captures);
    case 'module':
      return receiveModule(code);
    case 'builtin':
      return receiveBuiltin(code, captures);
    default:
      throw new ProtocolError('Cannot make a function of code of an unknown kind');
  }
}

function receiveSource(code: SourceCode, captures: Record<string, unknown>): unknown {
  const { name, bundle, usesGridbook } = code;
  const make = (gridbook: Exports | undefined): unknown => {
    const bundled = bundle === undefined ? undefined : runBundle(bundle, name, gridbook);
    return keepBundle(assemble(code, captures, { bundled, gridbook }), bundled);
  };
  return usesGridbook ? loadOwnPackage().then(make) : make(undefined);
}

function receiveModule({ name, bundle, exportName }: ModuleCode): unknown {
  const make = (gridbook: Exports | undefined): unknown => {
    const bundled = runBundle(bundle, name, gridbook);
    const exported = member(member(bundled, 'module', name), exportName, name);
    if (typeof exported !== 'function') {
      throw new InvalidArgumentError(
        `Cannot call "${name}": the module exports it, but its type is ${typeof exported}, not function`,
      );
    }
    if (/Generator/.test(Object.prototype.toString.call(exported))) {
      throw new InvalidArgumentError(
        `Cannot call "${name}": it is a generator, but a task gives one value. Return an array`,
      );
    }
    return keepBundle(exported, bundled);
  };
  return bundle.usesGridbook ? loadOwnPackage().then(make) : make(undefined);
}

async function receiveBuiltin(code: BuiltinCode, captures: Record<string, unknown>): Promise<unknown> {
  const { name, module, factory } = code;
  if (!isBuiltinModule(module)) throw new ProtocolError(`Cannot make "${name}": workers have no module "${module}"`);
  const make = member(await loadBuiltinModule(module), factory, name);
  if (typeof make !== 'function') throw new ProtocolError(`Cannot make "${name}": ${factory} is not a function`);
  return Reflect.apply(make, undefined, [captures]);
}
