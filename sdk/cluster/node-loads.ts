// What the machines of a cluster are, and how busy, as its head says.

import type { ObjectPeer } from './objects.ts';

/** A node that its head can reach. */
export interface NodeLoad {
  readonly node: string;
  /** How many workers of one cpu it has. */
  readonly workers: number;
  /** How busy it is; undefined until it has said so. */
  readonly load:
    | {
        /** Of all its cores, from 0 to 1. */
        readonly cpu: number;
        /** Of the machine, in bytes. */
        readonly memoryUsedBytes: number;
      }
    | undefined;
}

/** Asks a head which nodes it can reach, and how busy they are. @throws ConnectionError, ProtocolError. */
export async function nodeLoads(head: ObjectPeer): Promise<NodeLoad[]> {
  // Embedded sessions, which have no head, load no network.
  const { askJson } = await import('./objects.ts');
  const status = await askJson(head, '/v1/status');
  const nodes = memberOf(memberOf(status, 'head'), 'nodes');
  return (Array.isArray(nodes) ? nodes : []).flatMap((of: unknown): NodeLoad[] => {
    const [node, cpus] = [memberOf(of, 'node'), memberOf(memberOf(of, 'resources'), 'cpus')];
    if (typeof node !== 'string') return [];
    const [cpu, memoryUsedBytes] = ['cpu', 'memoryUsedBytes'].map((name) => memberOf(memberOf(of, 'load'), name));
    const load = typeof cpu === 'number' && typeof memoryUsedBytes === 'number' ? { cpu, memoryUsedBytes } : undefined;
    return [{ node, workers: typeof cpus === 'number' ? Math.floor(cpus) : 0, load }];
  });
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
