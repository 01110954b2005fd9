// What a file of code may hold: no holes in the types, nothing unfinished, a purpose at its top, a sensible length and
// name.

import { posix } from 'node:path';
import ts from 'typescript';
import { roomOf, type SourceFile, sourceRooms } from './source-tree.ts';
import { commentsOf, placeAt, placeOf, syntaxOf, walk } from './syntax.ts';

/** The most lines of a file. */
export const linesMax = 400;

/** Casts through `unknown` that are allowed, each with its reason. */
export const allowedCasts: Readonly<Record<string, string>> = {};

/** Uses of `any`, and casts through `unknown` beyond those that are allowed. */
export function typeHoleViolations(files: readonly SourceFile[], casts: Readonly<Record<string, string>>): string[] {
  const violations: string[] = [];
  const unused = new Set(Object.keys(casts));
  for (const file of files) {
    walk(syntaxOf(file), (node) => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) violations.push(`${placeOf(file, node)} uses any`);
      if (!isCastThroughUnknown(node)) return;
      if (file.path in casts) unused.delete(file.path);
      else violations.push(`${placeOf(file, node)} casts through unknown, which silences the compiler`);
    });
  }
  for (const path of unused) violations.push(`${path} has a cast through unknown allowed, and needs it no more`);
  return violations;
}

function isCastThroughUnknown(node: ts.Node): boolean {
  if (!ts.isAsExpression(node) && !ts.isTypeAssertionExpression(node)) return false;
  if (node.type.kind === ts.SyntaxKind.UnknownKeyword) return false;
  let inner = node.expression;
  while (ts.isParenthesizedExpression(inner)) inner = inner.expression;
  return (
    (ts.isAsExpression(inner) || ts.isTypeAssertionExpression(inner)) &&
    (inner.type.kind === ts.SyntaxKind.UnknownKeyword || inner.type.kind === ts.SyntaxKind.NeverKeyword)
  );
}

/** Ways of `node:child_process` to start a shell. */
const shellStarters = new Set(['exec', 'execSync']);

/** What starts a shell, which would take apart what a field of a request holds. */
export function shellViolations(files: readonly SourceFile[]): string[] {
  const violations: string[] = [];
  for (const file of files) {
    if (roomOf(file.path) === 'test' || !file.text.includes('child_process')) continue;
    walk(syntaxOf(file), (node) => {
      const isStarter = ts.isImportSpecifier(node) && shellStarters.has((node.propertyName ?? node.name).text);
      const isOption = ts.isPropertyAssignment(node) && ts.isIdentifier(node.name) && node.name.text === 'shell';
      if (isStarter || isOption) violations.push(`${placeOf(file, node)} starts a shell: give a program its arguments`);
    });
  }
  return violations;
}

const unfinished = /\b(TODO|FIXME|XXX|HACK)\b/;
const silenced = /^(\/\/|\/\*+)\s*@ts-(ignore|nocheck)/;
const expected = /^(\/\/|\/\*+)\s*@ts-expect-error/;

/** Comments that silence the compiler or say that something is left to do. */
export function commentViolations(files: readonly SourceFile[]): string[] {
  const violations: string[] = [];
  for (const file of files) {
    for (const { text, position } of commentsOf(file)) {
      const place = placeAt(file, position);
      const word = unfinished.exec(text)?.[0];
      if (word !== undefined) violations.push(`${place} says ${word}: finish it, or say what is so`);
      if (silenced.test(text)) violations.push(`${place} silences the compiler`);
      if (expected.test(text) && !file.path.startsWith('test/types/')) {
        violations.push(`${place} expects an error of types: only test/types/ does that`);
      }
    }
  }
  return violations;
}

/** Words in documents that say that something is left to do. */
export function documentViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, i) => (unfinished.test(line) ? [`${path}:${i + 1} says that something is left`] : [])),
  );
}

/** Files that are longer than a reader holds in the head. */
export function lengthViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, '').split('\n').length;
    return lines > linesMax ? [`${path} has ${lines} lines, at most ${linesMax} are allowed`] : [];
  });
}

/** The shortest first comment that can say a purpose, in letters. */
const purposeLengthLeast = 15;

/** Files that do not begin with a comment that says what they are for. */
export function headerViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const start = file.text.startsWith('#!') ? file.text.indexOf('\n') + 1 : 0;
    const header: string[] = [];
    for (const { text, position } of commentsOf(file)) {
      const before = file.text.slice(start, position);
      const isHeader = header.length === 0 ? position === start : /^(\s*\/\/.*\n)*$/.test(before);
      if (!isHeader || (header.length > 0 && !text.startsWith('//'))) break;
      header.push(text);
    }
    const words = header.join(' ').replace(/[^\p{L} ]/gu, '');
    return words.trim().length >= purposeLengthLeast
      ? []
      : [`${file.path} does not begin with its purpose in a comment`];
  });
}

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** Python cannot import a file with a hyphen in its name. */
const snakeCase = /^[a-z0-9]+(_[a-z0-9]+)*$/;
const vague = new Set(['common', 'helper', 'helpers', 'misc', 'shared', 'util', 'utils']);

/** Names in the rooms that are not kebab-case, or that say nothing of what is inside. */
export function nameViolations(paths: readonly string[]): string[] {
  const violations: string[] = [];
  for (const path of paths) {
    const room = roomOf(path);
    if (room === undefined) continue;
    const folders = posix.dirname(path).split('/');
    const stem = posix.basename(path).replace(/(\.(test|bench|d))?\.[a-z0-9]+$/, '');
    for (const name of [...folders, stem]) {
      const isRight = kebabCase.test(name) || (path.endsWith('.py') && name === stem && snakeCase.test(name));
      if (!isRight) violations.push(`${path}: ${name} is not kebab-case`);
      if (sourceRooms.includes(room) && vague.has(name))
        violations.push(`${path}: ${name} does not say what is inside`);
    }
  }
  return violations;
}
