// The names that a cell uses and does not declare, with their places.

import type { Node as AcornNode, Program as AcornProgram } from 'acorn';
import { analyze } from 'eslint-scope';
import type { Program } from 'estree';
import { childrenOf, isNode } from './cell-syntax.ts';

/** A use of a name that is not the cell's own. */
export interface UsedName {
  readonly name: string;
  /** The places of the name; of all of `Out[n]` where it is that. */
  readonly start: number;
  readonly end: number;
  /** The `n` of `Out[n]`. */
  readonly outNumber: number | undefined;
  /** Whether it stands for a member and its value, as in `{ name }`. */
  readonly isShorthand: boolean;
}

/** The names that a program uses of what is around it. */
export function namesUsed(program: AcornProgram): UsedName[] {
  const outs = new Map<number, { readonly end: number; readonly outNumber: number }>();
  const shorthands = new Set<number>();
  lookAt(program, outs, shorthands);
  // acorn makes ESTree nodes; only its own type declarations differ from those of the standard.
  const { globalScope } = analyze(program as unknown as Program, { ecmaVersion: 2024, sourceType: 'module' });
  return (globalScope?.through ?? []).flatMap(({ identifier }) => {
    if (identifier.type !== 'Identifier' || identifier.range === undefined) return [];
    const { name } = identifier;
    const [start, end] = identifier.range;
    const out = name === 'Out' ? outs.get(start) : undefined;
    return [{ name, start, end: out?.end ?? end, outNumber: out?.outNumber, isShorthand: shorthands.has(start) }];
  });
}

function lookAt(
  node: AcornNode,
  outs: Map<number, { readonly end: number; readonly outNumber: number }>,
  shorthands: Set<number>,
): void {
  if (isNode(node, 'MemberExpression') && node.computed && isNode(node.property, 'Literal')) {
    const outNumber = node.property.value;
    if (typeof outNumber === 'number') outs.set(node.object.start, { end: node.end, outNumber });
  }
  if (isNode(node, 'Property') && node.shorthand) shorthands.add(node.key.start);
  for (const child of childrenOf(node)) lookAt(child, outs, shorthands);
}
