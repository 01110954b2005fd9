// A store for tests, with workers that write into it as tasks do, and what is in its directories.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { ObjectStore, type ObjectStoreOptions } from '../../../daemon/node/object-store.ts';
import type { ObjectPlace } from '../../../sdk/cluster/object-place.ts';
import type { ObjectPeer } from '../../../sdk/cluster/objects.ts';
import { WorkerObjects } from '../../../sdk/cluster/objects-worker.ts';

export const mebibyte = 2 ** 20;

export interface Given {
  readonly store: ObjectStore;
  /** A worker of the session. */
  worker(session?: string): WorkerObjects;
  /** Where the store's directories are made. */
  readonly root: string;
}

/** A store of 4 MiB, 2 of them in memory, which another node's objects may be asked for by `peers`. */
export function openStore(
  t: TestContext,
  options: Partial<ObjectStoreOptions> = {},
  peers: readonly ObjectPeer[] = [],
): Given {
  const root = mkdtempSync(join(tmpdir(), 'gridbook-store-'));
  mkdirSync(join(root, 'memory'));
  const store = new ObjectStore({
    node: 'n1',
    diskPath: join(root, 'disk'),
    memoryPath: join(root, 'memory'),
    memoryBytesMax: 2 * mebibyte,
    bytesMax: 4 * mebibyte,
    find: async () => peers,
    log: pino({ level: 'silent' }),
    ...options,
  });
  t.after(async () => {
    await store.close();
    rmSync(root, { recursive: true, force: true });
  });
  const worker = (session = 's1'): WorkerObjects =>
    new WorkerObjects({
      store: store.openFor(session),
      onMade: ({ id }) => store.onMade(session, id),
      bring: (place) => store.bring(session, place),
    });
  return { store, worker, root };
}

export function bytesOf(byteLength: number, first = 1): Uint8Array {
  return Uint8Array.from({ length: byteLength }, (_, i) => (first + i) % 251);
}

/** All files below a directory but the store's own. */
export function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'room')
    .map(({ name }) => name);
}

export function foldersIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

export function pathIn(store: ObjectStore, { session, id }: ObjectPlace): string | undefined {
  return store.directories.map((directory) => join(directory, session, id)).find((path) => existsSync(path));
}

/** Waits until objects that move have moved. */
export async function settled(store: ObjectStore, memoryBytesMax: number): Promise<void> {
  while (store.status.memoryBytes > memoryBytesMax) await new Promise((resolve) => setImmediate(resolve));
}
