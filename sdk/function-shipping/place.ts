// Where a function stands in the user's program, and what a name means there.
//
// Owns: looking names up in the scopes around it. Does not own: finding the function (place-search.ts), what is done with
//   the answer (ship.ts).
//
// Invariants:
//   L1. An import is only followed where the function is known to stand: a name may mean something else elsewhere.
//   L2. Where one text stands at several places, be it in several files, a name has a meaning only if it has the same at
//       all of them; a module is the same when its file or package is.
//   L3. What is assigned again after its declaration is neither an import nor the function itself.
//   L4. When not all files were searched, nothing is taken from modules: the function may stand elsewhere, too.

import { isBuiltin } from 'node:module';
import type { Definition, Scope } from 'eslint-scope';
import type { FunctionSource } from './function-source.ts';
import type { HomeModule } from './home-module.ts';
import { type ImportedName, importedName } from './imported-name.ts';
import { moduleKey } from './module-key.ts';
import { columnAt, lineAt, type Node, rangeOf } from './syntax.ts';

/** What a name means at a function's place. */
export type Meaning =
  | { readonly type: 'import'; readonly imported: ImportedName }
  /** The function itself. */
  | { readonly type: 'self' }
  /** Some other variable; its line counts from 1. */
  | { readonly type: 'variable'; readonly kind: string; readonly line: number }
  /** The text stands at several places, at which the name means different things. */
  | { readonly type: 'several' }
  /** It is imported here, but the search was cut before all files were seen. */
  | { readonly type: 'unsearched' }
  /** The file declares no such name. */
  | { readonly type: 'unknown' };

/** A place with the function's text. */
export interface Site {
  readonly home: HomeModule;
  readonly node: Node;
}

/** How many places of a text are worth saying. */
const linesMax = 3;

/** Where a function stands. */
export class Place {
  /** The file, or one of them when there are several in which names mean the same. */
  readonly home: HomeModule;
  readonly #sites: readonly Site[];
  readonly #written: readonly Site[];
  /** The offset of the function's `core` in the file; undefined when the text is not the same or stands elsewhere, too. */
  readonly #offset: number | undefined;
  readonly #isComplete: boolean;

  /** @param written - those of the sites, the first ones, that have the very text. */
  constructor(sites: readonly [Site, ...Site[]], written: readonly Site[], isComplete: boolean) {
    const [{ home, node }] = sites;
    this.home = home;
    this.#sites = sites;
    this.#written = written;
    // What is only alike in the same file leaves the file right, and the line in all likelihood.
    const isOnlyOne = written.length === 1 && sites.every((site) => site.home === home);
    this.#offset = isOnlyOne ? rangeOf(node)[0] : undefined;
    this.#isComplete = isComplete;
  }

  /** Where the function's expression begins, lines and columns from 0; what comes before its core counts backwards. */
  origin({ prefixLength }: FunctionSource): { file: string; line: number; column: number } | undefined {
    if (this.#offset === undefined || !this.home.keepsPlaces) return undefined;
    const { text } = this.home.syntax;
    const column = columnAt(text, this.#offset) - prefixLength;
    return { file: this.home.url, line: lineAt(text, this.#offset), column };
  }

  /** The lines, from 0, on which the function's text begins, where that is one file; the first few. */
  get lines(): number[] {
    const { home } = this;
    if (!home.keepsPlaces || this.#sites.some((site) => site.home !== home)) return [];
    const lines = this.#written.map(({ node }) => lineAt(home.syntax.text, rangeOf(node)[0]));
    return [...new Set(lines)].slice(0, linesMax);
  }

  /** What a name means to the function. */
  meaningOf(name: string): Meaning {
    const meanings = this.#sites.map((site) => this.#meaningAt(site, name));
    const [first] = meanings;
    if (first === undefined) return { type: 'unknown' };
    // Refused in any case, so say which one it most likely is.
    if (first.type === 'variable' && this.#offset !== undefined) return first;
    const keys = meanings.map((meaning, i) => meaningKey(meaning, this.#sites[i]?.home.url ?? ''));
    if (new Set(keys).size > 1) return { type: 'several' }; // L2
    return first.type === 'import' && !this.#isComplete ? { type: 'unsearched' } : first; // L4
  }

  /** Whether a module that the function names itself is known, by L2 and L4. */
  knowsModule(specifier: string): boolean {
    const keys = new Set(this.#sites.map(({ home }) => moduleKey(specifier, home.url)));
    return keys.size === 1 && (this.#isComplete || isBuiltin(specifier));
  }

  #meaningAt({ home, node }: Site, name: string): Meaning {
    let scope: Scope | null = home.scopes.acquire(node)?.upper ?? null;
    while (scope !== null && !scope.set.has(name)) scope = scope.upper;
    // The types of the declarations are those of another package; the objects are eslint-scope's own.
    const variable = scope?.set.get(name);
    const definition = variable?.defs[0] as Definition | undefined;
    if (variable === undefined || definition === undefined) return { type: 'unknown' };
    // L3
    if (!variable.references.some((reference) => reference.isWrite() && reference.init !== true)) {
      if (definition.node === node || initialOf(definition.node) === node) return { type: 'self' };
      const imported = importedName(definition);
      if (imported !== undefined) return { type: 'import', imported };
    }
    const line = lineAt(home.syntax.text, rangeOf(definition.name)[0]) + 1;
    return { type: 'variable', kind: definition.kind ?? definition.type.toLowerCase(), line };
  }
}

function meaningKey(meaning: Meaning, url: string): string {
  if (meaning.type !== 'import') return JSON.stringify(meaning);
  return JSON.stringify({ ...meaning.imported, specifier: moduleKey(meaning.imported.specifier, url) });
}

function initialOf(declaration: Node): Node | undefined {
  const value = declaration.type === 'VariableDeclarator' ? declaration.init : undefined;
  if (value?.type === 'CallExpression' && isNameKeeper(value.callee)) return value.arguments[0];
  return value ?? undefined;
}

/** Whether a node is the function that compilers put around others to keep their names. */
export function isNameKeeper(node: Node): boolean {
  return node.type === 'Identifier' && node.name === '__name';
}
