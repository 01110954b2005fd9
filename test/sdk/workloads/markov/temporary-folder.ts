// A folder that is gone when the test ends.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'gridbook-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
