// What a session, a head and a node say to each other about leases. No task and no user value is ever in these.
//
// JSON text over a WebSocket, one message a frame, each checked against its schema by whoever receives it: the peers
// are authenticated, but may be of another build, or broken. Unions are named by direction.
//
// Invariants:
//   M1. A lease is known by its id alone, which is never used twice; a worker's name is for people.
//   M2. A node's `incarnation` is new each time its daemon starts; what an earlier one said is stale.
//   M3. A session's id is a plain name: it never leads out of a folder.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isPlainName } from './plain-name.ts';

/**
 * The version of all that processes of Gridbook say to each other: these messages, frames between sessions and workers
 * (messages.ts, codec.ts), routes. Peers of different versions refuse each other before anything else is read, so there is no
 * word that a peer may or may not know. It rises with every change that an earlier build would not read, or read as something
 * else; a test compares these messages with what the version stands for.
 */
export const controlVersion = 5;

/** The longest control message, in bytes: a hello with `namedLeasesMax` leases, as ids are made, is shorter. */
export const controlBytesMax = 1024 * 1024;

/** A session has so many leases at most. */
export const namedLeasesMax = 14_000;

/** A node names so many sessions at most; it names others when it connects the next time. */
export const namedSessionsMax = 10_000;

const textLengthMax = 4096;

const id = z.string().min(1).max(128);
/** A session's id; nodes name folders by it (M3). */
const sessionId = id.refine(isPlainName);
const text = z.string().max(textLengthMax);
const actorName = z.string().min(1).max(256);
const resources = z.record(z.string().min(1).max(64), z.number().finite().nonnegative());
const labels = z.record(z.string().min(1).max(64), z.string().max(256));

/** Why a worker ended; as `WorkerDeathReason`. */
const reason = z.enum(['exit', 'out-of-memory', 'uncaught-error', 'killed', 'node-died', 'connection-lost']);

/** Where a worker can be reached, by every way there is. The session tries them in this order. */
const workerPlace = z.object({
  /** The path of the worker's Unix socket; it is there only on the worker's own machine, and its name only once. */
  socket: z.string().max(1024),
  /** The node's `host:port`; null when it cannot be reached from elsewhere. */
  nodeAddress: z.string().max(512).nullable(),
  /** The SHA-256 fingerprint of the node's certificate; null without TLS. */
  nodeFingerprint: z.string().max(128).nullable(),
});

/** Which nodes a request may use, and how its leases are laid over them. */
const placement = z.object({
  /** Only nodes that have all of these. */
  labels,
  /** Only this node. */
  node: id.nullable(),
  /** `pack` fills a node before the next, `spread` takes the one with the fewest of the request's leases. */
  strategy: z.enum(['pack', 'spread']),
});

/** What a session says to the head. */
export const sessionToHead = z.discriminatedUnion('type', [
  /** The first message of a connection, also of a new one of an old session: then with the leases that it still has. */
  z.object({
    type: z.literal('session.hello'),
    session: sessionId,
    name: text,
    leases: z.array(z.object({ lease: id, request: z.int().nonnegative() })).max(namedLeasesMax),
  }),
  z.object({
    type: z.literal('lease.request'),
    request: z.int().nonnegative(),
    resources,
    exclusive: z.boolean(),
    placement,
  }),
  z.object({ type: z.literal('lease.demand'), request: z.int().nonnegative(), count: z.int().nonnegative() }),
  z.object({ type: z.literal('lease.end'), request: z.int().nonnegative() }),
  z.object({ type: z.literal('lease.release'), lease: id }),
  /** `unreachable`: no way leads to the worker, and why; the head starts none there for this session for a while. */
  z.object({ type: z.literal('lease.kill'), lease: id, unreachable: text.optional() }),
  /** An actor of the session has this name; said anew after each welcome. Answered by `actor.claimed`. */
  z.object({ type: z.literal('actor.claim'), name: actorName }),
  z.object({ type: z.literal('actor.release'), name: actorName }),
]);

/** What the head says to a session. */
export const headToSession = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('session.welcome'),
    head: id,
    workersMax: z.int().nonnegative(),
    /** Of the leases that the session named: those that it has no more. */
    ended: z.array(id),
  }),
  z.object({ type: z.literal('cluster.changed'), workersMax: z.int().nonnegative() }),
  z.object({ type: z.literal('lease.refused'), request: z.int().nonnegative(), message: text }),
  z.object({
    type: z.literal('lease.granted'),
    request: z.int().nonnegative(),
    lease: id,
    worker: id,
    node: id,
    place: workerPlace,
  }),
  z.object({ type: z.literal('lease.recalled'), lease: id }),
  z.object({ type: z.literal('lease.lost'), lease: id, reason, message: text, exitCode: z.int().nullable() }),
  /** `error`: why it cannot have the name; null when it is the session's. */
  z.object({ type: z.literal('actor.claimed'), name: actorName, error: text.nullable() }),
  /** Another session calls one of its actors: it is to be met at `/v1/actor-call/<call>`. */
  z.object({ type: z.literal('actor.called'), call: id }),
  /** To the session that has the detached actors: the head stops for good, and so shall it. */
  z.object({ type: z.literal('keeper.end') }),
]);

/** What a node says to the head. */
export const nodeToHead = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('node.hello'),
    node: id,
    incarnation: id,
    address: z.string().max(512).nullable(),
    fingerprint: z.string().max(128).nullable(),
    resources,
    labels,
    /** The leases whose workers run, when the node comes back to a head. */
    leases: z.array(z.object({ lease: id, session: sessionId, resources, worker: id, socket: z.string().max(1024) })),
    /** The directories of its object store. */
    objects: z.array(z.string().max(4096)).max(2).optional(),
    /** The sessions of which it keeps objects. */
    sessions: z.array(sessionId).max(namedSessionsMax),
  }),
  z.object({
    type: z.literal('node.load'),
    /** Of all cores, from 0 to 1. */
    cpu: z.number(),
    memoryUsedBytes: z.number(),
    memoryBytes: z.number(),
  }),
  /** It is about to end, and what runs there has some seconds: it gets no more, and its leases are called back. */
  z.object({ type: z.literal('node.leaving') }),
  z.object({ type: z.literal('worker.ready'), lease: id, worker: id, socket: z.string().max(1024) }),
  z.object({ type: z.literal('worker.lost'), lease: id, reason, message: text, exitCode: z.int().nullable() }),
]);

/** What the head says to a node. */
export const headToNode = z.discriminatedUnion('type', [
  /** `ended`, `endedSessions`: of the leases and sessions that the node named, those that are over. */
  z.object({ type: z.literal('node.welcome'), head: id, ended: z.array(id), endedSessions: z.array(sessionId) }),
  /** `exclusive`: only a process that nobody has used may serve it. */
  z.object({ type: z.literal('worker.start'), lease: id, session: sessionId, resources, exclusive: z.boolean() }),
  /** `force` kills it at once; otherwise the worker is kept warm for its session, or ended. */
  z.object({ type: z.literal('worker.stop'), lease: id, force: z.boolean() }),
  /** Its objects are needed no more. */
  z.object({ type: z.literal('session.ended'), session: sessionId }),
]);

/** A text as it goes into a message: what is too long is cut. */
export function clipped(said: string): string {
  return said.length > textLengthMax ? `${said.slice(0, textLengthMax - 1)}…` : said;
}

/** What stands for an actor's name in a path, whatever is in the name. */
export function actorKey(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

export type SessionToHead = z.infer<typeof sessionToHead>;
export type HeadToSession = z.infer<typeof headToSession>;
export type NodeToHead = z.infer<typeof nodeToHead>;
export type HeadToNode = z.infer<typeof headToNode>;
export type WorkerPlace = z.infer<typeof workerPlace>;
export type Placement = z.infer<typeof placement>;
