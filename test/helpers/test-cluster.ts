// A head and nodes in this process, each a whole daemon with its own listener on loopback; their workers are processes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, openDaemon } from '../../daemon/daemon.ts';
import { controlVersion, readDaemonToken } from '../../sdk/internal.ts';
import { headConfig, send } from './daemon-home.ts';

export class TestCluster {
  readonly #home: string;
  readonly #daemons: Daemon[] = [];
  /** Where the head is. */
  readonly head: { url: string; token: string; fingerprint: undefined };

  private constructor(home: string, head: Daemon) {
    this.#home = home;
    this.#daemons.push(head);
    this.head = { url: head.record.url, token: readDaemonToken(home, head.port), fingerprint: undefined };
  }

  /** @param cpus - of the head's own node, and of each further node. */
  static async open([headCpus = 1, ...nodeCpus]: readonly number[]): Promise<TestCluster> {
    const home = mkdtempSync(join(tmpdir(), 'gridbook-cluster-'));
    const head = await openDaemon(headConfig(home, { resources: { cpus: headCpus } }));
    const cluster = new TestCluster(home, head);
    for (const cpus of nodeCpus) await cluster.addNode(cpus);
    return cluster;
  }

  get daemons(): readonly Daemon[] {
    return this.#daemons;
  }

  /** How many connections to workers a daemon passes on. */
  async pipesOf({ port }: Daemon): Promise<number> {
    const { token } = this.head;
    const headers = { Authorization: `Bearer ${token}`, 'X-Gridbook-Version': String(controlVersion) };
    const { text } = await send(port, 'GET', '/v1/status', { Host: `127.0.0.1:${port}`, ...headers });
    return JSON.parse(text).node.pipes;
  }

  async addNode(cpus: number, labels: Readonly<Record<string, string>> = {}): Promise<Daemon> {
    const { url, token } = this.head;
    const join = { url, token, fingerprint: null };
    const node = await openDaemon(headConfig(this.#home, { logLevel: 'debug', resources: { cpus }, labels, join }));
    this.#daemons.push(node);
    return node;
  }

  async close(): Promise<void> {
    // Nodes first: a head that is gone is looked for.
    for (const daemon of this.#daemons.reverse()) await daemon.stop(0);
    rmSync(this.#home, { recursive: true, force: true });
  }
}
