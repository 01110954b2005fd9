// What the package's own declarations say of its public names: docstrings, signatures, options.
//
// Owns: finding them in the sources, or, in the published package, in the declarations beside them; read when first asked.
// Does not own: how they are shown (help.ts), what is completed (completion.ts).

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A field of an options object, or a method. */
export interface Member {
  readonly name: string;
  /** As it is declared, on one line. */
  readonly signature: string;
  readonly doc: string;
}

/** Something that the package exports. */
export interface Declaration {
  readonly name: string;
  readonly kind: 'function' | 'class' | 'interface' | 'const' | 'type';
  readonly signature: string;
  readonly doc: string;
  readonly members: readonly Member[];
  /** What it extends. */
  readonly bases: readonly string[];
}

const sdk = fileURLToPath(new URL('../../sdk', import.meta.url));
const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.d.ts';

let known: Map<string, Declaration> | undefined;

/** A public name of the package. */
export function declarationOf(name: string): Declaration | undefined {
  known ??= readAll();
  return known.get(name);
}

/** The fields of a type, those of the types that it extends included. */
export function fieldsOf(type: string, depth = 0): Member[] {
  const declaration = declarationOf(type);
  if (declaration === undefined || depth > 5) return [];
  return [...declaration.members, ...declaration.bases.flatMap((base) => fieldsOf(base, depth + 1))];
}

/** The types of a function's or method's parameters, by their places. */
export function parameterTypes(signature: string): string[] {
  const open = signature.indexOf('(');
  const close = closingAt(signature, open);
  if (open < 0 || close < 0) return [];
  return splitTop(signature.slice(open + 1, close)).map((parameter) => {
    const type = /\??\s*:\s*([\s\S]*)$/.exec(parameter)?.[1] ?? '';
    return type.replace(/\s*=\s*[^=>]*$/, '').trim();
  });
}

/** The names of types in the text of a type. */
export function typeNames(type: string): string[] {
  return type.match(/\b[A-Z]\w*/g) ?? [];
}

function readAll(): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  for (const file of readdirSync(sdk, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith(suffix) || file.startsWith('worker')) continue;
    for (const declaration of declarationsIn(readFileSync(join(sdk, file), 'utf8'))) {
      // The one that says something of itself is the public one.
      const other = found.get(declaration.name);
      if (other === undefined || other.doc === '') found.set(declaration.name, declaration);
    }
  }
  return found;
}

const head =
  /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*\n)?export (?:declare )?(?:async )?(function|class|interface|const|type) (\w+)/g;

function declarationsIn(text: string): Declaration[] {
  const found: Declaration[] = [];
  for (const match of text.matchAll(head)) {
    const [whole, doc = '', kind = '', name = ''] = match;
    const start = match.index + whole.lastIndexOf('export');
    const rest = text.slice(start);
    if (kind === 'class' || kind === 'interface') {
      const open = rest.indexOf('{');
      const signature = oneLine(rest.slice(0, open));
      const body = rest.slice(open + 1, closingAt(rest, open));
      const bases = typeNames(/\bextends\s+([^{]*)/.exec(signature)?.[1] ?? '');
      found.push({ name, kind, signature: bare(signature), doc: plainDoc(doc), members: membersIn(body), bases });
    } else if (kind === 'function' || kind === 'const' || kind === 'type') {
      found.push({ name, kind, signature: bare(oneLine(upToBody(rest))), doc: plainDoc(doc), members: [], bases: [] });
    }
  }
  return found;
}

const member =
  /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*\n)?^ {2,4}(?:static |override |async |readonly |get )*([a-zA-Z]\w*)(\??\s*[:(<])/gm;

function membersIn(body: string): Member[] {
  const found = new Map<string, Member>();
  for (const match of body.matchAll(member)) {
    const [whole, doc = '', name = ''] = match;
    const indent = /^( *)\S/m.exec(whole.slice(whole.lastIndexOf('\n') + 1))?.[1]?.length ?? 0;
    if (indent > depthOf(body) || name === 'constructor' || doc.includes('@internal')) continue;
    const start = match.index + whole.length - (match[3]?.length ?? 0) - name.length;
    const before = found.get(name);
    const signature = oneLine(upToBody(body.slice(start)));
    if (before === undefined || before.doc === '') found.set(name, { name, signature, doc: plainDoc(doc) });
  }
  return [...found.values()];
}

/** How far the members of a body are indented: declarations of compilers by four, sources by two. */
function depthOf(body: string): number {
  return /^( +)\S/m.exec(body)?.[1]?.length ?? 2;
}

/** A declaration without what it does. */
function upToBody(text: string): string {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? '';
    if ('([<'.includes(character)) depth++;
    else if (')]'.includes(character) || (character === '>' && text[i - 1] !== '=')) depth--;
    else if (depth === 0 && (character === ';' || (character === '=' && text[i + 1] !== '>'))) return text.slice(0, i);
    else if (character === '{') {
      if (depth > 0 || /[:|&]\s*$/.test(text.slice(0, i))) i = closingAt(text, i);
      else return text.slice(0, i);
    }
  }
  return text.slice(0, 200);
}

const pairs: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']' };

function closingAt(text: string, open: number): number {
  const opening = text[open] ?? '';
  const closing = pairs[opening];
  let depth = 0;
  for (let i = open; i >= 0 && i < text.length; i++) {
    if (text[i] === opening) depth++;
    else if (text[i] === closing && --depth === 0) return i;
  }
  return -1;
}

function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? '';
    if ('([{<'.includes(character)) depth++;
    else if (')]}'.includes(character) || (character === '>' && text[i - 1] !== '=')) depth--;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function bare(signature: string): string {
  return signature.replace(/^export (declare )?/, '').replace(/\{\s*$/, '');
}

function oneLine(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\( /g, '(')
    .replace(/,? \)/g, ')')
    .trim();
}

function plainDoc(doc: string): string {
  return doc
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}
