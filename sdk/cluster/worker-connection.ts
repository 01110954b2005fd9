// The way from a session to a worker that it leased: its own socket on the same machine, else its node, else the head.
//
// A worker answers nobody while it runs a function. What tells a busy worker from one that cannot be reached any more is
// its daemon, which always answers: it is the worker's witness.

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { ConnectionError, GridbookError } from '../errors.ts';
import { controlVersion, type WorkerPlace } from '../protocol/control-messages.ts';
import { openPeer, openStream, type PeerPlace } from '../protocol/peer-connection.ts';
import { frameMessageBytesMax, WebSocketChannel } from '../protocol/websocket-channel.ts';

/** How long one way is tried before the next; a node that does not answer costs no more than this. */
const wayTimeoutMs = 2000;
/** How long a witness has to answer. */
const witnessTimeoutMs = 2000;

/** The ways to a worker, in the order in which they are tried. */
export const allWays = ['socket', 'node', 'head'] as const;
export type Way = (typeof allWays)[number];

/** A way to a worker that was taken. */
export interface WorkerConnection {
  readonly way: Way;
  readonly channel: WebSocketChannel;
  /** Fulfils when the daemon that the worker depends on answers; undefined when it cannot be asked. */
  readonly witness: (() => Promise<void>) | undefined;
}

/**
 * Connects to a worker.
 *
 * @param head - the session's head, whose token holds in the whole cluster.
 * @param ways - those that may be tried.
 * @throws ConnectionError when no way leads there, with the reason of each.
 */
export async function connectWorker(
  head: PeerPlace,
  lease: string,
  place: WorkerPlace,
  ways: readonly Way[],
): Promise<WorkerConnection> {
  const path = `/v1/worker/${encodeURIComponent(lease)}`;
  const failures: string[] = [];
  for (const way of ways) {
    const peer = peerBy(way, head, place);
    if (peer === undefined) continue;
    try {
      const socket = await openPeer(peer, { path, messageBytesMax: frameMessageBytesMax, timeoutMs: wayTimeoutMs });
      const witness = witnessFor(way, head, place);
      return { way, channel: new WebSocketChannel(socket, 'client', { askWitness: witness }), witness };
    } catch (error) {
      if (!(error instanceof GridbookError)) throw error;
      failures.push(error.message);
    }
  }
  throw new ConnectionError(`Cannot reach the worker of lease ${lease}: ${failures.join('; ')}`);
}

/**
 * The daemon to ask about a worker. Through the head it is the head, which looks after the rest of the way; else the
 * worker's node, also for a worker's own socket: a worker without its daemon is none.
 */
function witnessFor(way: Way, head: PeerPlace, place: WorkerPlace): (() => Promise<void>) | undefined {
  const daemon = peerBy(way === 'head' ? 'head' : 'node', head, place);
  return daemon === undefined || 'socket' in daemon ? undefined : () => askDaemon(daemon);
}

/** Whatever it answers, it is there. @throws ConnectionError or AuthenticationError when it cannot be reached. */
export async function askDaemon(daemon: Exclude<PeerPlace, { socket: string }>): Promise<void> {
  const socket = await openStream(daemon, witnessTimeoutMs);
  const timer = setTimeout(() => socket.destroy(new Error('it does not answer')), witnessTimeoutMs);
  try {
    const headers = [
      `Host: ${new URL(daemon.url).host}`,
      `Authorization: Bearer ${daemon.token}`,
      `X-Gridbook-Version: ${controlVersion}`,
      'Connection: close',
    ];
    const answered = once(socket, 'readable');
    socket.write(['GET /v1/worker HTTP/1.1', ...headers, '', ''].join('\r\n'));
    await answered;
    if (socket.read() === null) throw new ConnectionError(`Cannot ask ${daemon.url}: it closed the connection`);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** Undefined for a way that is not there. */
function peerBy(
  way: Way,
  head: PeerPlace,
  { socket, nodeAddress, nodeFingerprint }: WorkerPlace,
): PeerPlace | undefined {
  if (way === 'socket') return existsSync(socket) ? { socket } : undefined;
  if ('socket' in head) return undefined;
  if (way === 'head') return head;
  if (nodeAddress === null) return undefined;
  const scheme = nodeFingerprint === null ? 'http' : 'https';
  return { url: `${scheme}://${nodeAddress}`, token: head.token, fingerprint: nodeFingerprint ?? undefined };
}
