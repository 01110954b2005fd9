// Files as the TypeScript compiler sees them: their tree, comments and imports.

import { posix } from 'node:path';
import ts from 'typescript';
import type { SourceFile } from './source-tree.ts';

const parsed = new WeakMap<SourceFile, ts.SourceFile>();

/** The syntax tree of a file. */
export function syntaxOf(file: SourceFile): ts.SourceFile {
  let syntax = parsed.get(file);
  if (syntax === undefined) {
    const name = file.path.endsWith('.ts') ? file.path : `${file.path}.ts`;
    syntax = ts.createSourceFile(name, file.text, ts.ScriptTarget.Latest, true);
    parsed.set(file, syntax);
  }
  return syntax;
}

/** Visits a node and everything below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** A place in a file, as people write it: `path:line`. */
export function placeAt(file: SourceFile, position: number): string {
  return `${file.path}:${syntaxOf(file).getLineAndCharacterOfPosition(position).line + 1}`;
}

/** The place where a node begins. */
export function placeOf(file: SourceFile, node: ts.Node): string {
  return placeAt(file, node.getStart(syntaxOf(file)));
}

/** A comment with its marks, and where it begins. */
export interface Comment {
  readonly text: string;
  readonly position: number;
}

/** The comments of a file; what looks like one inside a string or a regular expression is none. */
export function commentsOf(file: SourceFile): Comment[] {
  const found = new Map<number, Comment>();
  const add = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const { pos, end } of ranges ?? []) found.set(pos, { text: file.text.slice(pos, end), position: pos });
  };
  const syntax = syntaxOf(file);
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(syntax);
    if (children.length > 0) {
      children.forEach(visit);
      return;
    }
    add(ts.getLeadingCommentRanges(file.text, node.getFullStart()));
    // The text of a template goes on where one of its parts ends.
    if (!ts.isTemplateHead(node) && !ts.isTemplateMiddle(node)) {
      add(ts.getTrailingCommentRanges(file.text, node.getEnd()));
    }
  };
  visit(syntax);
  return [...found.values()].sort((a, b) => a.position - b.position);
}

/** One mention of another module. */
export interface Import {
  readonly place: string;
  readonly specifier: string;
  /** The path that a relative specifier means. */
  readonly target: string | undefined;
  /** The package that another specifier means; undefined for a relative one or a part of Node. */
  readonly packageName: string | undefined;
  /** It is gone when the types are. */
  readonly typeOnly: boolean;
}

/** All imports of a file: static and dynamic ones, re-exports, `require`, and `import('…')` among types. */
export function importsOf(file: SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const { text } = specifier;
    const relative = /^\.\.?(\/|$)/.test(text);
    imports.push({
      place: placeOf(file, node),
      specifier: text,
      target: relative ? posix.join(posix.dirname(file.path), text) : undefined,
      packageName: relative || text.startsWith('node:') ? undefined : packageOf(text),
      typeOnly,
    });
  };
  walk(syntaxOf(file), (node) => {
    if (ts.isImportDeclaration(node)) {
      // `import { type A }` is no type-only import: the module is still loaded.
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isCallExpression(node) && loadsModule(node.expression)) {
      add(node, node.arguments[0], false);
    }
  });
  return imports;
}

/** Whether a call of this loads a module: `import`, `require`, `createRequire(…)`. */
function loadsModule(called: ts.Expression): boolean {
  if (called.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(called)) return called.text === 'require';
  return (
    ts.isCallExpression(called) && ts.isIdentifier(called.expression) && called.expression.text === 'createRequire'
  );
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
