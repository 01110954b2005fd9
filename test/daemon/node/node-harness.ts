// A node with a head that the test plays, and sessions whose workers are that node's processes.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import type { WebSocket } from 'ws';
import { connectInProcess, type LocalNodeConnection } from '../../../daemon/node/head-connection.ts';
import { Node, type NodeOptions } from '../../../daemon/node/node.ts';
import type { Cluster, LeaseHandle, LeaseRequest, WorkerLease, WorkerLoss } from '../../../sdk/cluster/cluster.ts';
import type { NodeToHead } from '../../../sdk/protocol/control-messages.ts';
import { openPeer } from '../../../sdk/protocol/peer-connection.ts';
import { frameMessageBytesMax, WebSocketChannel } from '../../../sdk/protocol/websocket-channel.ts';
import { Session } from '../../../sdk/session.ts';

type MessageOf<T extends NodeToHead['type']> = Extract<NodeToHead, { type: T }>;

/** Opens the channel of a lease as a session on the same machine does. */
export async function openChannel(socket: string): Promise<WebSocketChannel> {
  const peer = await openPeer({ socket }, { path: '/v1/worker/x', messageBytesMax: frameMessageBytesMax });
  return new WebSocketChannel(peer, 'client');
}

/** The environment of workers, without what the test runner puts there for its own children. */
export function workerEnv(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  return env;
}

export class NodeHarness implements AsyncDisposable {
  readonly socketsPath = mkdtempSync(join(tmpdir(), 'gridbook-node-'));
  readonly logLines: string[] = [];
  readonly node: Node;
  readonly head: LocalNodeConnection;
  readonly messages: NodeToHead[] = [];
  readonly #listeners = new Set<() => void>();
  #leaseCount = 0;

  constructor(options: Partial<NodeOptions> = {}) {
    const { node: nodeEnd, head } = connectInProcess();
    this.head = head;
    head.onMessage = (message) => {
      this.messages.push(message);
      for (const listener of this.#listeners) listener();
    };
    this.node = new Node({
      name: 'n1',
      incarnation: 'i1',
      address: null,
      fingerprint: null,
      resources: { cpus: 2 },
      labels: {},
      socketsPath: this.socketsPath,
      head: nodeEnd,
      log: this.#logger(),
      env: workerEnv(),
      spares: 1,
      ...options,
    });
  }

  #logger(): Logger {
    const listeners = this.#listeners;
    const lines = this.logLines;
    const stream = new Writable({
      write(piece: Buffer, _encoding, done) {
        lines.push(piece.toString());
        for (const listener of listeners) listener();
        done();
      },
    });
    return pino({ level: 'debug' }, stream);
  }

  /** Waits until a look at what was said and logged so far gives something. */
  until<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const listener = (): void => {
        const found = look();
        if (found === undefined) return;
        this.#listeners.delete(listener);
        resolve(found);
      };
      this.#listeners.add(listener);
      listener();
    });
  }

  find<T extends NodeToHead['type']>(type: T, lease?: string): MessageOf<T> | undefined {
    return this.messages.find(
      (m): m is MessageOf<T> => m.type === type && (lease === undefined || ('lease' in m && m.lease === lease)),
    );
  }

  /** Has a worker started for a new lease; the lease and what the node says when it is ready. */
  async start(session = 's1', exclusive = false): Promise<MessageOf<'worker.ready'>> {
    const lease = `l${++this.#leaseCount}`;
    this.head.send({ type: 'worker.start', lease, session, resources: { cpus: 1 }, exclusive });
    return this.until(() => this.find('worker.ready', lease));
  }

  stop(lease: string, force = false): void {
    this.head.send({ type: 'worker.stop', lease, force });
  }

  /** Waits until workers were kept for their sessions so many times. */
  kept(count: number): Promise<true> {
    const lines = (): number => this.logLines.filter((line) => line.includes('"kept for its session"')).length;
    return this.until(() => (lines() >= count ? true : undefined));
  }

  lost(lease: string): Promise<MessageOf<'worker.lost'>> {
    return this.until(() => this.find('worker.lost', lease));
  }

  /** A session of at most so many workers of this node, reached by their sockets or as given. */
  session(name = 's1', workersMax = 1, open?: (lease: string) => Promise<WebSocket>): Session {
    return new Session(new NodeCluster(this, name, workersMax, open));
  }

  /** What is left in the directory of the sockets. */
  socketFiles(): string[] {
    return readdirSync(this.socketsPath);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node.close(1000);
    rmSync(this.socketsPath, { recursive: true, force: true });
  }
}

/** A line of the log of its worker, if there is one that fits. */
export function logged(harness: NodeHarness, pattern: RegExp, worker?: string): Record<string, unknown> | undefined {
  for (const line of harness.logLines) {
    const record: Record<string, unknown> = JSON.parse(line);
    if ((worker === undefined || record['worker'] === worker) && pattern.test(String(record['msg']))) return record;
  }
  return undefined;
}

export function pidOfWorker(harness: NodeHarness, worker: string): number {
  return Number(logged(harness, /^started$/, worker)?.['workerPid']);
}

/** Whether there is no process of this id. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

class NodeLease implements WorkerLease {
  readonly id: string;
  readonly worker: string;
  readonly channel: WebSocketChannel;
  readonly #end: (force: boolean) => void;
  onLost: (loss: WorkerLoss) => void = () => {};
  onRecalled: () => void = () => {};
  onCut: () => void = () => {};
  isOver = false;

  constructor(id: string, worker: string, channel: WebSocketChannel, end: (force: boolean) => void) {
    this.id = id;
    this.worker = worker;
    this.channel = channel;
    this.#end = end;
  }

  lose(loss: WorkerLoss): void {
    if (this.isOver) return;
    this.isOver = true;
    this.channel.close();
    this.onLost(loss);
  }

  release(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.channel.close();
    this.#end(false);
  }

  kill(): void {
    this.#end(true);
    this.lose({ reason: 'killed', message: `worker ${this.worker} was killed` });
  }
}

/** Asks the harness for a worker whenever there is demand. */
class NodeCluster implements Cluster {
  readonly name = 'node';
  readonly workersMax: number;
  readonly #harness: NodeHarness;
  readonly #session: string;
  readonly #open: ((lease: string) => Promise<WebSocket>) | undefined;
  readonly #leases = new Set<NodeLease>();
  #starting = 0;

  constructor(
    harness: NodeHarness,
    session: string,
    workersMax: number,
    open: ((lease: string) => Promise<WebSocket>) | undefined,
  ) {
    this.#open = open;
    this.#harness = harness;
    this.#session = session;
    this.workersMax = workersMax;
  }

  request(request: LeaseRequest): LeaseHandle {
    let demand = 0;
    const grant = (): void => {
      while (this.#leases.size + this.#starting < Math.min(demand, this.workersMax)) void this.#lease(request, grant);
    };
    return {
      setDemand: (count) => {
        demand = count;
        grant();
      },
      end: () => {
        demand = 0;
      },
    };
  }

  async #lease(request: LeaseRequest, again: () => void): Promise<void> {
    this.#starting++;
    const { lease: id, worker, socket } = await this.#harness.start(this.#session);
    const channel =
      this.#open === undefined ? await openChannel(socket) : new WebSocketChannel(await this.#open(id), 'client');
    this.#starting--;
    const lease = new NodeLease(id, worker, channel, (force) => {
      this.#leases.delete(lease);
      this.#harness.stop(id, force);
    });
    this.#leases.add(lease);
    void this.#harness.lost(id).then(({ reason, message, exitCode }) => {
      this.#leases.delete(lease);
      lease.lose({ reason, message, ...(exitCode === null ? {} : { exitCode }) });
      again();
    });
    request.onGranted(lease);
  }

  async withWorkers(count: number): Promise<NodeCluster> {
    return new NodeCluster(this.#harness, `${this.#session} with ${count}`, count, this.#open);
  }

  async close(): Promise<void> {
    for (const lease of [...this.#leases]) lease.release();
  }
}
