// A head in a process of its own with as many nodes as one wants, each a real connection, and sessions that lease of it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WebSocket } from 'ws';
import { controlBytesMax, openPeer } from '../../sdk/internal.ts';
import { childEnv, ProcessCluster } from '../helpers/cluster-process.ts';

const program = fileURLToPath(new URL('./programs/simulated-nodes.ts', import.meta.url));
/** Of Linux: in how many ticks a second processor time is told. */
const ticksPerSecond = 100;

export interface LeaseWish {
  readonly count: number;
  readonly strategy: 'pack' | 'spread';
  /** How many sessions ask, each for its part. @default 1 */
  readonly sessions?: number;
}

export class ManyNodes {
  readonly #cluster: ProcessCluster;
  readonly #end: () => Promise<void>;

  private constructor(cluster: ProcessCluster, end: () => Promise<void>) {
    this.#cluster = cluster;
    this.#end = end;
  }

  static async open(count: number): Promise<ManyNodes> {
    const cluster = await ProcessCluster.open([0]);
    const child = spawn(process.execPath, [program, cluster.head.url, String(count)], {
      env: childEnv(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    child.stdin.end(cluster.token);
    await once(child.stdout, 'data');
    return new ManyNodes(cluster, async () => {
      child.kill();
      await exit;
      await cluster.close();
    });
  }

  /** Leases workers, and gives how long it took until all were granted, in milliseconds; all are given back. */
  async lease({ count, strategy, sessions = 1 }: LeaseWish): Promise<number> {
    const each = count / sessions;
    const sockets = await Promise.all(Array.from({ length: sessions }, () => this.#session()));
    const start = performance.now();
    await Promise.all(sockets.map((socket) => granted(socket, each, strategy)));
    const tookMs = performance.now() - start;
    for (const socket of sockets) socket.close(1000);
    await this.#cluster.untilFree();
    return tookMs;
  }

  async #session(): Promise<WebSocket> {
    const socket = await openPeer(this.#cluster.place, { path: '/v1/session', messageBytesMax: controlBytesMax });
    const session = Math.random().toString(36).slice(2);
    const welcome = once(socket, 'message');
    socket.send(JSON.stringify({ type: 'session.hello', session, name: 'bench', leases: [] }));
    await welcome;
    return socket;
  }

  /** The head's resident memory in megabytes. */
  memoryMb(): number {
    return memoryMbOf(this.#cluster.head.pid);
  }

  /** The processor time that the head takes in a second, in milliseconds. */
  cpuMsPerSecond(overMs: number): Promise<number> {
    return cpuMsPerSecondOf(this.#cluster.head.pid, overMs);
  }

  close(): Promise<void> {
    return this.#end();
  }
}

/** The resident memory of a process, in megabytes. */
export function memoryMbOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** The processor time that a process takes in a second, in milliseconds. */
export async function cpuMsPerSecondOf(pid: number, overMs: number): Promise<number> {
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const [before, start] = [ticks(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, overMs));
  return ((ticks() - before) / ticksPerSecond / ((performance.now() - start) / 1000)) * 1000;
}

async function granted(socket: WebSocket, count: number, strategy: LeaseWish['strategy']): Promise<void> {
  let left = count;
  const all = Promise.withResolvers<void>();
  socket.on('message', (data) => {
    if (String(data).startsWith('{"type":"lease.granted"') && --left === 0) all.resolve();
  });
  socket.on('close', () => all.reject(new Error('the head closed the connection')));
  all.promise.catch(() => {}); // one that was not waited for any more
  const placement = { labels: {}, node: null, strategy };
  const request = { type: 'lease.request', request: 1, resources: { cpus: 1 }, exclusive: false, placement };
  socket.send(JSON.stringify(request));
  socket.send(JSON.stringify({ type: 'lease.demand', request: 1, count }));
  await all.promise;
}
