// How busy the machines of a cluster are, as its head says.

import { askJson, type ObjectPeer } from './objects.ts';

/** How busy a node is. */
export interface NodeLoad {
  readonly node: string;
  /** Of all its cores, from 0 to 1. */
  readonly cpu: number;
  /** Of the machine, in bytes. */
  readonly memoryUsedBytes: number;
}

/** Asks a head how busy its nodes are; those that have not said it are left out. @throws ConnectionError, ProtocolError. */
export async function nodeLoads(head: ObjectPeer): Promise<NodeLoad[]> {
  const status = await askJson(head, '/v1/status');
  const nodes = memberOf(memberOf(status, 'head'), 'nodes');
  return (Array.isArray(nodes) ? nodes : []).flatMap((of: unknown): NodeLoad[] => {
    const [node, load] = [memberOf(of, 'node'), memberOf(of, 'load')];
    const [cpu, memoryUsedBytes] = [memberOf(load, 'cpu'), memberOf(load, 'memoryUsedBytes')];
    if (typeof node !== 'string' || typeof cpu !== 'number' || typeof memoryUsedBytes !== 'number') return [];
    return [{ node, cpu, memoryUsedBytes }];
  });
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
