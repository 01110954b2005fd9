// Where nodes are, for who fetches objects, and the way to objects for who cannot reach their node.
//
// Invariants:
//   R1 of relay.ts: only nodes that have joined are connected to; where to comes from what the node said.
//   R3. An object passes through as fast as it is taken, and is not kept.

import { freeObject, GridbookError, type NodePlace, openObject, peerOf } from '../../sdk/internal.ts';
import type { ObjectStore } from '../node/object-store.ts';
import { objectRoutes } from '../node/object-store-routes.ts';
import type { HttpRoute, RouteAnswer, RouteRequest } from '../service.ts';

export interface ObjectRelayOptions {
  /** What is known of a node that has joined. */
  readonly nodeAt: (node: string) => NodePlace | undefined;
  /** The name of the head's own node, and its store. */
  readonly ownNode: string;
  readonly ownStore: ObjectStore;
  readonly token: string;
}

const unknownNode: RouteAnswer = { status: 404, json: { error: 'there is no such node' } };
/** R1: whoever asks for another place asks for what is never done. */
const noRelay: RouteAnswer = {
  status: 400,
  json: { error: 'nothing is passed on to what is no node of this cluster' },
};
const noObject: RouteAnswer = { status: 404, json: { error: 'there is no such object' } };

function notReached(node: string, why: string): RouteAnswer {
  return { status: 502, json: { error: `node ${node} cannot be reached from the head: ${why}` } };
}

/** The routes of a head: for its own node's objects, those of other nodes, and where nodes are. */
export function objectRelayRoutes(options: ObjectRelayOptions): HttpRoute[] {
  const { nodeAt, ownNode, ownStore, token } = options;
  const relayed = objectRoutes(ownStore).map((own) => ({
    ...own,
    handle: async (request: RouteRequest): Promise<RouteAnswer> => {
      const { node = '', session = '', id = '' } = request.params;
      if (node === ownNode) return own.handle(request);
      const place = nodeAt(node);
      if (place === undefined) return noRelay;
      const peer = peerOf(place, token);
      if (peer === undefined) return notReached(node, 'it joined without an address');
      const name = { node, session, id };
      try {
        if (own.method === 'DELETE') return (await freeObject(peer, name)) ? { status: 200, json: {} } : noObject;
        const object = await openObject(peer, name);
        return object === undefined ? noObject : { status: 200, ...object };
      } catch (error) {
        if (error instanceof GridbookError) return notReached(node, error.message);
        throw error;
      }
    },
  }));
  return [
    ...relayed,
    {
      type: 'http',
      method: 'GET',
      path: '/v1/nodes/:node',
      handle: ({ params: { node = '' } }) => {
        const place = nodeAt(node);
        return place === undefined ? unknownNode : { status: 200, json: place };
      },
    },
  ];
}
