// Finds a function in the files of the user's program.
//
// Owns: comparing its text with theirs. Does not own: what names mean there (place.ts), which files there are
//   (program-files.ts).
//
// Invariants:
//   E1. All places with the function's text are found, for it may be that of any of them.

import type { FunctionSource } from './function-source.ts';
import { type HomeModule, homeModule } from './home-module.ts';
import { isNameKeeper, Place, type Site } from './place.ts';
import { programFilesOf, textOfFile } from './program-files.ts';
import { type Node, rangeOf, type Token, walk } from './syntax.ts';

/**
 * Finds a function from a file on; undefined when it is not there.
 *
 * @param isEverywhere - whether the files that the file reaches are searched, too.
 */
export function findPlace(callerUrl: string, source: FunctionSource, isEverywhere: boolean): Place | undefined {
  const { urls, isComplete } = isEverywhere ? programFilesOf(callerUrl) : { urls: [callerUrl], isComplete: true };
  const needle = new Needle(source);
  const sites = urls.flatMap((url) => needle.sitesIn(url));
  const written = sites.filter((site) => needle.isSame(site));
  // A loader would not have left spaces where Node does: then what is alike but not the same is another function.
  const isAsWritten = written.some(({ home, node }) => home.hadTypes(...rangeOf(node)));
  const [first, ...others] = isAsWritten ? written : [...new Set([...written, ...sites])];
  if (first === undefined) return undefined;
  return new Place([first, ...others], written, isComplete);
}

/** What is looked for. */
class Needle {
  readonly #core: string;
  readonly #words: readonly string[];
  readonly #names: readonly string[];

  constructor({ core, syntax, node }: FunctionSource) {
    this.#core = core;
    const tokens = wordTokens(syntax.text, syntax.tokens, node);
    this.#words = tokens.map(wordOf);
    const names = tokens.filter(({ isName }) => isName).map(wordOf);
    // The long ones are in the fewest files.
    this.#names = [...new Set(names)].sort((a, b) => b.length - a.length);
  }

  /** A loader that rewrites files, as tsx does, changes spaces, quotes and brackets, and adds calls that keep names. */
  sitesIn(url: string): Site[] {
    const text = textOfFile(url);
    // Most files need no parsing; one that may write names by their code points does.
    if (text === undefined || !(text.includes('\\u') || this.#names.every((name) => text.includes(name)))) return [];
    const home = homeModule(url);
    if (home === undefined) return [];
    return functionNodes(home)
      .filter((node) => this.#isAlike(home, node))
      .map((node) => ({ home, node }));
  }

  isSame({ home, node }: Site): boolean {
    const [start, end] = rangeOf(node);
    return end - start === this.#core.length && home.syntax.text.startsWith(this.#core, start);
  }

  #isAlike({ syntax }: HomeModule, node: Node): boolean {
    let at = 0;
    for (const token of eachWordToken(syntax.text, syntax.tokens, node)) {
      if (wordOf(token) !== this.#words[at++]) return false;
    }
    return at === this.#words.length;
  }
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

function isNameKeeping(statement: Node): boolean {
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'CallExpression') return false;
  return isNameKeeper(statement.expression.callee);
}

function wordOf({ value }: Token): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function wordTokens(text: string, tokens: readonly Token[], node: Node): Token[] {
  return [...eachWordToken(text, tokens, node)];
}

/** The names, operators and literals of a node: what stays the same when a loader rewrites a file. */
function* eachWordToken(text: string, tokens: readonly Token[], node: Node): Generator<Token, void, undefined> {
  const [start, end] = rangeOf(node);
  const left = text.includes('__name') ? addedRanges(node) : [];
  for (let at = firstFrom(tokens, start); at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined || token.end > end) return;
    if (token.value === undefined) continue;
    if (left.some(([from, to]) => token.start >= from && token.end <= to)) continue;
    yield token;
  }
}

/** What a loader added to keep names. */
function addedRanges(node: Node): [number, number][] {
  const added: [number, number][] = [];
  walk(node, (inner) => {
    if (inner.type === 'CallExpression' && isNameKeeper(inner.callee)) {
      const [kept] = inner.arguments;
      const [start, end] = rangeOf(inner);
      const [keptStart, keptEnd] = kept === undefined ? [start, start] : rangeOf(kept);
      added.push([start, keptStart], [keptEnd, end]);
    }
    // After a function's declaration stands a call by itself; in a class one stands in a block of its own.
    if (isNameKeeping(inner)) added.push([...rangeOf(inner)]);
    if (inner.type === 'StaticBlock' && inner.body.every(isNameKeeping)) added.push([...rangeOf(inner)]);
    return true;
  });
  return added;
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
