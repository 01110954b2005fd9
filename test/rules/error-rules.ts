// Error classes: a code each that programs can rely on, and a name that is the class's.

import ts from 'typescript';
import { roomOf, type SourceFile, sourceRooms } from './source-tree.ts';
import { placeOf, syntaxOf, walk } from './syntax.ts';

/** The codes that were published. A program may compare them, so none of them ever changes. */
export const publishedCodes: Readonly<Record<string, string>> = {
  GridbookError: 'GRIDBOOK',
  InvalidArgumentError: 'INVALID_ARGUMENT',
  SerializationError: 'NOT_SERIALIZABLE',
  TaskError: 'TASK_FAILED',
  CancelledError: 'CANCELLED',
  TimeoutError: 'TIMEOUT',
  WorkerDiedError: 'WORKER_DIED',
  NodeDiedError: 'NODE_DIED',
  ActorDiedError: 'ACTOR_DIED',
  ObjectLostError: 'OBJECT_LOST',
  ConnectionError: 'CONNECTION',
  ClosedError: 'CLOSED',
  ProtocolError: 'PROTOCOL',
  VersionError: 'VERSION',
  ResourceError: 'RESOURCES',
  AuthenticationError: 'AUTHENTICATION',
  StoreError: 'STORE',
};

/** Error classes that no caller ever sees, each with its reason to stay outside the family. */
export const innerErrors: Readonly<Record<string, string>> = {
  UnshippableImport: 'ends one import and is turned into the refusal of the whole function',
  MissingModule: 'stands in for the error that Node throws, whose code packages look for',
};

interface ErrorClass {
  readonly name: string;
  readonly base: string;
  readonly place: string;
  readonly code: string | undefined;
}

/** The error classes of the source rooms. */
export function errorClassesOf(files: readonly SourceFile[]): ErrorClass[] {
  const classes: ErrorClass[] = [];
  for (const file of files) {
    if (!sourceRooms.includes(roomOf(file.path) ?? '')) continue;
    walk(syntaxOf(file), (node) => {
      if (!ts.isClassLike(node)) return;
      const base = node.heritageClauses?.find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
      if (base === undefined || !/Error$/.test(base.expression.getText())) return;
      const name = node.name?.text ?? '(a class without a name)';
      classes.push({ name, base: base.expression.getText(), place: placeOf(file, node), code: codeOf(node) });
    });
  }
  return classes;
}

function codeOf(node: ts.ClassLikeDeclaration): string | undefined {
  for (const member of node.members) {
    if (!ts.isPropertyDeclaration(member) || member.name.getText() !== 'code') continue;
    return member.initializer && ts.isStringLiteral(member.initializer) ? member.initializer.text : undefined;
  }
  return undefined;
}

/** Error classes without a code of their own, with another's, or outside the family; codes that changed. */
export function errorViolations(
  files: readonly SourceFile[],
  published: Readonly<Record<string, string>>,
  inner: Readonly<Record<string, string>>,
): string[] {
  const violations: string[] = [];
  const holders = new Map<string, string>();
  const classes = errorClassesOf(files);
  for (const { name, base, place, code } of classes) {
    if (name in inner) continue;
    if (!name.endsWith('Error')) violations.push(`${place} ${name}: the name of an error class ends in Error`);
    if (/^(Error|\w+\.Error|(Type|Range|Syntax|Aggregate)Error)$/.test(base) && name !== 'GridbookError') {
      violations.push(`${place} ${name} extends ${base}: errors of Gridbook extend GridbookError`);
    }
    if (code === undefined) {
      violations.push(`${place} ${name} has no code of its own, written as a string`);
      continue;
    }
    if (!/^[A-Z]+(_[A-Z]+)*$/.test(code)) violations.push(`${place} ${name}: the code ${code} is not UPPER_CASE`);
    const holder = holders.get(code);
    if (holder !== undefined) violations.push(`${place} ${name} has the code ${code}, which is that of ${holder}`);
    holders.set(code, name);
    if (name in published && published[name] !== code) {
      violations.push(`${place} ${name} had the code ${published[name]} when it was published, and has ${code} now`);
    }
  }
  const names = new Set(classes.map(({ name }) => name));
  for (const name of Object.keys(published)) if (!names.has(name)) violations.push(`${name} was published and is gone`);
  for (const name of Object.keys(inner)) if (!names.has(name)) violations.push(`${name} has a permission and is gone`);
  return violations;
}

/** Exported error classes whose instances have another name than the class. */
export function errorNameViolations(exported: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(exported).flatMap(([name, value]) => {
    if (!isErrorClass(value)) return [];
    // What the classes need beside a message; each reads its part.
    const error: Error = Reflect.construct(value, ['made by a test', { reason: 'exit', mayHaveRun: false }]);
    return error.name === name && value.name === name
      ? []
      : [`an instance of ${name} says that its name is ${error.name}`];
  });
}

function isErrorClass(value: unknown): value is new (...args: never[]) => Error {
  return typeof value === 'function' && value.prototype instanceof Error;
}
