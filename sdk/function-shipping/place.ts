// Where a function stands in the user's program, and what a name means there.
//
// Owns: finding the function in its file, looking names up in the scopes around it.
// Does not own: what is done with the answer (ship.ts).
//
// Invariants:
//   L1. An import is only followed where the function is known to stand: a name may mean something else elsewhere.
//   L2. Where one text stands at several places, a name has a meaning only if it has the same at all of them.
//   L3. What is assigned again after its declaration is neither an import nor the function itself.

import type { Definition, Scope } from 'eslint-scope';
import type { FunctionSource } from './function-source.ts';
import { type HomeModule, homeModule } from './home-module.ts';
import { type ImportedName, importedName, relativeImports } from './imported-name.ts';
import { columnAt, lineAt, type Node, rangeOf, type Token, walk } from './syntax.ts';

/** What a name means at a function's place. */
export type Meaning =
  | { readonly type: 'import'; readonly imported: ImportedName }
  /** The function itself. */
  | { readonly type: 'self' }
  /** Some other variable; its line counts from 1. */
  | { readonly type: 'variable'; readonly kind: string; readonly line: number }
  /** The text stands at several places, at which the name means different things. */
  | { readonly type: 'several' }
  /** The file declares no such name. */
  | { readonly type: 'unknown' };

/** Files that are searched for a function that is not in the caller's, at most. */
const searchedFilesMax = 32;

/** Where a function stands. */
export class Place {
  readonly home: HomeModule;
  readonly #nodes: readonly Node[];
  /** The offset of the function's `core` in the file; undefined when the text is not the same or stands there twice. */
  readonly #offset: number | undefined;

  constructor(home: HomeModule, nodes: readonly Node[], offset: number | undefined) {
    this.home = home;
    this.#nodes = nodes;
    this.#offset = offset;
  }

  /** Where the function's expression begins, lines and columns from 0; what comes before its core counts backwards. */
  origin({ prefixLength }: FunctionSource): { file: string; line: number; column: number } | undefined {
    if (this.#offset === undefined || !this.home.keepsPlaces) return undefined;
    const { text } = this.home.syntax;
    const column = columnAt(text, this.#offset) - prefixLength;
    return { file: this.home.url, line: lineAt(text, this.#offset), column };
  }

  /** L2 */
  meaningOf(name: string): Meaning {
    const meanings = this.#nodes.map((node) => this.#meaningAt(node, name));
    const [first] = meanings;
    if (first === undefined) return { type: 'unknown' };
    const words = JSON.stringify(first);
    return meanings.every((meaning) => JSON.stringify(meaning) === words) ? first : { type: 'several' };
  }

  #meaningAt(node: Node, name: string): Meaning {
    let scope: Scope | null = this.home.scopes.acquire(node)?.upper ?? null;
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
    const line = lineAt(this.home.syntax.text, rangeOf(definition.name)[0]) + 1;
    return { type: 'variable', kind: definition.kind ?? definition.type.toLowerCase(), line };
  }
}

function initialOf(declaration: Node): Node | undefined {
  const value = declaration.type === 'VariableDeclarator' ? declaration.init : undefined;
  if (value?.type === 'CallExpression' && isNameKeeper(value.callee)) return value.arguments[0];
  return value ?? undefined;
}

/** Finds a function in a file; undefined when it is not there. */
export function placeIn(home: HomeModule, source: FunctionSource): Place | undefined {
  const { core } = source;
  const candidates = functionNodes(home);
  const { text } = home.syntax;
  const same = candidates.filter((node) => {
    const [start, end] = rangeOf(node);
    return end - start === core.length && text.startsWith(core, start);
  });
  const [only] = same;
  if (only !== undefined) return new Place(home, same, same.length === 1 ? rangeOf(only)[0] : undefined);
  // A loader that rewrites files, as tsx does, changes spaces, quotes and brackets, and adds calls that keep names.
  const words = wordsOf(source.syntax.tokens, source.node);
  const alike = candidates.filter((node) => wordsOf(home.syntax.tokens, node) === words);
  return alike.length === 0 ? undefined : new Place(home, alike, undefined);
}

/** Finds a function in the files that a file imports, and in those that they import. */
export function placeBelow(home: HomeModule, source: FunctionSource): Place | undefined {
  const seen = new Set([home.url]);
  const waiting = relativeImports(home);
  for (let url = waiting.shift(); url !== undefined && seen.size < searchedFilesMax; url = waiting.shift()) {
    if (seen.has(url)) continue;
    seen.add(url);
    // Loaders such as tsx find work.ts for an import of ./work.js, too.
    const imported = homeModule(url) ?? homeModule(url.replace(/\.([cm]?)js$/, '.$1ts'));
    if (imported === undefined) continue;
    const place = placeIn(imported, source);
    if (place !== undefined) return place;
    waiting.push(...relativeImports(imported));
  }
  return undefined;
}

const functionTypes = new Set([
  'ArrowFunctionExpression',
  'FunctionExpression',
  'FunctionDeclaration',
  'ClassExpression',
  'ClassDeclaration',
]);
const functionNodesOf = new WeakMap<HomeModule, Node[]>();

function functionNodes(home: HomeModule): Node[] {
  let nodes = functionNodesOf.get(home);
  if (nodes === undefined) {
    const found: Node[] = [];
    walk(home.syntax.program, (node) => {
      if (functionTypes.has(node.type)) found.push(node);
      return true;
    });
    nodes = found;
    functionNodesOf.set(home, nodes);
  }
  return nodes;
}

function isNameKeeper(node: Node): boolean {
  return node.type === 'Identifier' && node.name === '__name';
}

function isNameKeeping(statement: Node): boolean {
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'CallExpression') return false;
  return isNameKeeper(statement.expression.callee);
}

/** The names, operators and literals of a node: what stays the same when a loader rewrites a file. */
function wordsOf(tokens: readonly Token[], node: Node): string {
  const left: [number, number][] = [];
  walk(node, (inner) => {
    if (inner.type === 'CallExpression' && isNameKeeper(inner.callee)) {
      const [kept] = inner.arguments;
      const [start, end] = rangeOf(inner);
      const [keptStart, keptEnd] = kept === undefined ? [start, start] : rangeOf(kept);
      left.push([start, keptStart], [keptEnd, end]);
    }
    // After a function's declaration stands a call by itself; in a class one stands in a block of its own.
    if (isNameKeeping(inner)) left.push([...rangeOf(inner)]);
    if (inner.type === 'StaticBlock' && inner.body.every(isNameKeeping)) left.push([...rangeOf(inner)]);
    return true;
  });
  const [start, end] = rangeOf(node);
  const words: string[] = [];
  for (let at = firstFrom(tokens, start); at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined || token.end > end) break;
    if (token.value === undefined) continue;
    if (left.some(([from, to]) => token.start >= from && token.end <= to)) continue;
    words.push(typeof token.value === 'object' ? JSON.stringify(token.value) : String(token.value));
  }
  return JSON.stringify(words);
}

/** The index of the first token that begins at an offset or after it. */
function firstFrom(tokens: readonly Token[], offset: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((tokens[middle]?.start ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
