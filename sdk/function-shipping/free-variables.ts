// What a function takes from around itself: its free variables, and what it uses that cannot be taken along.
//
// Owns: finding them. Does not own: refusing them (refused-uses.ts), what they mean (place.ts, ship.ts).

import type { Scope } from 'eslint-scope';
import type { FunctionSource } from './function-source.ts';
import { type Node, rangeOf, scopesOf, walk } from './syntax.ts';

/** A variable that the function uses and does not declare. Offsets are in the function's `expression`. */
export interface FreeVariable {
  readonly name: string;
  /** Its first use. */
  readonly offset: number;
  /** Its first use as what is assigned to, if there is one. */
  readonly writtenAt: number | undefined;
  /** Whether the function asks for its `typeof`, so that it may be absent. */
  readonly isGuarded: boolean;
  /** Whether it is used while the class is made, as a class that it extends is. */
  readonly isEarly: boolean;
}

/** A call of `import()`. */
export interface DynamicImport {
  readonly offset: number;
  /** Undefined when it is not a plain string. */
  readonly specifier: string | undefined;
}

/** What a function takes from around itself. Offsets are in its `expression`. */
export interface Surroundings {
  /** In the order of their first use. */
  readonly variables: readonly FreeVariable[];
  readonly dynamicImports: readonly DynamicImport[];
  /** Names that are declared somewhere inside. */
  readonly declared: ReadonlySet<string>;
  /** First uses. `this` and `super` are those of the function, not of functions and classes inside it. */
  readonly thisAt: number | undefined;
  readonly superAt: number | undefined;
  readonly newTargetAt: number | undefined;
  readonly importMetaAt: number | undefined;
  readonly directEvalAt: number | undefined;
  /** A private name of a class that is around it. */
  readonly privateName: { readonly name: string; readonly offset: number } | undefined;
}

type Mark = 'thisAt' | 'superAt' | 'newTargetAt' | 'importMetaAt' | 'directEvalAt';

/** Finds what a function takes from around itself. */
export function findSurroundings(source: FunctionSource): Surroundings {
  const marks: Partial<Record<Mark, number>> = {};
  const mark = (name: Mark, node: Node): void => {
    marks[name] ??= offsetOf(node);
  };
  const guarded = new Set<Node>();
  const dynamicImports: DynamicImport[] = [];
  walk(source.node, (node) => {
    if (node.type === 'MetaProperty' && node.meta.name === 'import') mark('importMetaAt', node);
    if (node.type === 'UnaryExpression' && node.operator === 'typeof') guarded.add(node.argument);
    if (node.type === 'ImportExpression') {
      const { source: from } = node;
      const specifier = from.type === 'Literal' && typeof from.value === 'string' ? from.value : undefined;
      dynamicImports.push({ offset: offsetOf(node), specifier });
    }
    return true;
  });
  walkOwn(source.node, (node) => {
    if (node.type === 'ThisExpression') mark('thisAt', node);
    if (node.type === 'Super') mark('superAt', node);
    if (node.type === 'MetaProperty' && node.meta.name === 'new') mark('newTargetAt', node);
  });
  const scopes = scopesOf(source.syntax);
  const unresolved = new Set(scopes.globalScope?.through.map(({ identifier }) => identifier as Node));
  walk(source.node, (node) => {
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'eval') {
      if (node.optional !== true && unresolved.has(node.callee)) mark('directEvalAt', node);
    }
    return true;
  });
  return {
    variables: freeVariables(scopes, guarded),
    dynamicImports,
    declared: new Set(scopes.scopes.flatMap(({ variables }) => variables.map(({ name }) => name))),
    thisAt: marks.thisAt,
    superAt: marks.superAt,
    newTargetAt: marks.newTargetAt,
    importMetaAt: marks.importMetaAt,
    directEvalAt: marks.directEvalAt,
    privateName: findPrivateName(source.node),
  };
}

function freeVariables(scopes: ReturnType<typeof scopesOf>, guarded: ReadonlySet<Node>): FreeVariable[] {
  const found = new Map<string, FreeVariable>();
  const references = (scopes.globalScope?.through ?? []).map((reference) => {
    // The scope analysis also knows JSX identifiers, which are not parsed here.
    const identifier = reference.identifier as Node;
    return { reference, identifier, offset: offsetOf(identifier) };
  });
  references.sort((a, b) => a.offset - b.offset);
  for (const { reference, identifier, offset } of references) {
    const { name } = reference.identifier;
    const before = found.get(name);
    found.set(name, {
      name,
      offset: before?.offset ?? offset,
      writtenAt: before?.writtenAt ?? (reference.isWrite() ? offset : undefined),
      isGuarded: (before?.isGuarded ?? false) || guarded.has(identifier),
      isEarly: (before?.isEarly ?? false) || !isInFunction(reference.from),
    });
  }
  return [...found.values()];
}

function isInFunction(from: Scope): boolean {
  for (let scope: Scope | null = from; scope !== null; scope = scope.upper) if (scope.type === 'function') return true;
  return false;
}

/** Visits what shares the function's `this`: everything but functions that are not arrows, and members of classes. */
function walkOwn(root: Node, visit: (node: Node) => void): void {
  walk(root, (node, parent) => {
    visit(node);
    if (node === root) return node.type !== 'ClassExpression';
    if (node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration') return false;
    if (node.type === 'StaticBlock') return false;
    return !(parent?.type === 'PropertyDefinition' && parent.value === node);
  });
}

/** The first private name that no class inside declares. */
function findPrivateName(root: Node): Surroundings['privateName'] {
  const declaredIn = new Map<Node, ReadonlySet<string>>();
  let found: Surroundings['privateName'];
  walk(root, (node, parent) => {
    const around = (parent && declaredIn.get(parent)) ?? new Set<string>();
    const own = privateNamesOf(node);
    declaredIn.set(node, own.size === 0 ? around : new Set([...around, ...own]));
    if (node.type === 'PrivateIdentifier' && !around.has(node.name))
      found ??= { name: node.name, offset: offsetOf(node) };
    return true;
  });
  return found;
}

function privateNamesOf(node: Node): Set<string> {
  if (node.type !== 'ClassBody') return new Set();
  const keys = node.body.flatMap((member) =>
    'key' in member && member.key.type === 'PrivateIdentifier' ? [member.key.name] : [],
  );
  return new Set(keys);
}

/** Where a node begins in the expression, which stands in brackets when it is parsed. */
function offsetOf(node: Node): number {
  return rangeOf(node)[0] - 1;
}
