// What a worker process does with objects: writes large results into its node's store, reads arguments from there.
//
// Owns: making files whole, the objects that were read and are still in use. Does not own: limits and removal (the node).
// Callers: answer-writer.ts for results, executor.ts for arguments, worker-process-main.ts makes it.
//
// Invariants:
//   K1. A file has its final name only when it is whole.
//   K2. Bytes that several tasks of this worker take are read once while one of them still has them, and each is checked.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ResourceError } from '../errors.ts';
import type { ObjectPlace } from './object-place.ts';
import { checksumOf, lost, ObjectCheck } from './objects.ts';

/** A worker's part of its node's store, as the node tells it. */
export interface WorkerStore {
  readonly node: string;
  readonly session: string;
  /** The memory's first, then the disk's. */
  readonly directories: readonly string[];
  /** A file with one 64-bit float: how many bytes the store may still take. */
  readonly roomPath: string;
}

/** What a file system keeps free for others, in bytes. */
const reserveBytes = 16 * 1024 * 1024;

export interface WorkerObjectsOptions {
  readonly store: WorkerStore;
  /** Tells the node of a new object. */
  onMade(place: ObjectPlace): void;
  /** Has the node bring an object of another node into its own store. */
  bring(place: ObjectPlace): Promise<void>;
}

export class WorkerObjects {
  readonly #options: WorkerObjectsOptions;
  readonly #read = new Map<string, WeakRef<Uint8Array>>();

  constructor(options: WorkerObjectsOptions) {
    this.#options = options;
  }

  /** Writes a frame of one value as an object. @throws ResourceError when the store is full. */
  write(bytes: Uint8Array): ObjectPlace {
    const { node, session, directories, roomPath } = this.#options.store;
    const { byteLength } = bytes;
    const room = roomIn(roomPath);
    if (byteLength > room) {
      throw new ResourceError(
        `Cannot keep a result of ${byteLength} bytes: the object store of node ${node} has room for ${room} more. Let go of references, or give the store more`,
      );
    }
    const id = randomBytes(16).toString('hex');
    const failures: unknown[] = [];
    for (const directory of directories) {
      const path = join(directory, session, id);
      try {
        const { bavail, bsize } = statfsSync(directory);
        if (bavail * bsize < byteLength + reserveBytes) continue;
        writeFileSync(`${path}.part`, bytes, { mode: 0o600, flag: 'wx' });
        renameSync(`${path}.part`, path); // K1
      } catch (error) {
        rmSync(`${path}.part`, { force: true });
        failures.push(error);
        continue;
      }
      const place = { node, session, id, byteLength, checksum: checksumOf(bytes) };
      this.#options.onMade(place);
      return place;
    }
    throw new ResourceError(`Cannot keep a result of ${byteLength} bytes: the disks of node ${node} are full`, {
      cause: failures[0],
    });
  }

  /** The bytes of an object that is in the node's store; undefined when it is not there. @throws ObjectLostError. */
  readHere(place: ObjectPlace): Uint8Array | undefined {
    const known = this.#read.get(place.id)?.deref();
    if (known !== undefined) return known; // K2
    const { session, directories } = this.#options.store;
    if (place.session !== session) throw lost(place, 'it is of another session');
    for (const directory of directories) {
      const bytes = readIfThere(join(directory, session, place.id));
      if (bytes === undefined) continue;
      const check = new ObjectCheck(place);
      check.add(bytes);
      check.end();
      this.#remember(place.id, bytes);
      return bytes;
    }
    return undefined;
  }

  #remember(id: string, bytes: Uint8Array): void {
    if (this.#read.size >= 1000) {
      for (const [known, ref] of this.#read) if (ref.deref() === undefined) this.#read.delete(known);
    }
    this.#read.set(id, new WeakRef(bytes));
  }

  /** Whether an object need not be brought here before it is read. */
  has(place: ObjectPlace): boolean {
    if (this.#read.get(place.id)?.deref() !== undefined) return true;
    const { session, directories } = this.#options.store;
    return directories.some((directory) => existsSync(join(directory, session, place.id)));
  }

  /** Has an object of another node brought here. @throws ObjectLostError, or ResourceError when there is no room. */
  bring(place: ObjectPlace): Promise<void> {
    return this.#options.bring(place);
  }
}

function roomIn(path: string): number {
  try {
    const bytes = readFileSync(path);
    return bytes.byteLength === 8 ? bytes.readDoubleLE() : 0;
  } catch {
    return 0; // the store is gone
  }
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    const bytes = readFileSync(path);
    // Large ones stand alone in their memory, aligned as typed arrays need it.
    return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  } catch {
    return undefined;
  }
}
