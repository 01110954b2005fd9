// Files of the user's program, read and parsed once.
//
// Owns: the cache of parsed files, taking types off. Does not own: reading them (program-files.ts), finding functions in
//   them (place-search.ts).
//
// Invariants:
//   H1. Offsets, lines and columns in a parsed file are those of the file, because types become spaces; only a file
//       with enums or the like, which need a transformation, does not keep them, and says so.

import { stripTypeScriptTypes } from 'node:module';
import type { ScopeManager } from 'eslint-scope';
import { isTypeScript, textOfFile } from './program-files.ts';
import { parse, type Syntax, scopesOf } from './syntax.ts';

/** A file of the user's program. */
export class HomeModule {
  readonly url: string;
  readonly syntax: Syntax;
  /** Whether places in `syntax` are those of the file (H1). */
  readonly keepsPlaces: boolean;
  readonly #written: string;
  #scopes: ScopeManager | undefined;

  constructor(url: string, written: string, syntax: Syntax, keepsPlaces: boolean) {
    this.url = url;
    this.#written = written;
    this.syntax = syntax;
    this.keepsPlaces = keepsPlaces;
  }

  get scopes(): ScopeManager {
    this.#scopes ??= scopesOf(this.syntax);
    return this.#scopes;
  }

  /** Whether types were taken off a part of it, leaving spaces. */
  hadTypes(start: number, end: number): boolean {
    return this.keepsPlaces && this.#written.slice(start, end) !== this.syntax.text.slice(start, end);
  }

  /** The file's name without its folder. */
  get fileName(): string {
    return decodeURIComponent(new URL(this.url).pathname.split('/').at(-1) ?? '');
  }
}

const modules = new Map<string, HomeModule | undefined>();

/** The parsed file at a URL; undefined when it is no file, cannot be read, or is not JavaScript or TypeScript. */
export function homeModule(url: string): HomeModule | undefined {
  if (!modules.has(url)) modules.set(url, readModule(url));
  return modules.get(url);
}

function readModule(url: string): HomeModule | undefined {
  const text = textOfFile(url);
  if (text === undefined) return undefined;
  try {
    const { script, keepsPlaces } = isTypeScript(url) ? withoutTypes(text) : { script: text, keepsPlaces: true };
    return new HomeModule(url, text, parseEither(script), keepsPlaces);
  } catch {
    return undefined;
  }
}

function parseEither(script: string): Syntax {
  try {
    return parse(script);
  } catch {
    return parse(script, 'script');
  }
}

function withoutTypes(text: string): { script: string; keepsPlaces: boolean } {
  const { emitWarning } = process;
  // That the function is experimental is our affair, not one to warn the user of. Nothing else runs meanwhile.
  process.emitWarning = () => {};
  try {
    return { script: stripTypeScriptTypes(text), keepsPlaces: true };
  } catch {
    return { script: stripTypeScriptTypes(text, { mode: 'transform' }), keepsPlaces: false };
  } finally {
    process.emitWarning = emitWarning;
  }
}
