// What a program can import from this package: the exported names, their members, and what their comments say.

import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { readTreeFile, root } from './source-tree.ts';

/** Something public that has a docstring of its own. */
export interface PublicName {
  /** As people write it: `connect`, `Session.map`. */
  readonly name: string;
  readonly declaration: ts.Declaration;
  readonly kind: 'function' | 'class' | 'method' | 'other';
}

/** The source behind each export of the package, by the export's name: `{ '.': 'sdk/index.ts' }`. */
export function sourcesOfExports(): Record<string, string> {
  const { exports }: { exports: Record<string, { default: string }> } = JSON.parse(readTreeFile('package.json'));
  return Object.fromEntries(
    Object.entries(exports)
      .map(([name, { default: built }]) => [name, built.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts')] as const)
      .filter(([, source]) => existsSync(`${root}${source}`)),
  );
}

/** The files behind the package's exports, the main one first. */
export const publicEntries: readonly string[] = Object.values(sourcesOfExports()).map((source) => `${root}${source}`);

/** The one for cells of notebooks. */
export const notebookEntry = `${root}notebooks/index.ts`;

/** The options under which the repository is compiled. */
export function readOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}

/** The program behind a file of the repository. */
export function createPublicProgram(): ts.Program {
  return ts.createProgram(publicEntries, readOptions());
}

/** What the language itself declares, which all samples share. */
const libraries = new Map<string, ts.SourceFile | undefined>();

/** A program of files that are nowhere but here, by their absolute paths. */
export function createSampleProgram(files: Readonly<Record<string, string>>): ts.Program {
  const options = readOptions();
  const host = ts.createCompilerHost(options);
  const { directoryExists, fileExists, readFile, getSourceFile } = host;
  const folders = new Set(Object.keys(files).map((path) => posix.dirname(path)));
  host.directoryExists = (path) => folders.has(path) || (directoryExists?.(path) ?? true);
  host.fileExists = (path) => path in files || fileExists(path);
  host.readFile = (path) => files[path] ?? readFile(path);
  host.getSourceFile = (path, language, onError, fresh) => {
    const text = files[path];
    if (text !== undefined) return ts.createSourceFile(path, text, language, true);
    if (!libraries.has(path)) libraries.set(path, getSourceFile(path, language, onError, fresh));
    return libraries.get(path);
  };
  return ts.createProgram(Object.keys(files), options, host);
}

/** Everything public behind an entry: its exports, and the methods of its classes and interfaces. */
export function publicNamesOf(program: ts.Program, entry: string): PublicName[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entry} is no module`);
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    return (symbol.declarations ?? []).flatMap((declaration) => namesAt(exported.name, declaration));
  });
}

function namesAt(name: string, declaration: ts.Declaration): PublicName[] {
  if (isInternal(declaration) || isImplementation(declaration)) return [];
  if (ts.isFunctionDeclaration(declaration)) return [{ name, declaration, kind: 'function' }];
  if (ts.isVariableDeclaration(declaration)) {
    const { initializer } = declaration;
    const isFunction = initializer !== undefined && ts.isFunctionLike(initializer);
    return [{ name, declaration, kind: isFunction ? 'function' : 'other' }];
  }
  if (!ts.isClassDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration)) {
    return [{ name, declaration, kind: 'other' }];
  }
  const names: PublicName[] = [{ name, declaration, kind: ts.isClassDeclaration(declaration) ? 'class' : 'other' }];
  for (const member of declaration.members) {
    const isMethod = ts.isMethodDeclaration(member) || ts.isMethodSignature(member);
    if (!isMethod || !ts.isIdentifier(member.name) || isHidden(member)) continue;
    if (!isImplementation(member))
      names.push({ name: `${name}.${member.name.text}`, declaration: member, kind: 'method' });
  }
  return names;
}

/** Whether a declaration is the body behind overloads, which no caller sees. */
function isImplementation(declaration: ts.Declaration): boolean {
  if (!ts.isFunctionDeclaration(declaration) && !ts.isMethodDeclaration(declaration)) return false;
  return declaration.body !== undefined && overloadsOf(declaration).length > 1;
}

function isHidden(member: ts.ClassElement | ts.TypeElement): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(member) & hidden) !== 0 || isInternal(member);
}

function isInternal(declaration: ts.Declaration): boolean {
  return ts.getJSDocTags(declaration).some((tag) => tag.tagName.text === 'internal');
}

/** All declarations of one function or method of one place: its overloads, and the body behind them. */
export function overloadsOf(declaration: ts.FunctionDeclaration | ts.MethodDeclaration): ts.SignatureDeclaration[] {
  const { parent, name } = declaration;
  const siblings: readonly ts.Node[] = ts.isClassLike(parent)
    ? parent.members
    : ts.isSourceFile(parent)
      ? parent.statements
      : [];
  return siblings.filter(
    (sibling): sibling is ts.FunctionDeclaration | ts.MethodDeclaration =>
      (ts.isFunctionDeclaration(sibling) || ts.isMethodDeclaration(sibling)) &&
      sibling.name?.getText() === name?.getText(),
  );
}

/** The docstring's tags of one name, with their texts. */
export function tagsOf(declaration: ts.Declaration, tagName: string): { tag: ts.JSDocTag; text: string }[] {
  return ts
    .getJSDocTags(declaration)
    .filter((tag) => tag.tagName.text === tagName)
    .map((tag) => ({ tag, text: ts.getTextOfJSDocComment(tag.comment) ?? '' }));
}

/** The docstring before its tags. */
export function summaryOf(declaration: ts.Declaration): string {
  return ts
    .getJSDocCommentsAndTags(declaration)
    .filter((doc) => ts.isJSDoc(doc))
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '')
    .join('\n')
    .trim();
}
