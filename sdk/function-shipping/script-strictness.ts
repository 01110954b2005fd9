// Makes each module of a bundle strict or sloppy, as it was.
//
// ES modules are strict. CommonJS is sloppy unless it says otherwise, and old packages need that: they assign to variables
// that nobody declared. esbuild puts ES modules side by side into one scope, without a directive, and each CommonJS module
// into a function of its own. So all of the script becomes one strict function, apart from the CommonJS functions, which
// come before it with the directives that they have. What those use of the scope that they leave is declared outside, too.
//
// Owns: that change of the script, finding the directive. Does not own: making the script (bundle.ts).

import { type Node, parse, rangeOf } from './syntax.ts';

/** A change of the text. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Gives a script of esbuild the strictness of its modules. */
export function keepStrictness(script: string): string {
  if (!script.includes('__commonJS(')) return `'use strict';${script}`;
  const { body } = parse(script, 'script').program;
  const modules = body.map(wrappedModule).filter((module) => module !== undefined);
  const prefix = unusedName(script);
  const outside: string[] = [];
  const edits: Edit[] = [];
  const words = new Set<string>();
  for (const [index, module] of modules.entries()) {
    const [start, end] = rangeOf(module);
    const text = script.slice(start, end);
    for (const [word] of text.matchAll(/[\p{ID_Continue}$]+/gu)) words.add(word);
    outside.push(`const ${prefix}${index}=${text};`);
    edits.push({ start, end, text: `${prefix}${index}` });
  }
  const shared: string[] = [];
  for (const statement of body) {
    const names = namesOf(statement);
    // esbuild may write other letters as escapes.
    if (!names.some((name) => words.has(name) || /[^\w$]/.test(name))) continue;
    const [start] = rangeOf(statement);
    edits.push({ start, end: start + 'var'.length, text: '' });
    shared.push(...names);
  }
  const declared = shared.length === 0 ? '' : `var ${shared.join(',')};`;
  return `${declared}${outside.join('\n')}(()=>{'use strict';${edited(script, edits)}\n})();`;
}

/** The object with the function of a CommonJS module: `var require_x = __commonJS({ "x"(exports, module) { … } })`. */
function wrappedModule(statement: Node): Node | undefined {
  if (statement.type !== 'VariableDeclaration') return undefined;
  const call = statement.declarations[0]?.init;
  if (call?.type !== 'CallExpression' || call.callee.type !== 'Identifier') return undefined;
  return call.callee.name === '__commonJS' ? call.arguments[0] : undefined;
}

/** Whether a file begins with the directive; only comments and other directives may stand before it. */
export function hasStrictDirective(text: string): boolean {
  const part = /\s+|\/\/.*|\/\*[\s\S]*?\*\/|^#!.*|("[^"\n]*"|'[^'\n]*')\s*;?/y;
  for (let found = part.exec(text); found !== null; found = part.exec(text)) {
    if (found[1]?.slice(1, -1) === 'use strict') return true;
  }
  return false;
}

/** The names of a declaration by `var` that can go on as an assignment without the word; esbuild's own all can. */
function namesOf(statement: Node): string[] {
  if (statement.type !== 'VariableDeclaration' || statement.kind !== 'var') return [];
  const names = statement.declarations.map(({ id }) => (id.type === 'Identifier' ? id.name : undefined));
  return names.every((name) => name !== undefined) ? names : [];
}

function edited(script: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(script.slice(at, start), text);
    at = end;
  }
  parts.push(script.slice(at));
  return parts.join('');
}

function unusedName(script: string): string {
  for (let i = 0; ; i++) {
    const name = `$sloppy${i}_`;
    if (!script.includes(name)) return name;
  }
}
