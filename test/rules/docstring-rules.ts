// What the docstrings of public names must say: what it is, each parameter, the result, the errors, and an example.

import { relative } from 'node:path';
import ts from 'typescript';
import { overloadsOf, type PublicName, publicNamesOf, summaryOf, tagsOf } from './public-api.ts';
import { root } from './source-tree.ts';

/** What the docstrings behind an entry lack. */
export function docstringViolations(program: ts.Program, entry: string): string[] {
  const checker = program.getTypeChecker();
  const names = publicNamesOf(program, entry);
  const withExample = new Set(
    names.filter(({ declaration }) => tagsOf(declaration, 'example').length > 0).map(({ name }) => name),
  );
  return names.flatMap((publicName) => {
    const { name, declaration, kind } = publicName;
    const lacks: string[] = [];
    if (summaryOf(declaration) === '') lacks.push('a docstring');
    if (kind === 'function' || kind === 'method') lacks.push(...signatureLacks(signatureOf(declaration), checker));
    if (
      (kind === 'function' || kind === 'class') &&
      !withExample.has(name) &&
      !baseHasExample(publicName, withExample)
    ) {
      lacks.push('@example');
    }
    return lacks.map((lack) => `${placeOf(declaration)} ${name} lacks ${lack}`);
  });
}

function placeOf(declaration: ts.Declaration): string {
  const source = declaration.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(declaration.getStart());
  return `${relative(root, source.fileName)}:${line + 1}`;
}

/** A class of a family is used like the class that it extends: one example does for all of them. */
function baseHasExample({ declaration }: PublicName, withExample: ReadonlySet<string>): boolean {
  if (!ts.isClassDeclaration(declaration)) return false;
  const bases = declaration.heritageClauses?.filter((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword) ?? [];
  return bases.some((clause) => clause.types.some(({ expression }) => withExample.has(expression.getText())));
}

function signatureOf(declaration: ts.Declaration): ts.SignatureDeclaration {
  const node = ts.isVariableDeclaration(declaration) ? declaration.initializer : declaration;
  if (node === undefined || !ts.isFunctionLike(node)) throw new Error(`${placeOf(declaration)} is no function`);
  return node;
}

function signatureLacks(signature: ts.SignatureDeclaration, checker: ts.TypeChecker): string[] {
  // The docstring of a constant stands before the constant.
  const documented = ts.isVariableDeclaration(signature.parent) ? signature.parent : signature;
  const lacks: string[] = [];
  const described = new Set(
    ts
      .getJSDocTags(documented)
      .filter((tag) => ts.isJSDocParameterTag(tag))
      .filter((tag) => (ts.getTextOfJSDocComment(tag.comment) ?? '').trim() !== '')
      .map((tag) => tag.name.getText()),
  );
  for (const { name } of signature.parameters) {
    // One that is taken apart at once is described by the name that callers read.
    const isDescribed = ts.isIdentifier(name)
      ? described.has(name.text)
      : described.size >= signature.parameters.length;
    if (!isDescribed) lacks.push(`@param ${ts.isIdentifier(name) ? name.text : 'for what is taken apart'}`);
  }
  if (givesResult(signature, checker) && isEmpty(documented, 'returns')) lacks.push('@returns');
  if (canThrow(signature, checker) && isEmpty(documented, 'throws')) lacks.push('@throws');
  return lacks;
}

function isEmpty(declaration: ts.Declaration, tagName: string): boolean {
  const tags = tagsOf(declaration, tagName);
  return tags.length === 0 || tags.some(({ tag, text }) => text.trim() === '' && !hasTypeText(tag));
}

/** TypeScript takes a first word in braces for a type. */
function hasTypeText(tag: ts.JSDocTag): boolean {
  return ts.isJSDocThrowsTag(tag) && tag.typeExpression !== undefined;
}

function givesResult(signature: ts.SignatureDeclaration, checker: ts.TypeChecker): boolean {
  const resolved = checker.getSignatureFromDeclaration(signature);
  if (resolved === undefined) return false;
  const type = checker.getReturnTypeOfSignature(resolved);
  const settled = checker.getAwaitedType(type) ?? type;
  return (settled.flags & (ts.TypeFlags.Void | ts.TypeFlags.Never | ts.TypeFlags.Undefined)) === 0;
}

/** Whether a function throws by itself, or calls one whose docstring says that it throws. */
function canThrow(signature: ts.SignatureDeclaration, checker: ts.TypeChecker): boolean {
  const bodies: readonly ts.SignatureDeclaration[] =
    ts.isFunctionDeclaration(signature) || ts.isMethodDeclaration(signature) ? overloadsOf(signature) : [signature];
  let found = false;
  const visit = (node: ts.Node): void => {
    if (found || ts.isFunctionLike(node)) return;
    if (ts.isThrowStatement(node)) found = true;
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const called = checker.getResolvedSignature(node)?.declaration;
      if (called !== undefined && !ts.isJSDocSignature(called) && saysThrows(called)) found = true;
    }
    // What is thrown inside a try with a catch is that catch's matter.
    if (ts.isTryStatement(node) && node.catchClause !== undefined) {
      visit(node.catchClause.block);
      if (node.finallyBlock !== undefined) visit(node.finallyBlock);
      return;
    }
    ts.forEachChild(node, visit);
  };
  for (const body of bodies) if ('body' in body && body.body !== undefined) ts.forEachChild(body, visit);
  return found;
}

function saysThrows(called: ts.Declaration): boolean {
  const isOurs = !called.getSourceFile().isDeclarationFile;
  return isOurs && tagsOf(called, 'throws').length > 0;
}

/** Error classes that a `@throws` names and nobody can import from any of the entries. */
export function unknownErrors(program: ts.Program, entries: readonly string[]): string[] {
  const names = entries.flatMap((entry) => publicNamesOf(program, entry));
  const known = new Set(names.map(({ name }) => name));
  return names.flatMap(({ name, declaration }) =>
    tagsOf(declaration, 'throws').flatMap(({ text }) =>
      [...text.matchAll(/\b[A-Z]\w*Error\b/g)]
        .filter(([error]) => !known.has(error) && !(error in globalThis))
        .map(([error]) => `${placeOf(declaration)} ${name} says that it throws ${error}, which is not exported`),
    ),
  );
}
