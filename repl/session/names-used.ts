// The names that a cell uses and does not declare, with their places.

import type { Node, Program } from 'acorn';
import { childrenOf, isAnyNode, isFunctionLike, isNode, namesIn } from './cell-nodes.ts';

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

/** The names that a program uses of what is around it; those that its own top level declares are among them. */
export function namesUsed(program: Program): UsedName[] {
  const found: UsedName[] = [];
  look(program, { bound: new Set(), isShorthand: false }, found);
  return found;
}

interface Around {
  /** Names that functions and blocks around declare. */
  readonly bound: ReadonlySet<string>;
  readonly isShorthand: boolean;
}

function look(node: Node, { bound, isShorthand }: Around, found: UsedName[]): void {
  if (isNode(node, 'Identifier')) {
    const { name, start, end } = node;
    if (!bound.has(name)) found.push({ name, start, end, outNumber: undefined, isShorthand });
    return;
  }
  if (isNode(node, 'MemberExpression') && isNode(node.object, 'Identifier') && node.object.name === 'Out') {
    const outNumber = isNode(node.property, 'Literal') && node.computed ? node.property.value : undefined;
    if (typeof outNumber === 'number' && !bound.has('Out')) {
      found.push({ name: 'Out', start: node.start, end: node.end, outNumber, isShorthand: false });
      return;
    }
  }
  const inside = new Set([...bound, ...namesBoundBy(node)]);
  const isShort = isNode(node, 'Property') && node.shorthand;
  const labels = labelsOf(node);
  for (const child of childrenOf(node)) {
    if (!labels.includes(child)) look(child, { bound: inside, isShorthand: isShort }, found);
  }
}

/** The names that hold inside a node: parameters and what is declared there, wherever; those of the top level are no one's. */
function namesBoundBy(node: Node): string[] {
  const own =
    isFunctionLike(node) && 'id' in node && isAnyNode(node.id) && isNode(node.id, 'Identifier') ? [node.id.name] : [];
  if (
    isNode(node, 'FunctionDeclaration') ||
    isNode(node, 'FunctionExpression') ||
    isNode(node, 'ArrowFunctionExpression')
  )
    return [...own, ...node.params.flatMap(namesIn), ...declaredIn(node.body)];
  if (isNode(node, 'CatchClause')) return [...(node.param ? namesIn(node.param) : []), ...declaredIn(node.body)];
  return node.type === 'Program' ? [] : isScope(node) ? [...own, ...declaredIn(node)] : own;
}

function isScope({ type }: Node): boolean {
  return type === 'BlockStatement' || type === 'SwitchStatement' || /^For/.test(type);
}

/** What is declared in a node, functions inside of it left out. */
function declaredIn(node: Node): string[] {
  return childrenOf(node).flatMap((child) => {
    if (isNode(child, 'FunctionDeclaration') || isNode(child, 'ClassDeclaration'))
      return child.id ? [child.id.name] : [];
    if (isFunctionLike(child)) return [];
    const own = isNode(child, 'VariableDeclarator') ? namesIn(child.id) : [];
    return [...own, ...declaredIn(child)];
  });
}

/** What only looks like a name: members, keys, labels. */
function labelsOf(node: Node): (Node | null | undefined)[] {
  if (isNode(node, 'MemberExpression')) return node.computed ? [] : [node.property];
  if (isNode(node, 'Property') || isNode(node, 'MethodDefinition') || isNode(node, 'PropertyDefinition'))
    return node.computed ? [] : [node.key];
  if (isNode(node, 'LabeledStatement') || isNode(node, 'BreakStatement') || isNode(node, 'ContinueStatement'))
    return [node.label];
  return /^(Import|Export).*Specifier$|^MetaProperty$/.test(node.type) ? childrenOf(node) : [];
}
