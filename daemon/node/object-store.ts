// A node's object store: results of tasks as files, one folder a session, in memory and, what is too much, on disk.
//
// Workers write the files themselves and tell the node; readers on the machine open them, others are served by HTTP.
// The first directory is in memory (tmpfs) where there is one. When it holds more than it may, what has been there
// longest moves to the disk; copies of other nodes' objects are dropped first, for they can be fetched again. How much
// may still come stands in a small file, which a worker reads before it writes, for it cannot ask while a task runs.
//
// Owns: all that is in its directories, what each holds, what is on its way here. Does not own: who still needs an object
//   (its session), where other nodes are (`find`), fetching (object-fetch.ts), the directories' names (store-directory.ts).
// Callers: node.ts.
//
// Invariants:
//   K1 of objects-worker.ts: a file has its final name only when it is whole. Further:
//   K3. An object that moves is at its new place before it leaves the old: who looks in memory first, then on disk, finds it.
//   K4. A session that was removed leaves nothing, also not what was on its way. What the system does not remove at once
//       is tried again, and does not stop the daemon.
//   K5. An object is fetched once, however many tasks wait for it.

import {
  closeSync,
  constants,
  createReadStream,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import {
  isPlainName,
  lost,
  makeDirectory,
  type ObjectPeer,
  type ObjectPlace,
  ResourceError,
  type WorkerStore,
} from '../../sdk/internal.ts';
import { memoryBytes } from './machine.ts';
import { FetchTurns, fetchObject } from './object-fetch.ts';
import { makeStoreDirectory, removeLeftStores, showLife } from './store-directory.ts';

export interface ObjectStoreOptions {
  /** The name of the node. */
  readonly node: string;
  /** Where the directory on disk is made. */
  readonly diskPath: string;
  /** Where the directory in memory is made. @default /dev/shm where there is one, else `diskPath` */
  readonly memoryPath?: string | undefined;
  readonly memoryBytesMax: number;
  /** What is kept in memory and on disk together, at most. */
  readonly bytesMax: number;
  /** The daemons that a node's objects can be asked of, the best first. */
  find(node: string): Promise<readonly ObjectPeer[]>;
  readonly log: Logger;
}

interface Kept {
  readonly session: string;
  readonly id: string;
  readonly byteLength: number;
  /** Of another node's object. */
  readonly isCopy: boolean;
  where: 'memory' | 'disk';
}

const shmPath = '/dev/shm';
/** The parts of the machine's memory, and of what is free on the disk, that a store may take. */
const memoryShare = 0.3;
const diskShare = 0.5;

/** What the store of this machine may keep, unless it is told otherwise. */
export function storeLimits(diskPath: string): Pick<ObjectStoreOptions, 'memoryBytesMax' | 'bytesMax'> {
  makeDirectory(diskPath);
  const freeBytes = (path: string): number => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  const memoryPath = memoryPathHere();
  const memoryFreeBytes = memoryPath === undefined ? 0 : freeBytes(memoryPath);
  const memoryBytesMax = Math.floor(memoryShare * Math.min(memoryBytes(), memoryFreeBytes));
  return { memoryBytesMax, bytesMax: memoryBytesMax + Math.floor(diskShare * freeBytes(diskPath)) };
}

/** Where objects are kept in memory on this machine, if anywhere. */
export function memoryPathHere(): string | undefined {
  return existsSync(shmPath) ? shmPath : undefined;
}

export class ObjectStore {
  readonly #options: ObjectStoreOptions;
  readonly #memory: string;
  readonly #disk: string;
  readonly #roomPath: string;
  readonly #roomFile: number;
  /** What ends with each session. */
  readonly #sessions = new Map<string, AbortController>();
  /** What is here, the oldest first. */
  readonly #kept = new Map<string, Kept>();
  /** What is on its way here (K5). */
  readonly #coming = new Map<string, Promise<void>>();
  readonly #turns = new FetchTurns();
  #memoryBytes = 0;
  #diskBytes = 0;
  /** Room that is taken for what is on its way. */
  #comingBytes = 0;
  #moving: Promise<void> | undefined;
  readonly #endShowing: () => void;
  #isClosed = false;

  constructor(options: ObjectStoreOptions) {
    this.#options = options;
    const { diskPath, memoryPath = memoryPathHere() ?? diskPath, log } = options;
    makeDirectory(diskPath);
    for (const path of new Set([memoryPath, diskPath])) removeLeftStores(path, diskPath, log);
    this.#memory = makeStoreDirectory(memoryPath, diskPath);
    this.#disk = makeStoreDirectory(diskPath, diskPath);
    this.#endShowing = showLife(this.directories, log);
    this.#roomPath = join(this.#memory, 'room');
    this.#roomFile = openSync(this.#roomPath, 'wx', 0o600);
    this.#sayRoom();
  }

  /** The memory's first, then the disk's. */
  get directories(): readonly string[] {
    return [this.#memory, this.#disk];
  }

  get status(): { objects: number; memoryBytes: number; diskBytes: number; sessions: number } {
    const { size } = this.#kept;
    const [memoryBytes, diskBytes] = [this.#memoryBytes, this.#diskBytes];
    return { objects: size, memoryBytes, diskBytes, sessions: this.#sessions.size };
  }

  /** The sessions that may have something here. */
  get sessions(): Iterable<string> {
    return this.#sessions.keys();
  }

  /** A worker's part of the store, for the tasks of a session. */
  openFor(session: string): WorkerStore {
    if (!this.#sessions.has(session)) this.#sessions.set(session, new AbortController());
    for (const directory of this.directories) {
      try {
        mkdirSync(join(directory, session), { recursive: true, mode: 0o700 });
      } catch (error) {
        // Its tasks go on without: a full disk takes no objects anyway, and what is small travels with its answer.
        this.#options.log.warn({ err: error, session }, 'there is no room for the objects of a session');
      }
    }
    const { node } = this.#options;
    return { node, session, directories: this.directories, roomPath: this.#roomPath };
  }

  #sayRoom(): void {
    if (this.#isClosed) return; // the file may be another one by now
    const room = this.#options.bytesMax - this.#memoryBytes - this.#diskBytes - this.#comingBytes;
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(Math.max(0, room));
    try {
      writeSync(this.#roomFile, bytes, 0, 8, 0);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'workers could not be told how much room there is for objects');
    }
  }

  #pathOf({ session, id, where }: Kept): string {
    return join(where === 'memory' ? this.#memory : this.#disk, session, id);
  }

  /** A worker of the session has made an object. */
  onMade(session: string, id: string): void {
    if (!isPlainName(id) || this.#kept.has(id)) return;
    if (!this.#sessions.has(session)) return; // K4: the folder is gone already
    for (const where of ['memory', 'disk'] as const) {
      const path = join(where === 'memory' ? this.#memory : this.#disk, session, id);
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() !== true) continue;
      this.#keep({ session, id, byteLength: stats.size, isCopy: false, where });
      return;
    }
  }

  #keep(kept: Kept): void {
    this.#kept.set(kept.id, kept);
    this.#count(kept, 1);
    this.#evict();
  }

  #count({ where, byteLength }: Kept, sign: 1 | -1): void {
    if (where === 'memory') this.#memoryBytes += sign * byteLength;
    else this.#diskBytes += sign * byteLength;
    this.#sayRoom();
  }

  /** Makes room in memory, one object after the other. */
  #evict(): void {
    if (this.#moving !== undefined || this.#isClosed) return;
    if (this.#memoryBytes <= this.#options.memoryBytesMax) return;
    const inMemory = [...this.#kept.values()].filter(({ where }) => where === 'memory');
    const kept = inMemory.find(({ isCopy }) => isCopy) ?? inMemory[0];
    if (kept === undefined) return;
    if (kept.isCopy) {
      this.#drop(kept);
      this.#evict();
      return;
    }
    const isMoving = this.#move(kept).then(
      () => true,
      (error: unknown) => {
        this.#options.log.warn({ err: error }, 'an object could not be moved to disk');
        return false;
      },
    );
    this.#moving = isMoving.then((hasMoved) => {
      this.#moving = undefined;
      if (hasMoved) this.#evict();
    });
  }

  /** K3 */
  async #move(kept: Kept): Promise<void> {
    const from = this.#pathOf(kept);
    const to = join(this.#disk, kept.session, kept.id);
    try {
      await copyFile(from, `${to}.part`);
      if (this.#kept.get(kept.id) === kept) await rename(`${to}.part`, to);
    } catch (error) {
      if (this.#kept.get(kept.id) === kept) throw error;
    } finally {
      await rm(`${to}.part`, { force: true });
    }
    if (this.#kept.get(kept.id) !== kept) {
      await rm(to, { force: true }); // it was removed meanwhile
      return;
    }
    this.#count(kept, -1);
    kept.where = 'disk';
    this.#count(kept, 1);
    await rm(from, { force: true });
  }

  #drop(kept: Kept): void {
    this.#kept.delete(kept.id);
    for (const directory of this.directories) this.#removeFiles(join(directory, kept.session, kept.id));
    this.#count(kept, -1);
  }

  /** K4 */
  #removeFiles(path: string): void {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      void this.#removeFilesLater(path);
    }
  }

  /** A worker that is about to end may still write there. */
  async #removeFilesLater(path: string): Promise<void> {
    try {
      await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    } catch (error) {
      this.#options.log.warn({ err: error }, 'objects could not be removed');
    }
  }

  /** Removes an object; false when there is none of this session. */
  remove(session: string, id: string): boolean {
    const kept = this.#kept.get(id);
    if (kept === undefined || kept.session !== session) return false;
    this.#drop(kept);
    return true;
  }

  /** The bytes of an object with their number, to be streamed; undefined when there is none of this session. */
  open(session: string, id: string): { stream: Readable; byteLength: number } | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined || kept.session !== session) return undefined;
    // Opened at once: what moves or is removed from now on is still read.
    const file = openPlainFile(this.#pathOf(kept));
    if (file === undefined) {
      this.#drop(kept); // a user's function may have removed the file
      return undefined;
    }
    const { byteLength } = kept;
    if (byteLength > 0) {
      // A user's function may have made it longer.
      const stream = createReadStream('', { fd: file, end: byteLength - 1, highWaterMark: 256 * 1024 });
      return { stream, byteLength };
    }
    closeSync(file);
    return { stream: Readable.from([]), byteLength };
  }

  /**
   * Brings an object of another node here.
   *
   * @throws ObjectLostError when it cannot be had, ResourceError when there is no room.
   */
  async bring(session: string, place: ObjectPlace): Promise<void> {
    if (place.session !== session || this.#kept.has(place.id)) return;
    let coming = this.#coming.get(place.id);
    if (coming === undefined) {
      const signal = this.#sessions.get(session)?.signal;
      if (signal === undefined || this.#isClosed) throw lost(place, 'its session has ended');
      const fetched = this.#turns.whenFree(() => this.#fetch(place, signal));
      coming = fetched.finally(() => this.#coming.delete(place.id));
      this.#coming.set(place.id, coming); // K5
    }
    await coming;
  }

  async #fetch(place: ObjectPlace, signal: AbortSignal): Promise<void> {
    const { session, id, byteLength, node } = place;
    this.#makeRoom(byteLength);
    this.#comingBytes += byteLength;
    this.#sayRoom();
    const path = join(this.#memory, session, id);
    try {
      const peers = async (): Promise<readonly ObjectPeer[]> =>
        node === this.#options.node ? [] : await this.#findPeers(place);
      await fetchObject(place, { path, peers, signal });
    } finally {
      this.#comingBytes -= byteLength;
      this.#sayRoom();
    }
    if (signal.aborted)
      this.#removeFiles(path); // K4
    else this.#keep({ session, id, byteLength, isCopy: true, where: 'memory' });
  }

  /** @throws ObjectLostError when the head is away: what it alone knows can be made again, and is not waited for. */
  async #findPeers(place: ObjectPlace): Promise<readonly ObjectPeer[]> {
    try {
      return await this.#options.find(place.node);
    } catch (cause) {
      throw lost(place, 'the head cannot be asked where its node is', cause);
    }
  }

  /** Drops copies until so much more can come. @throws ResourceError when that is not enough. */
  #makeRoom(byteLength: number): void {
    const room = (): number =>
      this.#options.bytesMax - this.#memoryBytes - this.#diskBytes - this.#comingBytes - byteLength;
    for (const kept of [...this.#kept.values()]) if (room() < 0 && kept.isCopy) this.#drop(kept);
    if (room() >= 0) return;
    throw new ResourceError(
      `Cannot take an object of ${byteLength} bytes: the object store of node ${this.#options.node} is full`,
    );
  }

  /** A session is over: so are its objects (K4). */
  removeSession(session: string): void {
    const ending = this.#sessions.get(session);
    if (ending === undefined) return;
    this.#sessions.delete(session);
    ending.abort();
    for (const kept of [...this.#kept.values()]) {
      if (kept.session !== session) continue;
      this.#kept.delete(kept.id);
      this.#count(kept, -1);
    }
    for (const directory of this.directories) this.#removeFiles(join(directory, session));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#endShowing();
    for (const ending of this.#sessions.values()) ending.abort();
    await Promise.allSettled([this.#moving, ...this.#coming.values()]);
    closeSync(this.#roomFile);
    await Promise.all(this.directories.map((directory) => this.#removeFilesLater(directory)));
  }
}

/** A file to be read, if there is one: no link, no directory, nothing that keeps its reader waiting. */
function openPlainFile(path: string): number | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: number;
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined;
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  return undefined;
}
