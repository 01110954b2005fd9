// Takes the types off a cell, and says whether what was typed is whole.
//
// Types become spaces, so that places stay. What is more than types, such as an enum, is transformed, as Node itself would;
// such a cell does not keep its lines.

import { stripTypeScriptTypes } from 'node:module';

/** What it comes to. */
export type Stripped =
  | { readonly plain: string }
  /** More lines may complete it. */
  | { readonly state: 'incomplete'; readonly error: Error }
  | { readonly state: 'wrong'; readonly error: Error };

/** Takes types off. */
export function strip(text: string): Stripped {
  const { emitWarning } = process;
  // That the function is experimental is our affair, not one to warn the user of. Nothing else runs meanwhile.
  process.emitWarning = () => {};
  try {
    return { plain: stripTypeScriptTypes(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if ('code' in error && error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return transform(text);
    return { state: endsEarly(error) ? 'incomplete' : 'wrong', error: told(error) };
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Enums, namespaces and parameter properties are more than types. */
function transform(text: string): Stripped {
  try {
    return { plain: stripTypeScriptTypes(text, { mode: 'transform' }) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { state: 'wrong', error: told(error) };
  }
}

/** The compiler marks the place of an error with carets under the line, but for an end that came too early. */
function endsEarly({ message, stack = '' }: SyntaxError): boolean {
  if (/^Unterminated (template|block comment)/.test(message)) return true;
  const excerpt = stack.split('\n\n')[0] ?? '';
  return !/^\s*\^+\s*$/m.test(excerpt) && !/^\s*> /m.test(excerpt);
}

/** A syntax error with the line and the place, as the compiler drew them, and no stack. */
function told({ message, stack = '' }: SyntaxError): SyntaxError {
  const [, ...excerpt] = (stack.split('\n\n')[0] ?? '').split('\n');
  const error = new SyntaxError(message);
  error.stack = [`SyntaxError: ${message}`, ...excerpt.map((line) => `    ${line}`)].join('\n');
  return error;
}
