// What the imports of a file bring in under which names.
//
// Owns: the forms of imports: declarations, and `require` and `await import` at the start of a variable.
// Does not own: shipping what is imported (bundle.ts).

import type { Definition } from 'eslint-scope';
import type { Expression, ImportAttribute, Pattern, PrivateIdentifier } from 'estree';
import type { HomeModule } from './home-module.ts';

/** A name that comes from another module. */
export interface ImportedName {
  readonly specifier: string;
  /** The export's name, `default`, or `*` for the whole module. */
  readonly exportName: string;
  /** `require` gives what a module assigned to `module.exports`, and `*` means just that. */
  readonly by: 'import' | 'require';
  /** Such as `{ type: 'json' }`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a declaration imports; undefined when it declares something else. */
export function importedName({ type, node, parent, name }: Definition): ImportedName | undefined {
  if (type === 'Variable') {
    return node.type === 'VariableDeclarator' && node.init ? ofVariable(node.id, node.init, name.name) : undefined;
  }
  if (type !== 'ImportBinding' || parent?.type !== 'ImportDeclaration') return undefined;
  const specifier = String(parent.source.value);
  const from = { specifier, by: 'import' as const, attributes: attributesOf(parent.attributes) };
  if (node.type === 'ImportDefaultSpecifier') return { ...from, exportName: 'default' };
  if (node.type === 'ImportNamespaceSpecifier') return { ...from, exportName: '*' };
  return node.type === 'ImportSpecifier' ? { ...from, exportName: nameOf(node.imported) } : undefined;
}

/** `const fs = require('fs')`, `const { join } = await import('node:path')`. */
function ofVariable(target: Pattern, value: Expression, local: string): ImportedName | undefined {
  const from = loadedBy(value);
  if (from === undefined) return undefined;
  if (target.type === 'Identifier') return { ...from, exportName: '*' };
  if (target.type !== 'ObjectPattern') return undefined;
  for (const property of target.properties) {
    const { type } = property;
    if (type !== 'Property' || property.computed || property.value.type !== 'Identifier') continue;
    if (property.value.name === local) return { ...from, exportName: nameOf(property.key) };
  }
  return undefined;
}

function loadedBy(value: Expression): Omit<ImportedName, 'exportName'> | undefined {
  if (value.type === 'AwaitExpression' && value.argument.type === 'ImportExpression') {
    const { source } = value.argument;
    if (source.type !== 'Literal' || typeof source.value !== 'string') return undefined;
    return { specifier: source.value, by: 'import', attributes: {} };
  }
  if (value.type !== 'CallExpression' || value.callee.type !== 'Identifier') return undefined;
  const [specifier] = value.arguments;
  if (value.callee.name !== 'require' || specifier?.type !== 'Literal') return undefined;
  if (typeof specifier.value !== 'string') return undefined;
  return { specifier: specifier.value, by: 'require', attributes: {} };
}

/** The name that an identifier or a quoted name stands for. */
export function nameOf(node: Expression | PrivateIdentifier): string {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'Literal' ? String(node.value) : '';
}

function attributesOf(attributes: readonly ImportAttribute[] | undefined): Record<string, string> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [nameOf(key), String(value.value)]));
}

/** The specifiers of the modules that a file imports as a whole, at its top level. */
export function namespaceImports({ scopes, syntax }: HomeModule): string[] {
  const variables = scopes.acquireAll(syntax.program)?.flatMap((scope) => scope.variables) ?? [];
  const imported = variables.flatMap(({ defs }) => defs.map((definition) => importedName(definition)));
  return imported.flatMap((name) => (name?.exportName === '*' ? [name.specifier] : []));
}
