// What may come where the cursor stands: names, members, parameters of a call, files and packages, commands.
//
// Owns: finding out where the cursor stands. Does not own: names (cell-names.ts), what the package declares
//   (declarations.ts). Nothing of the user's is run.

import { readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { homePath } from '../home-path.ts';
import type { CellNames } from './cell-names.ts';
import { keepName, metaName } from './cell-syntax.ts';
import { declarationOf, fieldsOf, parameterTypes, typeNames } from './declarations.ts';
import { ownClassOf } from './help.ts';
import { propertyNames, valueAt } from './name-path.ts';

/** Names by which cells are run, and nobody types. */
const ownNames: ReadonlySet<string> = new Set([keepName, metaName]);

/** What fits, and the part of the text that it takes the place of. */
export type Completions = [fitting: string[], part: string];

const keywords =
  'async await break case catch class const continue default delete do else export extends false finally for from function if import in instanceof interface let new null of return static super switch this throw true try type typeof undefined var void while yield';

/** A command's own completions, of its arguments. */
export interface CommandNames {
  readonly names: readonly string[];
  /** What a command takes: files, or some words. */
  argumentsOf(command: string): 'files' | readonly string[];
}

/** Completes what stands before the cursor. */
export function complete(text: string, names: CellNames, commands: CommandNames): Completions {
  const command = /^\s*\.(\w*)$/.exec(text)?.[1];
  if (command !== undefined)
    return fitting(
      commands.names.map((name) => `.${name}`),
      `.${command}`,
    );
  const [, called = '', argument] = /^\s*\.(\w+)\s+(?:.*\s)?(\S*)$/.exec(text) ?? [];
  if (argument !== undefined) {
    const those = commands.argumentsOf(called);
    return those === 'files' ? files(argument) : fitting(those, argument);
  }
  const module = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"]*)$/.exec(text)?.[2];
  if (module !== undefined) return /^(\.|\/)/.test(module) ? files(module) : fitting(modules(), module);
  const file = /['"`]((?:\.{1,2}|~)?\/[^'"`]*)$/.exec(text)?.[1];
  if (file !== undefined) return files(file);
  const [, path, member] = /([A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*|\[\d+\])*)\??\.([\w$]*)$/.exec(text) ?? [];
  if (path !== undefined && member !== undefined) {
    const held = propertyNames(valueAt(path, names));
    return fitting(
      held.filter((name) => member.startsWith('_') || !name.startsWith('_')),
      member,
    );
  }
  if (/[\w$)\]]\??\.[\w$]*$/.test(text) || /(['"`])[^'"`]*$/.test(quotesOf(text))) return [[], ''];
  const word = /[A-Za-z_$][\w$]*$/.exec(text)?.[0] ?? '';
  const parameters = parametersAt(text, names).map((name) => `${name}: `);
  if (word === '') return [parameters, ''];
  const [fits] = fitting(parameters, word);
  if (fits.length > 0) return [fits, word];
  const known = [
    ...names.all.filter((name) => !ownNames.has(name)),
    ...Object.getOwnPropertyNames(globalThis),
    ...keywords.split(' '),
  ];
  return fitting([...new Set(known)].sort(), word);
}

function fitting(all: readonly string[], part: string): Completions {
  const exact = all.filter((name) => name.startsWith(part));
  if (exact.length > 0) return [exact, part];
  const lower = part.toLowerCase();
  return [all.filter((name) => name.toLowerCase().startsWith(lower)), part];
}

/** A text without what stands in quotes that are closed. */
function quotesOf(text: string): string {
  return text.replace(/\\./g, '').replace(/(['"`])[^'"`]*\1/g, '');
}

function files(part: string): Completions {
  const at = part.endsWith('/') || part === '' ? part : part.slice(0, part.lastIndexOf('/') + 1);
  try {
    const found = readdirSync(at === '' ? '.' : homePath(at), { withFileTypes: true });
    const shown = found.filter(({ name }) => !name.startsWith('.') && name !== 'node_modules');
    return fitting(shown.map((entry) => `${at}${entry.name}${entry.isDirectory() ? '/' : ''}`).sort(), part);
  } catch {
    return [[], part];
  }
}

function modules(): string[] {
  const found = new Set([
    'gridbook',
    ...builtinModules.filter((name) => !name.startsWith('_')).map((name) => `node:${name}`),
  ]);
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    try {
      for (const name of readdirSync(join(folder, 'node_modules'))) if (/^[a-z]/.test(name)) found.add(name);
    } catch {
      // There are none here.
    }
    if (dirname(folder) === folder) return [...found].sort();
  }
}

/** The names of the fields that an object takes that stands open before the cursor, as an argument of a call. */
export function parametersAt(text: string, names: CellNames): string[] {
  const call = openCall(text);
  if (call === undefined || !call.inObject) return [];
  const given = new Set(
    [...text.slice(call.objectAt).matchAll(/[{,]\s*([A-Za-z_$][\w$]*)\s*[:,]/g)].map(([, name]) => name),
  );
  return fieldsTaken(call.path, call.argument, text.slice(0, call.objectAt), names).filter((name) => !given.has(name));
}

function fieldsTaken(path: string, argument: number, before: string, names: CellNames): string[] {
  const [, workload] = /\bworkloads\.(\w+)\s*,\s*$/.exec(before) ?? [];
  if (path === 'sweep' && argument === 2 && workload !== undefined)
    return paramsOf(valueAt(`workloads.${workload}`, names));
  const value = valueAt(path, names);
  const signature = signatureOf(path, names);
  if (signature !== undefined) {
    const type = parameterTypes(signature)[argument] ?? '';
    return [...new Set(typeNames(type).flatMap((name) => fieldsOf(name).map((field) => field.name)))];
  }
  return typeof value === 'function' ? destructured(value, argument) : [];
}

/** The parameters of a workload. */
function paramsOf(workload: unknown): string[] {
  const params: unknown =
    typeof workload === 'object' && workload !== null && 'params' in workload ? workload.params : [];
  return Array.isArray(params) ? [...params.map(({ name }: { name: unknown }) => String(name)), 'workers'] : [];
}

/** What the package declares at a path. */
export function signatureOf(path: string, names: CellNames): string | undefined {
  const at = path.lastIndexOf('.');
  if (at >= 0) {
    const owner = ownClassOf(valueAt(path.slice(0, at), names));
    return owner && fieldsOf(owner.name).find(({ name }) => name === path.slice(at + 1))?.signature;
  }
  const imported = names.importedFrom(path);
  return imported?.specifier === 'gridbook' ? declarationOf(imported.exportName)?.signature : undefined;
}

/** The names that a function of the user's takes out of an object that it is given. */
function destructured(fn: object, argument: number): string[] {
  const source = Function.prototype.toString.call(fn);
  const pattern = parameterTexts(source)[argument]?.trim() ?? '';
  if (!pattern.startsWith('{')) return [];
  return [...pattern.matchAll(/[{,]\s*([A-Za-z_$][\w$]*)/g)].map(([, name]) => name ?? '');
}

function parameterTexts(source: string): string[] {
  const open = source.indexOf('(');
  const texts: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let i = open; i >= 0 && i < source.length; i++) {
    const character = source[i] ?? '';
    if ('([{'.includes(character)) depth++;
    if (')]}'.includes(character)) depth--;
    if ((character === ',' && depth === 1) || depth === 0) {
      texts.push(source.slice(from, i));
      from = i + 1;
    }
    if (depth === 0) break;
  }
  return texts;
}

interface OpenCall {
  readonly path: string;
  readonly argument: number;
  readonly inObject: boolean;
  readonly objectAt: number;
}

/** The call whose arguments the cursor stands in, from the brackets that are open before it. */
export function openCall(text: string): OpenCall | undefined {
  const open: { character: string; at: number; commas: number }[] = [];
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? '';
    if (quote !== '') {
      if (character === '\\') i++;
      else if (character === quote) quote = '';
    } else if ('\'"`'.includes(character)) quote = character;
    else if ('([{'.includes(character)) open.push({ character, at: i, commas: 0 });
    else if (')]}'.includes(character)) open.pop();
    else if (character === ',') {
      const last = open.at(-1);
      if (last !== undefined) last.commas++;
    }
  }
  const object = open.at(-1)?.character === '{' ? open.pop() : undefined;
  const call = open.at(-1);
  if (call?.character !== '(') return undefined;
  const path = /([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)\s*$/.exec(text.slice(0, call.at))?.[1];
  if (path === undefined) return undefined;
  return { path, argument: call.commas, inObject: object !== undefined, objectAt: object?.at ?? text.length };
}
