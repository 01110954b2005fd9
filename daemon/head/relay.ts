// Passes a session's connection on to a worker of another node, for sessions that cannot reach that node themselves.
//
// Invariants:
//   R1. Only nodes that have joined are connected to: where to comes from what the node said, never from the request.
//   R2. Of the request only what opens a WebSocket goes on (upgrade-request.ts), with the cluster's own token.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { openStream } from '../../sdk/internal.ts';
import { refuseUpgrade } from '../answers.ts';
import { upgradeRequest } from '../upgrade-request.ts';

/** Where a node is, as it said itself. */
export interface RelayTarget {
  readonly address: string | null;
  readonly fingerprint: string | null;
}

/** Takes a connection over; ends it in any case. */
export async function relayUpgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  { address, fingerprint }: RelayTarget,
  token: string,
): Promise<void> {
  client.on('error', () => client.destroy());
  if (address === null) return refuseUpgrade(client, 502, { error: 'the node of this lease cannot be reached' });
  const url = `${fingerprint === null ? 'http' : 'https'}://${address}`;
  let node: Duplex;
  try {
    node = await openStream({ url, token, fingerprint: fingerprint ?? undefined });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuseUpgrade(client, 502, { error: `the node of this lease cannot be reached: ${why}` });
  }
  const end = (): void => {
    client.destroy();
    node.destroy();
  };
  for (const side of [client, node]) {
    side.on('error', end);
    side.on('close', end);
  }
  if (client.destroyed) return end();
  const { pathname } = new URL(request.url ?? '/', url);
  node.write(upgradeRequest(request, pathname, address, [`authorization: Bearer ${token}`]));
  if (head.length > 0) node.write(head);
  node.pipe(client);
  client.pipe(node);
}
