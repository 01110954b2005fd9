// How a session reads and frees the objects that its tasks left on nodes.
//
// Owns: where nodes are, as far as the head was asked; objects to be freed. Does not own: who still needs an object.
// Callers: head-cluster.ts makes it; session-core.ts reads and frees by it.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ObjectPlace } from './object-place.ts';
import {
  findNode,
  freeObject,
  fromFirst,
  lost,
  type NodePlace,
  ObjectCheck,
  type ObjectPeer,
  peerOf,
} from './objects.ts';
import type { Way } from './worker-connection.ts';

/** So many objects are freed at a time. */
const freeingMax = 4;
/** So many are remembered that are to be freed; what is above goes with the session. */
const toFreeMax = 100_000;

export class SessionObjects {
  readonly #head: ObjectPeer;
  readonly #ways: readonly Way[];
  readonly #toFree: ObjectPlace[] = [];
  #freeing = 0;
  #isClosed = false;

  constructor(head: ObjectPeer, ways: readonly Way[]) {
    this.#head = head;
    this.#ways = ways;
  }

  /** The bytes of an object. @throws ObjectLostError when no way leads to them. */
  async read(place: ObjectPlace): Promise<Uint8Array> {
    let node: NodePlace | undefined;
    try {
      node = await findNode(this.#head, place.node);
    } catch (cause) {
      throw lost(place, 'the head cannot be asked where its node is', cause);
    }
    if (node === undefined) throw lost(place, 'its node has left');
    if (this.#ways.includes('socket')) {
      for (const directory of node.directories) {
        const bytes = await readFrom(join(directory, place.session, place.id), place);
        if (bytes !== undefined) return bytes;
      }
    }
    return fromFirst(this.#peers(node), place, (stream) => collect(stream, place));
  }

  #peers(node: NodePlace): ObjectPeer[] {
    const direct = this.#ways.includes('node') ? peerOf(node, this.#head.token) : undefined;
    return direct === undefined ? [this.#head] : [direct, this.#head];
  }

  /** The object is needed no more. Its node may be gone; then so is the object. */
  free(place: ObjectPlace): void {
    if (this.#isClosed || this.#toFree.length >= toFreeMax) return;
    this.#toFree.push(place);
    if (this.#freeing < freeingMax) void this.#freeAll();
  }

  async #freeAll(): Promise<void> {
    this.#freeing++;
    for (let place = this.#toFree.shift(); place !== undefined; place = this.#toFree.shift()) {
      await freeObject(this.#head, place).catch(() => {});
    }
    this.#freeing--;
  }

  /** What is left on nodes goes with the session. */
  close(): void {
    this.#isClosed = true;
    this.#toFree.length = 0;
  }
}

/** Undefined when there is no such file, or it is not whole. */
async function readFrom(path: string, place: ObjectPlace): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path);
    const stream = file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 });
    return await collect(stream, place);
  } catch {
    return undefined;
  }
}

async function collect(stream: Readable, place: ObjectPlace): Promise<Uint8Array> {
  const bytes = new Uint8Array(place.byteLength);
  const check = new ObjectCheck(place);
  let at = 0;
  for await (const piece of stream) {
    if (!(piece instanceof Uint8Array)) throw new TypeError('An object is read as text');
    check.add(piece);
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  check.end();
  return bytes;
}
