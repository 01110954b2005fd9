// Makes functions of shipped code, on the worker.
//
// Owns: evaluating source, giving each variable its value. Does not own: bundles (receive-bundle.ts), calling.
// Callers: the worker's function table. Loads no parser and no bundler.
//
// Functions are compiled in the worker's own context, so that `instanceof Error` and the like hold, in strict mode as
// in a module, and under the file and line where they stand in the user's program, so that stacks name those.
//
// Invariants:
//   V1. Variables that are known when a function is made are never assigned again, which lets them be optimised; only
//       functions that use each other in a circle are given afterwards.

import { compileFunction } from 'node:vm';
import { GridbookError, ProtocolError } from '../errors.ts';
import { isBuiltinModule, loadBuiltinModule } from './builtin-modules.ts';
import { type Exports, loadOwnPackage, member, nodeModule, runBundle } from './receive-bundle.ts';
import type {
  Binding,
  BuiltinCode,
  LoadedModule,
  ModuleCode,
  ShippedCode,
  ShippedFunction,
  SourceCode,
} from './shipped-code.ts';

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
    return new Assembly(code, captures, bundled, gridbook).make(0);
  };
  return usesGridbook ? loadOwnPackage().then(make) : make(undefined);
}

function receiveModule({ name, bundle, exportName }: ModuleCode): unknown {
  const make = (gridbook: Exports | undefined): unknown => {
    const exported = member(member(runBundle(bundle, name, gridbook), 'module', name), exportName, name);
    if (typeof exported !== 'function') {
      throw new GridbookError(`Cannot call "${name}": the module exports it, but it is ${typeof exported}`);
    }
    if (/Generator/.test(Object.prototype.toString.call(exported))) {
      throw new GridbookError(`Cannot call "${name}": it is a generator, but a task gives one value. Return an array`);
    }
    return exported;
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

/** A function that waits for others that are not made yet. */
interface Late {
  readonly give: (...values: unknown[]) => void;
  readonly indexes: readonly number[];
}

/** The functions of one shipment while they are made. */
class Assembly {
  readonly #code: SourceCode;
  readonly #captures: Record<string, unknown>;
  readonly #bundled: Exports | undefined;
  readonly #gridbook: Exports | undefined;
  readonly #made = new Map<number, unknown>();
  readonly #begun = new Set<number>();
  readonly #late: Late[] = [];

  constructor(
    code: SourceCode,
    captures: Record<string, unknown>,
    bundled: Exports | undefined,
    gridbook: Exports | undefined,
  ) {
    this.#code = code;
    this.#captures = captures;
    this.#bundled = bundled;
    this.#gridbook = gridbook;
  }

  make(index: number): unknown {
    const value = this.#evaluate(index);
    for (const { give, indexes } of this.#late) give(...indexes.map((i) => this.#made.get(i)));
    return value;
  }

  #evaluate(index: number): unknown {
    const shipped = this.#code.functions[index];
    if (shipped === undefined)
      throw new ProtocolError(`Cannot make "${this.#code.name}": function ${index} is missing`);
    this.#begun.add(index);
    const self: string[] = [];
    const late: string[] = [];
    const lateIndexes: number[] = [];
    const locals: string[] = [];
    const values: unknown[] = [];
    for (const binding of shipped.bindings) {
      if (binding.from === 'function' && binding.index === index) {
        self.push(binding.local);
      } else if (binding.from === 'function' && this.#begun.has(binding.index) && !this.#made.has(binding.index)) {
        late.push(binding.local);
        lateIndexes.push(binding.index);
      } else {
        locals.push(binding.local);
        values.push(this.#valueOf(binding));
      }
    }
    const [value, give] = compile(shipped, this.#code.name, locals, late, self)(...values);
    this.#made.set(index, value);
    if (late.length > 0) this.#late.push({ give, indexes: lateIndexes });
    keepName(value, shipped.name);
    return value;
  }

  #valueOf(binding: Binding): unknown {
    const { name } = this.#code;
    switch (binding.from) {
      case 'capture':
        return this.#captures[binding.local];
      case 'function':
        return this.#made.has(binding.index) ? this.#made.get(binding.index) : this.#evaluate(binding.index);
      case 'node':
        return member(nodeModule(binding.specifier), binding.exportName, name);
      case 'gridbook':
        return member(this.#gridbook, binding.exportName, name);
      case 'bundle':
        return member(this.#bundled, binding.exportName, name);
      case 'loader':
        return (specifier: string) => this.#load(binding.modules[specifier], specifier);
      case 'name-keeper':
        return keepName;
      default:
        throw new ProtocolError(`Cannot make "${name}": a variable of it is of an unknown kind`);
    }
  }

  async #load(module: LoadedModule | undefined, specifier: string): Promise<unknown> {
    switch (module?.from) {
      case 'node':
        return nodeModule(specifier);
      case 'gridbook':
        return loadOwnPackage();
      case 'bundle': {
        const load = member(this.#bundled, module.exportName, this.#code.name);
        return typeof load === 'function' ? Reflect.apply(load, undefined, []) : undefined;
      }
      default:
        throw new ProtocolError(`Cannot import "${specifier}": it was not shipped`);
    }
  }
}

type Maker = (...values: unknown[]) => [value: unknown, give: (...values: unknown[]) => void];

function compile(
  { name, expression, origin }: ShippedFunction,
  label: string,
  locals: readonly string[],
  late: readonly string[],
  self: readonly string[],
): Maker {
  const inside = self.map((local) => `const ${local}=`).join('');
  const open = `'use strict';${inside}(`;
  const given = late.map((_, i) => freshName(`$late${i}`, [...locals, ...late, ...self]));
  const assign = late.map((local, i) => `${local}=${given[i]};`).join('');
  const close = self.length === 0 ? '' : `;return[${self[0]},(${given})=>{${assign}}]`;
  const body =
    self.length === 0
      ? `'use strict';return[(${expression}),(${given})=>{${assign}}]`
      : `${open}${expression})${close}`;
  const before = body.indexOf(expression, "'use strict';".length);
  try {
    const options =
      origin === undefined
        ? { filename: `gridbook:${name || label}`, lineOffset: 0, columnOffset: -before }
        : { filename: origin.file, lineOffset: origin.line, columnOffset: origin.column - before };
    // What the body returns is written above.
    return compileFunction(body, [...locals, ...late], options) as Maker;
  } catch (error) {
    throw new GridbookError(`Cannot make "${label}" on the worker: its source does not compile`, {
      cause: error,
    });
  }
}

function freshName(wanted: string, taken: readonly string[]): string {
  return taken.includes(wanted) ? freshName(`${wanted}_`, taken) : wanted;
}

/** Gives a function its name, as the messages and stacks of its errors show it. */
function keepName(value: unknown, name: string): unknown {
  if (typeof value === 'function' && name !== '' && value.name !== name) {
    Object.defineProperty(value, 'name', { value: name, configurable: true });
  }
  return value;
}
