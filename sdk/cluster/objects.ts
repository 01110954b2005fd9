// Objects that stay on the nodes where they were made: what names one, how its bytes are checked, how it is fetched.
//
// The design. A task's large result is written by its worker as one file of the node's store: a frame of one value, under
// a random id, in the folder of the session. The answer carries its place instead of its bytes. A place names the node
// and never an address: who fetches asks the head where that node is, so that nothing that a user's function says makes
// anyone connect to, or show the token to, a machine that has not joined. Then the bytes come from the node directly,
// else through the head, or straight from the file on the same machine. What a session puts stays with the session.
//
// Owns: places on the wire, checksums, the HTTP of fetching. Does not own: files (objects-worker.ts and the node's store).
// Callers: the session for `await ref`, nodes for the arguments of their workers' tasks.
//
// Invariants:
//   P1. Bytes are handed out only when their length and checksum are those of the place.
//   P2. A name in a place is plain: no separator and no dots alone, so that it never leads out of a folder.

import { once } from 'node:events';
import { type IncomingMessage, request as startRequest } from 'node:http';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { ConnectionError, ObjectLostError, ProtocolError } from '../errors.ts';
import { controlVersion } from '../protocol/control-messages.ts';
import { openStream, type PeerPlace } from '../protocol/peer-connection.ts';
import { textOf } from '../text-of.ts';
import type { ObjectPlace } from './object-place.ts';

/** A daemon that objects can be asked of. */
export type ObjectPeer = Exclude<PeerPlace, { socket: string }>;

/** How long a peer may be silent while it sends an object, in milliseconds. */
const silenceMaxMs = 10_000;

/** The checksum of bytes, going on from that of those before them. */
export function checksumOf(bytes: Uint8Array, before = 0): number {
  return crc32(bytes, before);
}

/** Checks pieces of an object as they come (P1). */
export class ObjectCheck {
  readonly #place: ObjectPlace;
  #byteLength = 0;
  #checksum = 0;

  constructor(place: ObjectPlace) {
    this.#place = place;
  }

  /** @throws ObjectLostError as soon as there are too many bytes. */
  add(piece: Uint8Array): void {
    this.#byteLength += piece.byteLength;
    if (this.#byteLength > this.#place.byteLength) throw lost(this.#place, 'it is longer than it was made');
    this.#checksum = checksumOf(piece, this.#checksum);
  }

  /** @throws ObjectLostError when it is not whole. */
  end(): void {
    if (this.#byteLength !== this.#place.byteLength) throw lost(this.#place, 'it is cut short');
    if (this.#checksum !== this.#place.checksum) throw lost(this.#place, 'its checksum is wrong');
  }
}

export function lost({ node, id }: ObjectPlace, why: string, cause?: unknown): ObjectLostError {
  return new ObjectLostError(`Object ${id} of node ${node} is lost: ${why}`, { cause });
}

function pathOf({ node, session, id }: ObjectName): string {
  return `/v1/objects/${[node, session, id].map(encodeURIComponent).join('/')}`;
}

/** Sends a request to a daemon, and gives its answer. @throws ConnectionError, AuthenticationError. */
export async function ask(peer: ObjectPeer, method: 'GET' | 'DELETE', path: string): Promise<IncomingMessage> {
  const socket = await openStream(peer);
  const request = startRequest({
    createConnection: () => socket,
    method,
    path,
    headers: {
      Host: new URL(peer.url).host,
      Authorization: `Bearer ${peer.token}`,
      'X-Gridbook-Version': String(controlVersion),
      Connection: 'close',
    },
  });
  request.setTimeout(silenceMaxMs, () => request.destroy(new Error(`nothing came for ${silenceMaxMs / 1000} s`)));
  request.end();
  try {
    const [response]: IncomingMessage[] = await once(request, 'response');
    if (response === undefined) throw new Error('there was no answer');
    return response;
  } catch (cause) {
    socket.destroy();
    throw new ConnectionError(`Cannot ask ${peer.url}: ${textOf(cause)}`, { cause });
  }
}

/** What names an object, without what proves it whole. */
export type ObjectName = Pick<ObjectPlace, 'node' | 'session' | 'id'>;

/** An object as a peer sends it, unchecked; undefined when it has it not. @throws ConnectionError. */
export async function openObject(
  peer: ObjectPeer,
  name: ObjectName,
): Promise<{ stream: Readable; byteLength: number } | undefined> {
  const response = await ask(peer, 'GET', pathOf(name));
  const { statusCode } = response;
  if (statusCode === 200) return { stream: response, byteLength: Number(response.headers['content-length']) };
  response.destroy();
  if (statusCode === 404) return undefined;
  throw new ConnectionError(`Cannot fetch object ${name.id}: ${peer.url} answered ${statusCode}`);
}

/** Tells a peer that an object is needed no more; false when it had none. */
export async function freeObject(peer: ObjectPeer, name: ObjectName): Promise<boolean> {
  const response = await ask(peer, 'DELETE', pathOf(name));
  response.destroy();
  return response.statusCode === 200;
}

/**
 * Tries peers one after the other.
 *
 * @throws ObjectLostError with the reason of each, when none has given the whole object.
 */
export async function fromFirst<T>(
  peers: readonly ObjectPeer[],
  place: ObjectPlace,
  take: (bytes: Readable) => Promise<T>,
): Promise<T> {
  const failures: unknown[] = [];
  for (const peer of peers) {
    try {
      const object = await openObject(peer, place);
      if (object === undefined) failures.push('it is there no more');
      else return await take(object.stream);
    } catch (error) {
      failures.push(error);
    }
  }
  throw lost(place, failures.map(textOf).join('; ') || 'its node has left', failures[0]);
}

/** Where a node is, as its head says. */
export interface NodePlace {
  readonly address: string | null;
  readonly fingerprint: string | null;
  /** The directories of its store. */
  readonly directories: readonly string[];
}

/** Asks a head where a node is; undefined when it does not know the node. */
export async function findNode(head: ObjectPeer, node: string): Promise<NodePlace | undefined> {
  const response = await ask(head, 'GET', `/v1/nodes/${encodeURIComponent(node)}`);
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) text += String(piece);
  if (response.statusCode === 404) return undefined;
  if (response.statusCode !== 200) throw new ConnectionError(`${head.url} answered ${response.statusCode}`);
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new ProtocolError('The head says no place of a node');
  const { address, fingerprint, directories }: Record<string, unknown> = { ...value };
  return {
    address: typeof address === 'string' ? address : null,
    fingerprint: typeof fingerprint === 'string' ? fingerprint : null,
    directories: Array.isArray(directories) ? directories.filter((path) => typeof path === 'string') : [],
  };
}

/** How a node is reached directly; undefined when it cannot be. */
export function peerOf({ address, fingerprint }: NodePlace, token: string): ObjectPeer | undefined {
  if (address === null) return undefined;
  const scheme = fingerprint === null ? 'http' : 'https';
  return { url: `${scheme}://${address}`, token, fingerprint: fingerprint ?? undefined };
}
