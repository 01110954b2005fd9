// A cluster of real processes: a head and nodes, each a daemon of its own, with workers of their own, on loopback.
//
// Owns: the home directory, every daemon that it started, and the mark by which whatever they started is found again.
// Does not own: sessions; whoever opens one closes it.
//
// Invariants:
//   P1. When it is closed nothing is left: each process that carries its mark has ended, or `close` throws and says which.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { HeadCluster } from '../../sdk/cluster/head-cluster.ts';
import type { Way } from '../../sdk/cluster/worker-connection.ts';
import { controlVersion, joinString, readDaemonToken } from '../../sdk/internal.ts';
import { Session } from '../../sdk/session.ts';
import { headConfig, removeLeftObjects, send } from './daemon-home.ts';

const mainPath = fileURLToPath(new URL('../../daemon/daemon-main.ts', import.meta.url));

const status = z.object({
  daemon: z.looseObject({ pid: z.number(), incarnation: z.string(), uptimeMs: z.number(), memoryBytes: z.number() }),
  head: z
    .looseObject({
      nodes: z.array(z.looseObject({ node: z.string(), isHead: z.boolean(), leases: z.number() })),
      sessions: z.array(z.looseObject({ session: z.string(), name: z.string(), leases: z.number() })),
      leases: z.array(z.looseObject({ lease: z.string(), node: z.string(), worker: z.string() })),
    })
    .optional(),
  node: z.looseObject({
    headConnected: z.boolean(),
    leases: z.number(),
    workers: z.number(),
    warm: z.number(),
    spare: z.number(),
    pipes: z.number(),
    objects: z
      .object({ objects: z.number(), memoryBytes: z.number(), diskBytes: z.number(), sessions: z.number() })
      .optional(),
  }),
});

export type ClusterStatus = z.infer<typeof status>;

/** What a daemon of a cluster is started with. */
export interface DaemonProcessOptions {
  readonly cpus?: number;
  readonly resources?: Readonly<Record<string, number>>;
  readonly port?: number;
  readonly host?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Put before the command, such as what enters a network namespace. */
  readonly prefix?: readonly string[];
}

/** A daemon that runs in a process of its own. */
export interface DaemonProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  readonly options: DaemonProcessOptions;
}

/** How often it is looked before a wait is given up: about 40 s, or more where the machine is slow. */
const looksMax = 2000;

/** Looks until it is so. @throws Error when it does not become so. */
export async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (let looks = 0; looks < looksMax; looks++) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await delay(20);
  }
  throw new Error(`It did not become so: ${look}`);
}

/** The processes that wrote their number into a file, a line each; a file is there before there is a line in it. */
export function pidsIn(path: string): number[] {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return (text.match(/^\d+(?=\n)/gm) ?? []).map(Number);
}

/** Environment for a process that a test starts: nothing of the test runner's own. */
export function childEnv(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, GRIDBOOK_ADDRESS: ___, ...env } = process.env;
  return { ...env, ...extra };
}

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new TypeError('A server has no port');
  server.close();
  await once(server, 'close');
  return address.port;
}

export class ProcessCluster implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'gbc-'));
  readonly #mark = `CLUSTER_MARK=${randomUUID()}`;
  readonly #daemons = new Set<DaemonProcess>();
  #head: DaemonProcess | undefined;

  /** @param cpus - of the head's own node, and of each further node. */
  static async open([headCpus = 1, ...nodeCpus]: readonly number[], env?: NodeJS.ProcessEnv): Promise<ProcessCluster> {
    const cluster = new ProcessCluster();
    try {
      await cluster.startHead({ cpus: headCpus, ...(env === undefined ? {} : { env }) });
      for (const cpus of nodeCpus) await cluster.startNode({ cpus, ...(env === undefined ? {} : { env }) });
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get head(): DaemonProcess {
    if (this.#head === undefined) throw new TypeError('The cluster has no head');
    return this.#head;
  }

  get daemons(): readonly DaemonProcess[] {
    return [...this.#daemons];
  }

  get token(): string {
    return readDaemonToken(this.home, this.head.port);
  }

  /** Where a session connects to. */
  get place(): { url: string; token: string; fingerprint: undefined } {
    return { url: this.head.url, token: this.token, fingerprint: undefined };
  }

  /** The head's address as a program is given it. */
  get join(): string {
    const { port, options } = this.head;
    return joinString({ host: options.host ?? '127.0.0.1', port, token: this.token, fingerprint: undefined });
  }

  async startHead(options: DaemonProcessOptions = {}): Promise<DaemonProcess> {
    this.#head = await this.#start(options, null);
    return this.#head;
  }

  async startNode(options: DaemonProcessOptions = {}, headUrl = this.head.url): Promise<DaemonProcess> {
    const node = await this.#start(options, { url: headUrl, token: this.token, fingerprint: null });
    // One in another network namespace cannot be asked from here.
    if (options.prefix === undefined) await until(async () => (await this.statusOf(node)).node.headConnected);
    return node;
  }

  async #start(
    options: DaemonProcessOptions,
    to: { url: string; token: string; fingerprint: null } | null,
  ): Promise<DaemonProcess> {
    const { cpus = 1, resources = {}, port = 0, host = '127.0.0.1', env = {}, prefix = [] } = options;
    const config = headConfig(this.home, {
      host,
      port,
      insecure: host !== '127.0.0.1',
      resources: { cpus, ...resources },
      join: to,
    });
    const [name = '', value = ''] = this.#mark.split('=');
    const [command = '', ...args] = [...prefix, process.execPath, mainPath];
    const child = spawn(command, args, {
      env: childEnv({ ...env, [name]: value }),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => {}); // its end is told by its output
    child.stdin.end(JSON.stringify(config));
    const lines = createInterface(child.stdout);
    const [line = '{}']: unknown[] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
    const said: unknown = JSON.parse(String(line));
    const { success, data } = z.object({ port: z.number() }).safeParse(said);
    if (!success) throw new Error(`A daemon does not start: ${String(line)}`);
    const pid = child.pid;
    if (pid === undefined) throw new TypeError('A daemon has no process');
    const daemon = { child, pid, port: data.port, url: `http://${host}:${data.port}`, options };
    this.#daemons.add(daemon);
    return daemon;
  }

  /** Ends a daemon by a signal, and waits until it has ended. */
  async kill(daemon: DaemonProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const ended = once(daemon.child, 'exit');
    this.#daemons.delete(daemon);
    if (daemon.child.exitCode !== null || daemon.child.signalCode !== null) return;
    daemon.child.kill(signal);
    await ended;
  }

  async session(ways?: readonly Way[]): Promise<Session> {
    const { place } = this;
    return new Session(await HeadCluster.connect(place.url, place, ways));
  }

  /** The headers of a client that may come in. */
  headersFor(daemon: DaemonProcess): Record<string, string> {
    return {
      Host: new URL(daemon.url).host,
      Authorization: `Bearer ${readDaemonToken(this.home, daemon.port)}`,
      'X-Gridbook-Version': String(controlVersion),
    };
  }

  async statusOf(daemon: DaemonProcess): Promise<ClusterStatus> {
    const { text } = await send(daemon.port, 'GET', '/v1/status', this.headersFor(daemon));
    return status.parse(JSON.parse(text));
  }

  /** Waits until the head has granted nothing to anyone. */
  async untilFree(): Promise<void> {
    await until(async () => {
      const { head } = await this.statusOf(this.head);
      return head?.leases.length === 0 && head.sessions.length === 0;
    });
  }

  /** The processes that its daemons started, and theirs, also those that have lost their parent. */
  processes(): number[] {
    const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
    return pids.filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(this.#mark);
      } catch {
        return false; // it has ended meanwhile
      }
    });
  }

  /** The workers of a daemon, in the order in which they were started. */
  workersOf(daemon: DaemonProcess): number[] {
    return this.processes().filter((pid) => {
      try {
        return /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] === String(daemon.pid);
      } catch {
        return false;
      }
    });
  }

  /** Ends all daemons by intent; the home is still there. */
  async stopDaemons(): Promise<void> {
    // Nodes first: a head that is gone is looked for.
    for (const daemon of [...this.#daemons].reverse()) {
      daemon.child.kill('SIGCONT');
      await this.kill(daemon, 'SIGTERM');
    }
  }

  async close(): Promise<void> {
    await this.stopDaemons();
    const left = await this.#untilGone(); // P1
    removeLeftObjects(this.home);
    rmSync(this.home, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`Processes are left: ${left.join(', ')}`);
  }

  async #untilGone(): Promise<number[]> {
    for (let looks = 0; looks < 500; looks++) {
      if (this.processes().length === 0) return [];
      await delay(20);
    }
    const left = this.processes();
    for (const pid of left) {
      try {
        process.stderr.write(`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')}\n`);
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended just now, too late all the same.
      }
    }
    return left;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
