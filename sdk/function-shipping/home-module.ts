// Files of the user's program, read and parsed once.
//
// Owns: the cache of parsed files, taking types off. Does not own: finding functions in them (place.ts).
//
// Invariants:
//   H1. Offsets, lines and columns in a parsed file are those of the file, because types become spaces; only a file
//       with enums or the like, which need a transformation, does not keep them, and says so.
//   H2. A file is read when it is first needed and never again: the functions in memory are those of that time.

import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { ScopeManager } from 'eslint-scope';
import { parse, type Syntax, scopesOf } from './syntax.ts';

/** A file of the user's program. */
export class HomeModule {
  readonly url: string;
  readonly syntax: Syntax;
  /** Whether places in `syntax` are those of the file (H1). */
  readonly keepsPlaces: boolean;
  #scopes: ScopeManager | undefined;

  constructor(url: string, syntax: Syntax, keepsPlaces: boolean) {
    this.url = url;
    this.syntax = syntax;
    this.keepsPlaces = keepsPlaces;
  }

  get scopes(): ScopeManager {
    this.#scopes ??= scopesOf(this.syntax);
    return this.#scopes;
  }

  /** The file's name without its folder. */
  get fileName(): string {
    return decodeURIComponent(new URL(this.url).pathname.split('/').at(-1) ?? '');
  }
}

const modules = new Map<string, HomeModule | undefined>(); // H2

/** The parsed file at a URL; undefined when it is no file, cannot be read, or is not JavaScript or TypeScript. */
export function homeModule(url: string): HomeModule | undefined {
  if (!modules.has(url)) modules.set(url, readModule(url));
  return modules.get(url);
}

function readModule(url: string): HomeModule | undefined {
  const extension = /\.[cm]?[jt]s$/.exec(new URL(url).pathname)?.[0];
  if (extension === undefined || !url.startsWith('file:')) return undefined;
  try {
    const text = readFileSync(fileURLToPath(url.replace(/[?#].*$/, '')), 'utf8');
    const { script, keepsPlaces } = extension.endsWith('ts') ? withoutTypes(text) : { script: text, keepsPlaces: true };
    return new HomeModule(url, parseEither(script), keepsPlaces);
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
