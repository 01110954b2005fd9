// Makes the functions of one shipment, each with the values of its variables.
//
// Owns: the order in which they are made, what a binding gives. Does not own: compiling (compile.ts), modules
//   (receive-bundle.ts).
//
// Invariants:
//   V1. A function is made after those that it uses, so that they are constants to it. Where functions use each other
//       in a circle, the one that comes back gets the other when both are made.
//   V2. What a class uses while it is made, as by `extends`, is made before it, with all that this uses: in a circle,
//       who is on the way to such a class gets it afterwards.

import { ProtocolError } from '../errors.ts';
import { compile } from './compile.ts';
import { noteLoader } from './import-call.ts';
import { type Exports, loadOwnPackage, member, nodeModule } from './receive-bundle.ts';
import type { Binding, LoadedModule, ShippedFunction, SourceCode } from './shipped-code.ts';

/** What a shipment's functions take from modules, loaded. */
export interface Loaded {
  readonly bundled: Exports | undefined;
  readonly gridbook: Exports | undefined;
}

/** Makes the first function of a shipment, with all that it uses. */
export function assemble(code: SourceCode, captures: Record<string, unknown>, loaded: Loaded): unknown {
  return new Assembly(code, captures, loaded).assemble();
}

/** A function that was made before others that it uses. */
interface Waiting {
  readonly giveLate: (values: readonly unknown[]) => void;
  readonly indexes: readonly number[];
}

class Assembly {
  readonly #code: SourceCode;
  readonly #captures: Record<string, unknown>;
  readonly #loaded: Loaded;
  readonly #begun = new Set<number>();
  readonly #made = new Map<number, unknown>();
  readonly #waiting: Waiting[] = [];

  constructor(code: SourceCode, captures: Record<string, unknown>, loaded: Loaded) {
    this.#code = code;
    this.#captures = captures;
    this.#loaded = loaded;
  }

  assemble(): unknown {
    const first = this.#function(0);
    // Making those that are still missing may add to the list.
    for (const { giveLate, indexes } of this.#waiting) giveLate(indexes.map((index) => this.#function(index)));
    return first;
  }

  #function(index: number): unknown {
    if (!this.#made.has(index)) this.#made.set(index, this.#make(index));
    return this.#made.get(index);
  }

  #make(index: number): unknown {
    this.#begun.add(index);
    const shipped = this.#shipped(index);
    const own: string[] = [];
    const known: string[] = [];
    const values: unknown[] = [];
    const late: string[] = [];
    const lateIndexes: number[] = [];
    for (const binding of shipped.bindings) {
      if (binding.from !== 'function') {
        known.push(binding.local);
        values.push(this.#valueOf(binding));
      } else if (binding.index === index) {
        own.push(binding.local);
      } else if (this.#mustWait(binding)) {
        late.push(binding.local);
        lateIndexes.push(binding.index);
      } else {
        known.push(binding.local);
        values.push(this.#function(binding.index));
      }
    }
    const { value, giveLate } = compile(shipped, { known, own, late }, this.#code.name)(values);
    if (late.length > 0) this.#waiting.push({ giveLate, indexes: lateIndexes });
    return keepName(value, shipped.name);
  }

  #shipped(index: number): ShippedFunction {
    const shipped = this.#code.functions[index];
    if (shipped !== undefined) return shipped;
    throw new ProtocolError(`Cannot make "${this.#code.name}": function ${index} is missing`);
  }

  #isUnfinished(index: number): boolean {
    return this.#begun.has(index) && !this.#made.has(index);
  }

  #mustWait({ index, early }: { index: number; early?: true }): boolean {
    return this.#isUnfinished(index) || (early !== true && this.#needsUnfinished(index, false, new Set())); // V1, V2
  }

  /**
   * Whether making a function now would need one that is begun and not made.
   *
   * @param isEarly - whether the function may run while something is made, so that all that it uses is needed.
   */
  #needsUnfinished(index: number, isEarly: boolean, seen: Set<string>): boolean {
    const key = `${index} ${isEarly}`;
    if (seen.has(key) || this.#begun.has(index)) return false;
    seen.add(key);
    return this.#shipped(index).bindings.some((binding) => {
      if (binding.from !== 'function') return false;
      const isNeeded = isEarly || binding.early === true;
      return (isNeeded && this.#isUnfinished(binding.index)) || this.#needsUnfinished(binding.index, isNeeded, seen);
    });
  }

  #valueOf(binding: Exclude<Binding, { from: 'function' }>): unknown {
    const { name } = this.#code;
    const { bundled, gridbook } = this.#loaded;
    switch (binding.from) {
      case 'capture':
        return this.#captures[binding.local];
      case 'node':
        return member(nodeModule(binding.specifier), binding.exportName, name);
      case 'gridbook':
        return member(gridbook, binding.exportName, name);
      case 'bundle':
        return member(bundled, binding.exportName, name);
      case 'loader':
        noteLoader(binding.local);
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
        const load = member(this.#loaded.bundled, module.exportName, this.#code.name);
        return typeof load === 'function' ? Reflect.apply(load, undefined, []) : undefined;
      }
      default:
        throw new ProtocolError(`Cannot import "${specifier}": it was not shipped`);
    }
  }
}

/** Gives a function its name, as the messages and stacks of its errors show it, unless it does not take one. */
function keepName<T>(value: T, name: string): T {
  if (typeof value === 'function' && name !== '' && value.name !== name) {
    Reflect.defineProperty(value, 'name', { value: name, configurable: true });
  }
  return value;
}
