// Which imports mean this very package: workers use their own copy of it, and it is never bundled.

import { fileURLToPath } from 'node:url';

const indexUrl = new URL(import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js', import.meta.url).href;

/** The file that the package's name stands for. */
export const ownIndexPath = fileURLToPath(indexUrl);

/** Whether a specifier in a file means this package, by its name or by a path to its index. */
export function isOwnPackage(specifier: string, importerUrl: string | undefined): boolean {
  if (specifier === 'gridbook') return true;
  return (
    importerUrl !== undefined && /^(\.\.?\/|file:)/.test(specifier) && new URL(specifier, importerUrl).href === indexUrl
  );
}
