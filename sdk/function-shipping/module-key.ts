// Tells whether two files mean the same module by what they write.

import { findPackageJSON, isBuiltin } from 'node:module';

/** A text that is the same for two files only if a specifier is the same module to both. */
export function moduleKey(specifier: string, importerUrl: string): string {
  if (isBuiltin(specifier)) return specifier.replace(/^node:/, '');
  if (/^(\.{0,2}\/|file:)/.test(specifier)) return new URL(specifier, importerUrl).href;
  try {
    const inPackage = specifier.startsWith('#')
      ? findPackageJSON(importerUrl)
      : findPackageJSON(specifier, importerUrl);
    return JSON.stringify([specifier, inPackage]);
  } catch {
    return JSON.stringify([specifier, importerUrl]);
  }
}
