// An example of a document or a docstring: a whole program, and what it prints.

import ts from 'typescript';
import { publicNamesOf } from '../rules/public-api.ts';

export interface Example {
  /** Where it is from, for people: `README.md:42`. */
  readonly origin: string;
  readonly code: string;
}

/** The blocks of TypeScript in a document. */
export function examplesOfDocument(name: string, text: string): Example[] {
  return [...text.matchAll(/^( *)```ts\b[^\n]*\n([\s\S]*?)^\1```/gm)].map((match) => ({
    origin: `${name}:${text.slice(0, match.index).split('\n').length}`,
    code: withoutIndent(match[2] ?? '', match[1] ?? ''),
  }));
}

function withoutIndent(code: string, indent: string): string {
  return code.replace(new RegExp(`^${indent}`, 'gm'), '');
}

/** The blocks of TypeScript in the docstrings of public names. */
export function examplesOfDocstrings(program: ts.Program, entry: string): Example[] {
  const found = new Map<string, Example>();
  for (const { name, declaration } of publicNamesOf(program, entry)) {
    const docs = ts.getJSDocCommentsAndTags(declaration).filter((doc) => ts.isJSDoc(doc));
    const text = docs.map((doc) => doc.getText().replace(/^\s*\* ?/gm, '')).join('\n');
    for (const [i, { code }] of examplesOfDocument(name, text).entries()) {
      found.set(code, { origin: i === 0 ? name : `${name}, example ${i + 1}`, code });
    }
  }
  return [...found.values()];
}

/** What an example says that it prints, line by line. */
export function expectedLines(code: string): string[] {
  return [...code.matchAll(/\/\/ prints: ?(.*)$/gm)].map(([, line]) => (line ?? '').trimEnd());
}

/** Whether an example says of all that it prints what that is. */
export function saysEverything(code: string): boolean {
  return code
    .split(/(?=console\.(?:log|info|dir|table)\()/)
    .filter((part) => part.startsWith('console.'))
    .every((part) => part.includes('// prints:'));
}

/**
 * How what was printed differs from what an example says; undefined when it does not. In an expected line `…` stands
 * for anything. An example that does not say everything may print more between its lines.
 */
export function differenceOf(code: string, printed: readonly string[]): string | undefined {
  const exact = saysEverything(code);
  let at = 0;
  for (const line of expectedLines(code)) {
    const pattern = new RegExp(`^${line.split('…').map(literally).join('.*')}$`);
    const found = printed.findIndex((p, i) => i >= at && pattern.test(p));
    if (found < 0 || (exact && found !== at)) {
      return `expected "${line}"${exact ? `, got ${at < printed.length ? `"${printed[at]}"` : 'nothing more'}` : ''}`;
    }
    at = found + 1;
  }
  return exact && at < printed.length ? `expected nothing more, got "${printed[at]}"` : undefined;
}

/** Text as the pattern that matches it alone. */
function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
