// A head and nodes in this process, each a whole daemon with its own listener on loopback; their workers are processes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, openDaemon } from '../../daemon/daemon.ts';
import { readDaemonToken } from '../../sdk/internal.ts';
import { headConfig } from './daemon-home.ts';

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
