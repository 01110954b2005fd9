// The names of a session of cells: what cells declare, import and are given, and what each means now.
//
// Owns: the values. Does not own: cells (cells.ts), reading them (cell-syntax.ts).
// Callers: cell-runner.ts declares, cells.ts looks up, completion and commands list.
//
// Invariants:
//   N1. A name is a property of the global object: every function of a cell finds it at full speed, sees what later cells
//       make of it, and keeps its text as it was typed. `reset` takes all of them away again.
//   N2. A name that the process has by itself, such as `process` or `URL`, is never replaced there, for everything else
//       uses it too: a cell's own goes among `shadows`, which only cells see.

import { builtinModules } from 'node:module';

/** Where a name comes from that a cell imported, or that was there from the start. */
export interface ImportedFrom {
  readonly specifier: string;
  /** `default`, or `*` for the whole module. */
  readonly exportName: string;
}

export class CellNames {
  readonly #standard = new Set(Object.getOwnPropertyNames(globalThis));
  readonly #own = new Set<string>();
  readonly #given = new Set<string>();
  readonly #imported = new Map<string, ImportedFrom>();
  /** N2 */
  readonly shadows: Record<string, unknown> = Object.create(null);

  /** Whether the process has a name by itself. */
  isStandard(name: string): boolean {
    return this.#standard.has(name);
  }

  /** Names that cells have defined, in their order. */
  get defined(): string[] {
    return [...this.#own, ...Object.keys(this.shadows)].filter((name) => !this.#given.has(name));
  }

  /** All names that are not the process's own. */
  get all(): string[] {
    return [...this.#own, ...Object.keys(this.shadows)];
  }

  /** Makes a name there, so that a cell may assign it. */
  declare(name: string): void {
    this.#imported.delete(name);
    this.#given.delete(name);
    if (this.#standard.has(name)) {
      if (!(name in this.shadows)) this.shadows[name] = undefined; // N2
    } else if (!this.#own.has(name) || isAccessor(name)) {
      this.#define(name, undefined);
    }
  }

  set(name: string, value: unknown, imported?: ImportedFrom): void {
    this.declare(name);
    if (this.#standard.has(name)) this.shadows[name] = value;
    else Reflect.set(globalThis, name, value);
    if (imported !== undefined) this.#imported.set(name, imported);
  }

  /** Gives a name that is there from the start. */
  give(name: string, value: unknown, imported?: ImportedFrom): void {
    this.set(name, value, imported);
    this.#given.add(name);
  }

  has(name: string): boolean {
    return this.#own.has(name) || name in this.shadows;
  }

  valueOf(name: string): unknown {
    return name in this.shadows ? this.shadows[name] : Reflect.get(globalThis, name);
  }

  importedFrom(name: string): ImportedFrom | undefined {
    const imported = this.#imported.get(name);
    // Node's modules are there by their names until a cell makes something else of them.
    return imported === undefined && nodeModules.has(name) && this.#given.has(name)
      ? { specifier: `node:${name}`, exportName: 'default' }
      : imported;
  }

  /** Whether a text may use a name of `shadows`. */
  usesShadows(text: string): boolean {
    return Object.keys(this.shadows).some((name) => text.includes(name));
  }

  /** Gives Node's modules by their names, as Node's own prompt does, and `require`. */
  giveNode(require: NodeJS.Require): void {
    for (const name of nodeModules) {
      if (this.#standard.has(name)) continue;
      this.declare(name);
      this.#given.add(name);
      Object.defineProperty(globalThis, name, {
        get: () => process.getBuiltinModule(name),
        set: (value: unknown) => this.set(name, value),
        enumerable: false,
        configurable: true,
      });
    }
    this.give('require', require);
  }

  /** Takes away what cells have defined; what was given from the start comes back with `give`. */
  reset(): void {
    for (const name of this.#own) Reflect.deleteProperty(globalThis, name);
    for (const name of Object.keys(this.shadows)) delete this.shadows[name];
    this.#own.clear();
    this.#given.clear();
    this.#imported.clear();
  }

  /** N1 */
  #define(name: string, value: unknown): void {
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
    this.#own.add(name);
  }
}

function isAccessor(name: string): boolean {
  return Object.getOwnPropertyDescriptor(globalThis, name)?.get !== undefined;
}

const nodeModules = new Set(builtinModules.filter((name) => !/[/_]/.test(name)));
