// The syntax tree of a cell: its nodes by their types, and the names in them.

import type { AnyNode, Node, Pattern } from 'acorn';

/** Whether a node is of a type. */
export function isNode<T extends AnyNode['type']>(node: Node, type: T): node is Extract<AnyNode, { type: T }> {
  return node.type === type;
}

/** Whether it is a function or a class. */
export function isFunctionLike({ type }: Node): boolean {
  return /Function/.test(type) || type === 'ClassDeclaration' || type === 'ClassExpression';
}

/** The nodes right under a node. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value: unknown) =>
    Array.isArray(value) ? value.filter(isAnyNode) : isAnyNode(value) ? [value] : [],
  );
}

/** Whether a value is a node. */
export function isAnyNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value
  );
}

/** The names that a pattern binds. */
export function namesIn(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        namesIn(property.type === 'RestElement' ? property.argument : property.value),
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element ? namesIn(element) : []));
    case 'RestElement':
      return namesIn(pattern.argument);
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    default:
      return [];
  }
}

/** What an identifier or a text in its place says. */
export function nameOf(node: Node): string {
  if (isNode(node, 'Identifier')) return node.name;
  return isNode(node, 'Literal') ? String(node.value) : '';
}
