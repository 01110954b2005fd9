// help(), and `thing?`: what is in scope, and what a thing is.

import { inspect } from 'node:util';
import type { CellNames } from './cell-names.ts';
import { type Declaration, declarationOf, fieldsOf, type Member, parameterTypes, typeNames } from './declarations.ts';
import { type Look, styled, twoColumns } from './look.ts';
import { propertyNames, propertyOf, valueAt } from './name-path.ts';
import { ownDocs, scopeLines } from './scope.ts';
import { showWorkloads } from './workloads-shown.ts';

const sourceLinesMax = 30;

/** The text of `help(…)`. */
export function help(about: readonly unknown[], names: CellNames, look: Look): string {
  if (about.length > 0) return about.map((value) => aboutValue(value, undefined, names, look)).join('\n\n');
  const end = 'Commands: .help lists them. A task may use what earlier cells define.';
  return ['In scope:', twoColumns(scopeLines, look), '', end].join('\n');
}

/** The text of `path?`; undefined when there is nothing of that name. */
export function inspection(path: string, names: CellNames, look: Look): string | undefined {
  const value = valueAt(path, names);
  if (value !== undefined || names.has(path)) return aboutValue(value, path, names, look);
  const documented = documentedAs(value, path, names);
  if (documented !== undefined) return shownParts(documented, look);
  const [owner, member] = parted(path);
  // Nothing of the user's is run to find out what it gives.
  return owner !== undefined && propertyNames(valueAt(owner, names)).includes(member)
    ? `${styled(look, 'bold', path)}: undefined, or what is computed when it is read`
    : undefined;
}

function shownParts(parts: readonly string[], look: Look): string {
  return parts.map((part) => part.replace(/^[^\n]*/, (line) => styled(look, 'bold', line))).join('\n\n');
}

/** A path without its last member, undefined when it has only one part, and that member. */
function parted(path: string): [owner: string | undefined, member: string] {
  const at = path.lastIndexOf('.');
  return at < 0 ? [undefined, path] : [path.slice(0, at), path.slice(at + 1)];
}

function aboutValue(value: unknown, path: string | undefined, names: CellNames, look: Look): string {
  const documented = documentedAs(value, path, names);
  if (documented !== undefined) return shownParts(documented, look);
  const workloads = showWorkloads(value, look);
  if (workloads !== undefined) return workloads;
  const kind = typeof value === 'function' ? (isClass(value) ? 'a class' : 'a function') : kindOf(value);
  const head = `${path === undefined ? '' : `${styled(look, 'bold', path)}: `}${kind}`;
  if (typeof value !== 'function') {
    return `${head}\n${inspect(value, { colors: look.colors, depth: 2, breakLength: look.width, maxArrayLength: 20 })}`;
  }
  const lines = Function.prototype.toString.call(value).split('\n');
  const source = lines.length > sourceLinesMax ? [...lines.slice(0, sourceLinesMax), '…'] : lines;
  return `${head}\n${source.join('\n')}`;
}

/** What the package says of it: signature and docstring, then the options that it takes. */
function documentedAs(value: unknown, path: string | undefined, names: CellNames): string[] | undefined {
  const ownDoc = ownDocOf(value, names);
  if (ownDoc !== undefined) return [ownDoc];
  const [owner, member] = parted(path ?? '');
  const classOfOwner = owner === undefined ? undefined : ownClassOf(valueAt(owner, names));
  if (classOfOwner !== undefined) {
    const found = fieldsOf(classOfOwner.name).find(({ name }) => name === member);
    if (found !== undefined) return withOptions(found);
  }
  const name = path === undefined ? nameOf(value) : (names.importedFrom(path)?.exportName ?? '');
  const isOwn = path === undefined || names.importedFrom(path)?.specifier === 'gridbook';
  const declaration = isOwn ? declarationOf(name) : undefined;
  if (declaration !== undefined && declaration.kind !== 'interface') return withOptions(declaration);
  const ofClass = ownClassOf(value);
  return ofClass === undefined ? undefined : [...withOptions(ofClass), memberLines(ofClass.members)];
}

/** What is said of a function of the prompt's own, unless a cell has its name. */
function ownDocOf(value: unknown, names: CellNames): string | undefined {
  const { defined } = names;
  return Object.entries(ownDocs).find(([name]) => names.valueOf(name) === value && !defined.includes(name))?.[1];
}

function withOptions({ signature, doc }: Member | Declaration): string[] {
  const types = parameterTypes(signature).flatMap(typeNames);
  const options = types
    .map((type) => ({ type, fields: fieldsOf(type) }))
    .filter(({ type, fields }) => fields.length > 0 && /Options|Parameters/.test(type));
  return [`${signature}\n${reflowed(doc)}`, ...options.map(({ type, fields }) => `${type}\n${memberLines(fields)}`)];
}

/** A docstring without the line breaks inside of its paragraphs, which are those of the sources. */
function reflowed(doc: string): string {
  return doc
    .split(/(^```[\s\S]*?^```)/m)
    .map((part) => (part.startsWith('```') ? part : part.replace(/(\S)\n(?=[^\s@|-])/g, '$1 ')))
    .join('');
}

function memberLines(members: readonly Member[]): string {
  return members
    .map(
      ({ signature, doc }) =>
        `  ${signature}${doc === '' ? '' : `\n      ${doc.split('\n\n')[0]?.replace(/\n/g, ' ')}`}`,
    )
    .join('\n');
}

/** The class of the package that a value is an instance of. */
export function ownClassOf(value: unknown): Declaration | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const declaration = declarationOf(classNameOf(value));
  return declaration?.kind === 'class' ? declaration : undefined;
}

/** The name of the class of an object; empty for none. What the object itself says is not asked, which may be a call of an actor. */
function classNameOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  return nameOf(propertyOf(prototype, 'constructor'));
}

function nameOf(value: unknown): string {
  return typeof value === 'function' ? value.name : '';
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  const name = classNameOf(value) || 'object';
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}
