// How busy the machines of a cluster are, as its head says.

import { ConnectionError, ProtocolError } from '../errors.ts';
import { ask, type ObjectPeer } from './objects.ts';

/** How busy a node is. */
export interface NodeLoad {
  readonly node: string;
  /** Of all its cores, from 0 to 1. */
  readonly cpu: number;
  /** Of the machine, in bytes. */
  readonly memoryUsedBytes: number;
}

/** The longest answer that is read, in bytes. */
const answerBytesMax = 16 * 2 ** 20;

/** Asks a head how busy its nodes are; those that have not said it are left out. @throws ConnectionError. */
export async function nodeLoads(head: ObjectPeer): Promise<NodeLoad[]> {
  const response = await ask(head, 'GET', '/v1/status');
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    text += String(piece);
    if (text.length > answerBytesMax) throw new ProtocolError(`${head.url} says more of its nodes than is read`);
  }
  if (response.statusCode !== 200) throw new ConnectionError(`${head.url} answered ${response.statusCode}`);
  const status: unknown = JSON.parse(text);
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
