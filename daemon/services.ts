// The parts of a real daemon: a head with a node in the same process, or a node whose head is on another machine.

import { join } from 'node:path';
import { controlBytesMax, findNode, openPeer, peerOf } from '../sdk/internal.ts';
import type { OpenServices, Services } from './daemon.ts';
import { Head } from './head/head.ts';
import { Keeper } from './head/keeper.ts';
import { objectRelayRoutes } from './head/object-relay.ts';
import { connectInProcess } from './node/head-connection.ts';
import { HeadLink } from './node/head-link.ts';
import { Node, type NodeOptions } from './node/node.ts';
import { ObjectStore, type ObjectStoreOptions, storeLimits } from './node/object-store.ts';
import type { PipeRoute } from './service.ts';

/** Opens the parts of a daemon. */
export const openServices: OpenServices = ({ config, log, incarnation, token, socketsPath, ...place }): Services => {
  const options: Omit<NodeOptions, 'head'> = {
    name: place.name,
    incarnation,
    address: place.address,
    fingerprint: place.fingerprint,
    resources: config.resources,
    labels: config.labels,
    socketsPath,
    log,
  };
  const diskPath = join(config.home, 'objects');
  const openStore = (find: ObjectStoreOptions['find']): ObjectStore =>
    new ObjectStore({ node: place.name, diskPath, ...storeLimits(diskPath), find, log });
  if (config.join !== null) {
    const { url, fingerprint } = config.join;
    const there = { url, token, fingerprint: fingerprint ?? undefined };
    const open = (): ReturnType<typeof openPeer> =>
      openPeer(there, { path: '/v1/node', messageBytesMax: controlBytesMax });
    const objects = openStore(async (name) => {
      const found = await findNode(there, name);
      const direct = found === undefined ? undefined : peerOf(found, token);
      return direct === undefined ? [there] : [direct, there];
    });
    return { node: new Node({ ...options, objects, head: new HeadLink({ open, log }) }) };
  }
  // The store is opened first: a directory that cannot be made ends the start before anything runs.
  const objects = openStore(async (name) => {
    const found = head.nodeAt(name);
    const direct = found === undefined ? undefined : peerOf(found, token);
    return direct === undefined ? [] : [direct];
  });
  const keeper = new Keeper({ url: place.url, token, fingerprint: place.fingerprint }, log);
  const head = new Head({ log, incarnation, token, keeper });
  const ends = connectInProcess();
  const node = new Node({ ...options, objects, head: ends.node });
  const isPipe = (route: Node['routes'][number]): route is PipeRoute => route.type === 'pipe';
  const pipe = node.routes.find(isPipe);
  if (pipe === undefined) throw new TypeError('The node has no way to its workers');
  head.attachLocalNode(ends.head, pipe);
  // The head takes the connections to workers and objects of all nodes, and gives those of its own to the node.
  const nodeAt = head.nodeAt.bind(head);
  const routes = objectRelayRoutes({ nodeAt, ownNode: place.name, ownStore: objects, token });
  // The node is closed once, by the head: sessions hear of the end of their leases there before they lose the head.
  const own = { routes, status: () => node.status(), close: async () => {} };
  const headAfterNode = {
    routes: head.routes,
    status: () => head.status(),
    close: async (graceMs: number) => {
      await node.close(graceMs);
      await head.close();
    },
  };
  return { head: headAfterNode, node: own };
};
