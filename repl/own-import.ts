// What `gridbook` means to the files that a command or a prompt imports.
//
// Invariants:
//   O1. It is the very Gridbook that runs them, whatever is installed or built where they are.

import { registerHooks } from 'node:module';

const index = new URL(import.meta.url.endsWith('.ts') ? '../sdk/index.ts' : '../sdk/index.js', import.meta.url).href;

let isOwn = false;

/** O1. It stays so, since a file may import when it runs. */
export function importOwnPackage(): void {
  if (isOwn) return;
  isOwn = true;
  registerHooks({
    resolve: (specifier, context, next) => next(specifier === 'gridbook' ? index : specifier, context),
  });
}
