// The way from a session to a worker that it leased: its own socket on the same machine, else its node, else the head.

import { existsSync } from 'node:fs';
import { ConnectionError, GridbookError } from '../errors.ts';
import type { WorkerPlace } from '../protocol/control-messages.ts';
import { openPeer, type PeerPlace } from '../protocol/peer-connection.ts';
import { frameMessageBytesMax, WebSocketChannel } from '../protocol/websocket-channel.ts';

/** How long one way is tried before the next; a node that does not answer costs no more than this. */
const wayTimeoutMs = 2000;

/**
 * Connects to a worker.
 *
 * @param head - the session's head, whose token holds in the whole cluster.
 * @throws ConnectionError when no way leads there, with the reason of each.
 */
export async function connectWorker(head: PeerPlace, lease: string, place: WorkerPlace): Promise<WebSocketChannel> {
  const path = `/v1/worker/${encodeURIComponent(lease)}`;
  const failures: string[] = [];
  for (const way of waysTo(head, place)) {
    try {
      const socket = await openPeer(way, { path, messageBytesMax: frameMessageBytesMax, timeoutMs: wayTimeoutMs });
      return new WebSocketChannel(socket, 'client');
    } catch (error) {
      if (!(error instanceof GridbookError)) throw error;
      failures.push(error.message);
    }
  }
  throw new ConnectionError(`Cannot reach the worker of lease ${lease}: ${failures.join('; ')}`);
}

function waysTo(head: PeerPlace, { socket, nodeAddress, nodeFingerprint }: WorkerPlace): PeerPlace[] {
  const ways: PeerPlace[] = [];
  if (existsSync(socket)) ways.push({ socket });
  if ('socket' in head) return ways;
  if (nodeAddress !== null) {
    const scheme = nodeFingerprint === null ? 'http' : 'https';
    const { token } = head;
    ways.push({ url: `${scheme}://${nodeAddress}`, token, fingerprint: nodeFingerprint ?? undefined });
  }
  if (nodeAddress === null || new URL(head.url).host !== nodeAddress) ways.push(head);
  return ways;
}
