// JavaScript text to a syntax tree and its scopes.
//
// Owns: how acorn and eslint-scope are called, and a walk over a tree. Does not own: what is looked for in it.

import * as acorn from 'acorn';
import { analyze, type ScopeManager } from 'eslint-scope';
import type { Node, Program } from 'estree';

export type { Node, Program } from 'estree';

/** A word of the text: a name, keyword, operator, literal or bracket. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  /** Whether it is a name, and not a keyword, text or number. */
  readonly isName: boolean;
}

/** A text and what it says. */
export interface Syntax {
  readonly text: string;
  readonly program: Program;
  readonly tokens: readonly Token[];
  readonly sourceType: 'module' | 'script';
}

/**
 * Parses JavaScript.
 *
 * @throws SyntaxError with `pos`, the offset of what is wrong.
 */
export function parse(text: string, sourceType: 'module' | 'script' = 'module'): Syntax {
  const tokens: Token[] = [];
  const tree: unknown = acorn.parse(text, {
    ecmaVersion: 'latest',
    sourceType,
    ranges: true,
    allowHashBang: true,
    // A method taken out of its class is refused with a reason of our own, and so is `super` outside of one.
    allowSuperOutsideMethod: true,
    checkPrivateFields: false,
    allowReturnOutsideFunction: sourceType === 'script',
    onToken: (token) => {
      // acorn's tokens have a value; its type declarations leave it out.
      tokens.push({
        start: token.start,
        end: token.end,
        value: Reflect.get(token, 'value'),
        isName: token.type.label === 'name',
      });
    },
  });
  // acorn makes ESTree nodes; only its own type declarations differ from those of the standard.
  if (!isNode(tree) || tree.type !== 'Program') throw new TypeError('What acorn parsed is no program');
  return { text, program: tree, tokens, sourceType };
}

/** The scopes of a parsed text. */
export function scopesOf({ program, sourceType }: Syntax): ScopeManager {
  return analyze(program, { ecmaVersion: 2024, sourceType, ignoreEval: true });
}

/** Where a node stands in its text, from the first character to the one after the last. */
export function rangeOf(node: Node): readonly [number, number] {
  if (node.range === undefined) throw new TypeError(`A ${node.type} without a range: parse() always sets it`);
  return node.range;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/**
 * Visits a node and those below it, in the order of the text.
 *
 * @param visit - returns false to leave out what is below the node.
 */
export function walk(root: Node, visit: (node: Node, parent: Node | undefined) => boolean | undefined): void {
  // A stack of our own: trees can be deeper than calls can.
  const waiting: [Node, Node | undefined][] = [[root, undefined]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, parent] = next;
    if (visit(node, parent) === false) continue;
    const children = Object.values(node).flat().filter(isNode);
    for (const child of children.reverse()) waiting.push([child, node]);
  }
}

/** What ends a line for JavaScript. */
const lineEnd = /\r\n|[\n\r\u2028\u2029]/g;

/** The line of an offset, from 0. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).match(lineEnd)?.length ?? 0;
}

/** The column of an offset, from 0. */
export function columnAt(text: string, offset: number): number {
  return text.slice(0, offset).split(lineEnd).at(-1)?.length ?? 0;
}
