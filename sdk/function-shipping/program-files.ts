// The files of the user's program as text: what stands in one, and which others belong to it.
//
// Owns: reading files, following relative paths from one to the next. Does not own: parsing them (home-module.ts).
//
// Invariants:
//   T1. A file is read when it is first needed and never again: the functions in memory are those of that time.
//   T2. Files are followed by what looks like a path in their text, without parsing them: rather one too many than one
//       too few, for a file that is left out may hold another function of the same text.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Most files that are followed from one. */
export const programFilesMax = 1024;

/** The files that belong together. */
export interface ProgramFiles {
  /** The file where it began comes first. */
  readonly urls: readonly string[];
  /** Whether they are all, so that the limit did not cut them. */
  readonly isComplete: boolean;
}

const texts = new Map<string, string | undefined>(); // T1
const programs = new Map<string, ProgramFiles>();

/** The text of a file; undefined when it cannot be read, or is not JavaScript or TypeScript by its name. */
export function textOfFile(url: string): string | undefined {
  if (!texts.has(url)) texts.set(url, readText(url));
  return texts.get(url);
}

/** Whether a file is TypeScript, by its name. */
export function isTypeScript(url: string): boolean {
  return extensionOf(url)?.endsWith('ts') === true;
}

/** A file and those that it reaches by relative paths. */
export function programFilesOf(url: string): ProgramFiles {
  let program = programs.get(url);
  if (program === undefined) {
    program = follow(url);
    programs.set(url, program);
  }
  return program;
}

function follow(start: string): ProgramFiles {
  const found = new Set([start]);
  for (const url of found) {
    for (const [, , path = ''] of (textOfFile(url) ?? '').matchAll(/(["'`])(\.\.?\/(?:(?!\1)[^\\\n])*)\1/g)) {
      const next = fileOf(new URL(path, url));
      if (next === undefined || found.has(next)) continue;
      if (found.size >= programFilesMax) return { urls: [...found], isComplete: false };
      found.add(next);
    }
  }
  return { urls: [...found], isComplete: true };
}

/** The file that a path means, also to CommonJS and to loaders that find work.ts for ./work.js and for ./work. */
function fileOf({ href }: URL): string | undefined {
  const others =
    extensionOf(href) === undefined
      ? ['.ts', '.js', '.cjs', '/index.ts', '/index.js'].map((end) => href + end)
      : [href.replace(/\.([cm]?)js$/, '.$1ts')];
  return [href, ...others].find((url) => textOfFile(url) !== undefined);
}

function extensionOf(url: string): string | undefined {
  return /\.[cm]?[jt]s$/.exec(new URL(url).pathname)?.[0];
}

function readText(url: string): string | undefined {
  if (extensionOf(url) === undefined || !url.startsWith('file:')) return undefined;
  try {
    return readFileSync(fileURLToPath(url.replace(/[?#].*$/, '')), 'utf8');
  } catch {
    return undefined;
  }
}
