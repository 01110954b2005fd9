// Makes an executable that pretends to be a Python.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fixture = fileURLToPath(new URL('../../../fixtures/peers/pretending-python.ts', import.meta.url));

/** An executable of that mode; gone when it is disposed of. */
export function pretendPython(mode: string): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'gb-python-'));
  const path = join(folder, 'python');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${fixture}' '${mode}' "$@"\n`);
  chmodSync(path, 0o700);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
