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
//   P3. A peer that is silent ends the fetch and nothing else. While what came is not taken here, it is not the peer that
//       is silent.

import { once } from 'node:events';
import { type IncomingMessage, request as startRequest } from 'node:http';
import type { Socket } from 'node:net';
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
/** How often it is looked in that time whether something came. */
const looksMax = 20;
/** How long a peer may take for an answer about itself, in milliseconds. */
const answerMaxMs = 10_000;
/** The longest answer about itself that is read, in characters. */
const answerLengthMax = 16 * 2 ** 20;

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

/** How a daemon is asked. */
export interface AskOptions {
  /** How long it may be silent. @default 10,000 */
  readonly silenceMs?: number;
}

/** Sends a request to a daemon, and gives its answer. @throws ConnectionError, AuthenticationError. */
async function ask(
  peer: ObjectPeer,
  method: 'GET' | 'DELETE',
  path: string,
  { silenceMs = silenceMaxMs }: AskOptions = {},
): Promise<IncomingMessage> {
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
  // Before the answer the wait below is told of it, and from then on whoever reads the answer.
  request.on('error', () => {});
  const answered = once(request, 'response', { signal: AbortSignal.timeout(silenceMs) });
  request.end();
  try {
    const [response]: IncomingMessage[] = await answered;
    if (response === undefined) throw new Error('there was no answer');
    endWhenSilent(response, socket, silenceMs);
    return response;
  } catch (cause) {
    socket.destroy();
    throw new ConnectionError(`Cannot ask ${peer.url}: ${textOf(cause)}`, { cause });
  }
}

/** P3. Counted in looks, so that a stall of this process is no silence either. */
function endWhenSilent(response: IncomingMessage, socket: Socket, silenceMs: number): void {
  let bytesSeen = socket.bytesRead;
  let silentLooks = 0;
  const timer = setInterval(() => {
    const isPeersTurn = response.readableLength === 0;
    silentLooks = isPeersTurn && socket.bytesRead === bytesSeen ? silentLooks + 1 : 0;
    bytesSeen = socket.bytesRead;
    if (silentLooks === looksMax) response.destroy(new Error(`nothing came for ${silenceMs / 1000} s`));
  }, silenceMs / looksMax).unref();
  socket.once('close', () => clearInterval(timer));
}

/** What a daemon says of itself; undefined when it knows nothing of that. @throws ConnectionError, ProtocolError. */
export async function askJson(peer: ObjectPeer, path: string): Promise<unknown> {
  const response = await ask(peer, 'GET', path);
  const { statusCode } = response;
  const tooLate = setTimeout(() => response.destroy(new Error('its answer takes too long')), answerMaxMs);
  let text = '';
  try {
    for await (const piece of response.setEncoding('utf8')) {
      text += String(piece);
      if (text.length > answerLengthMax) throw new ProtocolError(`${peer.url} says more of itself than is read`);
    }
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    throw new ConnectionError(`Cannot ask ${peer.url}: ${textOf(cause)}`, { cause });
  } finally {
    clearTimeout(tooLate);
  }
  if (statusCode === 404) return undefined;
  if (statusCode !== 200) throw new ConnectionError(`${peer.url} answered ${statusCode}`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError(`${peer.url} answered with what is not JSON`, { cause });
  }
}

/** What names an object, without what proves it whole. */
export type ObjectName = Pick<ObjectPlace, 'node' | 'session' | 'id'>;

/** An object as a peer sends it, unchecked; undefined when it has it not. @throws ConnectionError. */
export async function openObject(
  peer: ObjectPeer,
  name: ObjectName,
  options: AskOptions = {},
): Promise<{ stream: Readable; byteLength: number } | undefined> {
  const response = await ask(peer, 'GET', pathOf(name), options);
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

/** Asks a head where a node is; undefined when it does not know the node. @throws ConnectionError, ProtocolError. */
export async function findNode(head: ObjectPeer, node: string): Promise<NodePlace | undefined> {
  const value = await askJson(head, `/v1/nodes/${encodeURIComponent(node)}`);
  if (value === undefined) return undefined;
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
