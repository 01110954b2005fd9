// What a function takes from around itself: its free variables, and what it uses that cannot be taken along.
//
// Owns: finding them. Does not own: refusing them (refused-uses.ts), what they mean (resolution.ts).

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
      if (unresolved.has(node.callee)) mark('directEvalAt', node);
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
    });
  }
  return [...found.values()];
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

/** Where a node begins in the expression, which stands in brackets when it is parsed. */
function offsetOf(node: Node): number {
  return rangeOf(node)[0] - 1;
}
