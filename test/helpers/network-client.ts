// A client of a cluster in a process of its own, as test/fixtures/cluster/holding-client.ts: what it says, and telling it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { childEnv, type ProcessCluster, pidsIn, until } from './cluster-process.ts';

const script = fileURLToPath(new URL('../fixtures/cluster/holding-client.ts', import.meta.url));

export interface HoldingClientOptions {
  /** How many tasks it sends. @default 1 */
  readonly tasks?: number;
  /** By commas. @default all */
  readonly ways?: string;
  /** Whether its tasks answer nobody while they run. @default false */
  readonly blocks?: boolean;
  readonly prefix?: readonly string[];
  readonly nodeFlags?: readonly string[];
}

export class HoldingClient {
  readonly child: ChildProcess;
  readonly #begun: string;
  readonly #gate: string;
  readonly lines: Record<string, unknown>[] = [];

  constructor(cluster: ProcessCluster, options: HoldingClientOptions = {}) {
    const { tasks = 1, ways = 'all', blocks = false, prefix = [], nodeFlags = [] } = options;
    const id = Math.random().toString(36).slice(2);
    this.#begun = join(cluster.home, `begun-${id}`);
    this.#gate = join(cluster.home, `gate-${id}`);
    const [command = '', ...args] = [
      ...prefix,
      process.execPath,
      ...nodeFlags,
      script,
      cluster.join,
      ways,
      String(tasks),
      blocks ? 'blocks' : 'waits',
      this.#begun,
      this.#gate,
    ];
    this.child = spawn(command, args, { env: childEnv(), stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdin?.on('error', () => {});
    if (this.child.stdout !== null) {
      createInterface(this.child.stdout).on('line', (line) => this.lines.push(Object(JSON.parse(line))));
    }
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new TypeError('The client has no process');
    return this.child.pid;
  }

  /** The workers in which its tasks have begun, in their order. */
  get workers(): readonly number[] {
    return pidsIn(this.#begun);
  }

  get gate(): string {
    return this.#gate;
  }

  get results(): readonly number[] {
    return this.lines.flatMap(({ result }) => (typeof result === 'number' ? [result] : []));
  }

  /** What happened in its session, of one type. */
  events(type: string): readonly { reason?: string; message?: string }[] {
    return this.lines.flatMap(({ event }) => (Object(event).type === type ? [Object(event)] : []));
  }

  tell(command: string): void {
    this.child.stdin?.write(`${command}\n`);
  }

  /** The status of its head, as it sees it; undefined when it cannot. */
  async headStatus(): Promise<{ nodes: unknown[]; leases: { lease: string; worker: string }[] } | undefined> {
    const before = this.lines.length;
    this.tell('status');
    const line = await until(() => this.lines.slice(before).find((l) => 'status' in l || 'statusError' in l));
    return Object(line['status']).head;
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.tell('close');
    this.child.stdin?.end();
    await ended;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
