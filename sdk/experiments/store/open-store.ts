// Opening a store: which file it is, and how long others are waited for.

import { join, resolve } from 'node:path';
import { InvalidArgumentError } from '../../errors.ts';
import { ensureHome, homeDirectory } from '../../home-directory.ts';
import { ExperimentStore } from './experiment-store.ts';
import { StoreDatabase } from './store-database.ts';

/** What `openStore` takes besides the path. */
export interface StoreOptions {
  /** How long a call waits for another program that has locked the file. @default 10000 */
  readonly lockTimeoutMs?: number | undefined;
  /** Whether the file is made where there is none. @default true */
  readonly create?: boolean | undefined;
}

const lockTimeoutMsDefault = 10_000;
const lockTimeoutMsMax = 2 ** 31 - 1;

/**
 * Opens a store of experiments, and makes it where there is none. Several processes may use one store at once.
 *
 * @param path - the file. @default `experiments.sqlite` in the directory that `GRIDBOOK_HOME` names, or in `~/.gridbook`
 * @param options - how long to wait for others, and whether it is made.
 * @returns the store; close it when it is not needed any more.
 * @throws StoreError when the file is damaged, of another program, not there and not to be made, or cannot be used; VersionError when a newer Gridbook
 * made it; TimeoutError when another program has locked it; AuthenticationError when the home directory is not the
 * user's alone, ResourceError when it cannot be made; InvalidArgumentError when an option is wrong.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { openStore } from 'gridbook';
 *
 * using store = openStore(join(mkdtempSync(join(tmpdir(), 'runs-')), 'experiments.sqlite'));
 * for (const { id, name, recordCount } of store.list({ limit: 10 })) console.log(id, name, recordCount);
 * console.log(store.list().length); // prints: 0
 * ```
 */
export function openStore(path?: string, options: StoreOptions = {}): ExperimentStore {
  const { lockTimeoutMs = lockTimeoutMsDefault, create = true } = options;
  if (!Number.isInteger(lockTimeoutMs) || lockTimeoutMs < 0 || lockTimeoutMs > lockTimeoutMsMax) {
    throw new InvalidArgumentError(`lockTimeoutMs must be a whole number of milliseconds, got ${lockTimeoutMs}`);
  }
  if (path === '' || path?.includes('\0')) throw new InvalidArgumentError('The path of a store must name a file');
  if (path !== undefined) return new ExperimentStore(new StoreDatabase(resolve(path), lockTimeoutMs, create));
  const home = homeDirectory();
  ensureHome(home);
  return new ExperimentStore(new StoreDatabase(join(home, 'experiments.sqlite'), lockTimeoutMs, create));
}
