// The way from a session to a worker that it leased: its own socket on the same machine, else its node, else the head.

import { existsSync } from 'node:fs';
import { ConnectionError, GridbookError } from '../errors.ts';
import type { WorkerPlace } from '../protocol/control-messages.ts';
import { openPeer, type PeerPlace } from '../protocol/peer-connection.ts';
import { frameMessageBytesMax, WebSocketChannel } from '../protocol/websocket-channel.ts';

/** How long one way is tried before the next; a node that does not answer costs no more than this. */
const wayTimeoutMs = 2000;

/** The ways to a worker, in the order in which they are tried. */
export const allWays = ['socket', 'node', 'head'] as const;
export type Way = (typeof allWays)[number];

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
): Promise<WebSocketChannel> {
  const path = `/v1/worker/${encodeURIComponent(lease)}`;
  const failures: string[] = [];
  for (const way of ways) {
    const peer = peerBy(way, head, place);
    if (peer === undefined) continue;
    try {
      const socket = await openPeer(peer, { path, messageBytesMax: frameMessageBytesMax, timeoutMs: wayTimeoutMs });
      return new WebSocketChannel(socket, 'client');
    } catch (error) {
      if (!(error instanceof GridbookError)) throw error;
      failures.push(error.message);
    }
  }
  throw new ConnectionError(`Cannot reach the worker of lease ${lease}: ${failures.join('; ')}`);
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
