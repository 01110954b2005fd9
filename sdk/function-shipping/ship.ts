// Ships functions and classes by their source.
//
// Owns: what each free variable means and in which order that is decided, and what is shipped along.
// Does not own: parsing (analysis.ts), bundling (bundle.ts), encoding captures (whoever sends them).
// Callers: the session, for `remote`, `map`, `reduce` and `actor`.
//
// Invariants:
//   R1. A variable is, in this order: a capture; for a function of a cell, what the cells' host says; what its name means
//       where the function stands (an import, the function itself); a global of every worker. Anything else is refused.
//   R2. A name that the file declares never falls through to a global of the same name.
//   R3. Refusals are thrown at the call; only bundling takes a promise.

import { cellHost } from '../cell-host.ts';
import { InvalidArgumentError } from '../errors.ts';
import { Analysis } from './analysis.ts';
import { bundle } from './bundle.ts';
import { callerUrl } from './caller-url.ts';
import { isChangingExport } from './changing-export.ts';
import type { FreeVariable } from './free-variables.ts';
import type { FunctionLike } from './function-source.ts';
import { withLoader } from './import-call.ts';
import { ImportTable, UnshippableImport } from './import-table.ts';
import type { Meaning, Place } from './place.ts';
import { programFilesMax } from './program-files.ts';
import { refusal } from './refusal.ts';
import { checkUses, type Role } from './refused-uses.ts';
import { shipModule } from './ship-module.ts';
import {
  type BindingSource,
  type Bundle,
  captureDepthMax,
  type Shipment,
  type ShipOptions,
  type ShippedFunction,
} from './shipped-code.ts';
import { commonJsVariables, standardGlobals } from './standard-globals.ts';

/**
 * Makes a function ready to travel.
 *
 * @param fn - an arrow function, a function, an async one, or a method that does not use `this`.
 * @returns a shipment; a promise of one when it imports something that must be bundled.
 * @throws InvalidArgumentError, at the call, naming what cannot be shipped, the line, why, and what would do. The
 *   promise rejects with one when something cannot be bundled.
 * @example
 * ```ts
 * const factor = 3;
 * const { code, captures } = await shipFunction((x: number) => x * factor, { capture: { factor } });
 * ```
 */
export function shipFunction(fn: FunctionLike, options: ShipOptions = {}): Shipment | Promise<Shipment> {
  return ship(fn, 'task', options);
}

/**
 * Makes a class ready to travel. The class that it extends is a variable like any other.
 *
 * @throws InvalidArgumentError as `shipFunction`.
 * @example
 * ```ts
 * class Counter {
 *   count = 0;
 *   add(n: number) {
 *     this.count += n;
 *   }
 * }
 * const { code } = await shipClass(Counter);
 * ```
 */
export function shipClass(Class: FunctionLike, options: ShipOptions = {}): Shipment | Promise<Shipment> {
  return ship(Class, 'actor', options);
}

/** The bundles of a function object: the modules that it uses are those in memory, whatever becomes of the files. */
const bundlesOf = new WeakMap<FunctionLike, Map<string, Promise<Bundle>>>();

function ship(fn: FunctionLike, role: Role, options: ShipOptions): Shipment | Promise<Shipment> {
  if (typeof fn !== 'function') {
    throw new InvalidArgumentError(`Cannot ship ${fn === null ? 'null' : typeof fn}: it is not a function`);
  }
  const ownName = typeof fn.name === 'string' ? fn.name : '';
  const imported = cellHost()?.importOf?.(fn);
  if (imported !== undefined && role === 'task') {
    return shipModule(new URL(imported.url), imported.exportName, { name: options.name ?? ownName });
  }
  const packing = new Packing(options);
  packing.add(fn, role, options.name ?? ownName, 0);
  const label = options.name ?? ownName;
  if (options.unusedCapture !== 'allow') packing.checkCaptures(label, () => usedBy(options.sharedWith, options));
  const { functions, captures, imports } = packing;
  const name = label === '' ? 'anonymous' : label;
  const shipment = (bundled?: Bundle): Shipment => ({
    code: {
      kind: 'source',
      name,
      functions,
      ...(bundled === undefined ? {} : { bundle: bundled }),
      usesGridbook: imports.usesGridbook || bundled?.usesGridbook === true,
    },
    captures,
  });
  if (imports.bundled.length === 0) return shipment();
  const key = JSON.stringify(imports.bundled);
  let bundles = bundlesOf.get(fn);
  if (bundles === undefined) {
    bundles = new Map();
    bundlesOf.set(fn, bundles);
  }
  let bundled = bundles.get(key);
  if (bundled === undefined) {
    bundled = bundle(imports.bundled, label);
    bundles.set(key, bundled);
    // What fails is tried again at the next call.
    bundled.catch(() => bundles.delete(key));
  }
  return bundled.then(shipment);
}

/** The captures that another function uses. */
function usedBy(fn: object | undefined, options: ShipOptions): ReadonlySet<string> {
  const packing = new Packing(options);
  if (typeof fn === 'function') packing.add(fn, 'task', fn.name, 0);
  return packing.used;
}

/** The functions of one shipment. */
class Packing {
  readonly functions: ShippedFunction[] = [];
  readonly imports = new ImportTable();
  readonly #captures = new Map<string, unknown>();
  readonly #indexes = new Map<FunctionLike, number>();
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #used = new Set<string>();
  readonly #callerUrl: string | undefined;
  #declared: ReadonlySet<string> = new Set();

  constructor({ capture = {}, callerUrl: url = callerUrl() }: ShipOptions) {
    if (typeof capture !== 'object' || capture === null || Array.isArray(capture)) {
      throw new InvalidArgumentError('capture takes an object of variables by name, such as { capture: { factor } }');
    }
    this.#given = capture;
    this.#callerUrl = url;
  }

  /** The captured values; one may have the name `__proto__`. */
  get captures(): Record<string, unknown> {
    return Object.fromEntries(this.#captures);
  }

  /** Adds a function and those that it captures; gives its index. */
  add(fn: FunctionLike, role: Role, label: string, depth: number): number {
    const known = this.#indexes.get(fn);
    if (known !== undefined) return known;
    if (depth > captureDepthMax) {
      throw refusal(label, `captured functions use each other more than ${captureDepthMax} deep`);
    }
    const analysis = Analysis.of(fn, label);
    const { source, surroundings } = analysis;
    const place = analysis.placeFrom(this.#callerUrl);
    const origin = analysis.cell?.origin ?? place?.origin(source);
    checkUses(analysis, role, place, label);
    if (depth === 0) this.#declared = surroundings.declared;
    const index = this.functions.length;
    this.#indexes.set(fn, index);
    const shipped: ShippedFunction = {
      name: source.name,
      expression: source.expression,
      ...(origin === undefined ? {} : { origin }),
      bindings: [],
    };
    this.functions.push(shipped);
    for (const variable of surroundings.variables) {
      const from = this.#meaningOf(variable, { analysis, place, index, label, depth });
      if (from !== undefined) shipped.bindings.push({ local: variable.name, ...from });
    }
    this.#followImportCalls(shipped, analysis, place, label);
    return index;
  }

  /** R1; undefined for what the worker has by itself. */
  #meaningOf(variable: FreeVariable, user: VariableUser): BindingSource | undefined {
    const { offset, isGuarded } = variable;
    const { analysis, place, index, label } = user;
    const name = analysis.cell?.nameOf(variable.name) ?? variable.name;
    if (Object.hasOwn(this.#given, name)) {
      this.#used.add(name);
      return this.#capture(this.#given[name], name, variable, user);
    }
    const inCells = analysis.cell?.lookUp(name);
    if (inCells?.type === 'value') return this.#capture(inCells.value, name, variable, user);
    if (inCells?.type === 'import') {
      const imported = { ...inCells, by: 'import' as const, attributes: {} };
      const where = analysis.describe(offset, place);
      return this.#follow(label, where, () => this.imports.bind(imported, analysis.cell?.baseUrl ?? ''));
    }
    const meaning: Meaning = place?.meaningOf(name) ?? { type: 'unknown' };
    if (meaning.type === 'self') return { from: 'function', index };
    if (meaning.type === 'import') {
      const where = analysis.describe(offset, place);
      const importerUrl = place?.home.url ?? '';
      if (isChangingExport(meaning.imported, importerUrl)) {
        const from = `which ${meaning.imported.specifier} assigns again`;
        throw refusal(label, `it uses "${name}" (${where}), ${from}: import a function that gives its value instead`);
      }
      return this.#follow(label, where, () => this.imports.bind(meaning.imported, importerUrl));
    }
    // Compiled files declare it themselves.
    if (name === '__name') return { from: 'name-keeper' };
    if (meaning.type === 'unknown') {
      if (standardGlobals.has(name)) return undefined; // R2
      // Without a place the name is all there is to go by.
      if (place === undefined && name === analysis.source.name) return { from: 'function', index };
      if (isGuarded) return undefined;
    }
    throw unknownVariable(variable, user, meaning, this.#callerUrl);
  }

  /** What is given for a variable, by the user or by a cell. */
  #capture(value: unknown, name: string, { name: local, isEarly }: FreeVariable, user: VariableUser): BindingSource {
    const { index, depth, label } = user;
    if (typeof value === 'function') {
      const imported = cellHost()?.importOf?.(value);
      if (imported !== undefined) {
        const from = {
          specifier: imported.url,
          exportName: imported.exportName,
          by: 'import' as const,
          attributes: {},
        };
        return this.#follow(label, name, () => this.imports.bind(from, imported.url));
      }
      const target = this.add(value, 'capture', name, depth + 1);
      return { from: 'function', index: target, ...(isEarly && target !== index ? { early: true } : {}) };
    }
    this.#captures.set(local, value);
    return { from: 'capture' };
  }

  #followImportCalls(shipped: ShippedFunction, analysis: Analysis, place: Place | undefined, label: string): void {
    const { dynamicImports } = analysis.surroundings;
    if (dynamicImports.length === 0) return;
    const unknown = dynamicImports.find(({ specifier = '' }) => place?.knowsModule(specifier) === false);
    if (unknown !== undefined) {
      const where = analysis.describe(unknown.offset, place);
      const why = `functions of this very text stand, or may stand, in several files, where that is another module`;
      throw refusal(label, `it imports "${unknown.specifier}" (${where}), but ${why}. Give the module's function`);
    }
    const { expression, local, modules } = withLoader(
      analysis.source.expression,
      dynamicImports,
      (specifier, offset) => {
        const where = analysis.describe(offset, place);
        const near = analysis.cell?.baseUrl ?? place?.home.url;
        const base = near ?? (/^\.\.?\//.test(specifier) ? undefined : this.#callerUrl);
        return this.#follow(label, where, () => this.imports.load(specifier, base));
      },
    );
    shipped.expression = expression;
    shipped.bindings.push({ local, from: 'loader', modules });
  }

  #follow<T>(label: string, where: string, bind: () => T): T {
    try {
      return bind();
    } catch (error) {
      if (error instanceof UnshippableImport) throw refusal(label, `${error.message} (${where})`);
      throw error;
    }
  }

  /** The captures that are used. */
  get used(): ReadonlySet<string> {
    return this.#used;
  }

  /** @throws InvalidArgumentError when a capture is used by nothing, not even elsewhere. */
  checkCaptures(label: string, usedElsewhere: () => ReadonlySet<string>): void {
    const names = Object.keys(this.#given).filter((name) => !this.#used.has(name));
    if (names.length === 0) return;
    const elsewhere = usedElsewhere();
    const unused = names.find((name) => !elsewhere.has(name));
    if (unused === undefined) return;
    const why = this.#declared.has(unused) ? `"${unused}" is a variable of its own` : 'nothing in it has that name';
    throw refusal(label, `the capture "${unused}" is not used, for ${why}. Remove it, or correct its name`);
  }
}

interface VariableUser {
  readonly analysis: Analysis;
  readonly place: Place | undefined;
  readonly index: number;
  readonly label: string;
  readonly depth: number;
}

function unknownVariable(
  { name, offset }: FreeVariable,
  { analysis, place, label, depth }: VariableUser,
  meaning: Meaning,
  callerUrl: string | undefined,
): InvalidArgumentError {
  const where = analysis.describe(offset, place);
  const commonJs = meaning.type === 'unknown' ? commonJsVariables.get(name) : undefined;
  if (commonJs !== undefined) {
    return refusal(label, `it uses \`${name}\` (${where}), which workers do not have: ${commonJs}`);
  }
  const declared = meaning.type === 'variable' ? `, declared in line ${meaning.line},` : '';
  const several =
    meaning.type === 'several'
      ? ' Functions of this very text stand at several places, where it differs.'
      : meaning.type === 'unsearched'
        ? ` The program has more than ${programFilesMax} files, and in others it may be another.`
        : '';
  const lost =
    place === undefined && callerUrl !== undefined && analysis.cell === undefined
      ? ' Its imports cannot be followed, for its source was not found in the file that ships it or those it imports.'
      : '';
  if (analysis.cell !== undefined) {
    const known = analysis.cell.nameOf(name);
    const way = `Define it in a cell, give its value, { capture: { ${known} } }, or move it into the function`;
    return refusal(
      label,
      `it uses the variable "${known}" (${where}), which is not its own and no cell defines. ${way}`,
    );
  }
  const own = analysis.source.name;
  // What another file exports is at home there, and goes along when it is imported by what is shipped.
  const isOfOtherFile = depth === 0 && own !== '' && meaning.type === 'variable' && place?.home.url !== callerUrl;
  const caller = isOfOtherFile ? `, or ship a function that imports and calls it, (...args) => ${own}(...args)` : '';
  return refusal(
    label,
    `it uses the variable "${name}" (${where})${declared} which is not its own.${lost}${several} ` +
      `Give its value, { capture: { ${name} } }, or move it into the function or into a module that you ship by its URL${caller}`,
  );
}
