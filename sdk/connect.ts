// connect: from options to a session.

import type { Cluster, Resources } from './cluster/cluster.ts';
import { EmbeddedCluster } from './cluster/embedded.ts';
import { InvalidArgumentError } from './errors.ts';
import { Session } from './session.ts';
import { checkInteger, checkNames, checkResources } from './task-options.ts';

/** What a session is connected to, and with what. */
export interface ConnectOptions {
  /**
   * `embedded`: workers are threads of this process; `auto`: the head that this user runs on this machine; a join string,
   * or the `http(s)://host:port` of a head of this user. @default GRIDBOOK_ADDRESS, otherwise embedded
   */
  address?: string | undefined;
  /** How many workers an embedded session has. @default the number of cores */
  workers?: number | undefined;
  /** What an embedded session has besides cpus, by name. */
  resources?: Resources | undefined;
  /** The limit of each embedded worker's JavaScript heap, in bytes. @default Node's own */
  workerHeapBytesMax?: number | undefined;
}

const known = new Set(['address', 'workers', 'resources', 'workerHeapBytesMax']);

/** The most workers that an embedded session can be given. */
const workersLimit = 512;
const heapBytesLeast = 16 * 2 ** 20;

/**
 * Opens a session. Without an address its workers are threads of this process, started when the first task needs them
 * and kept warm until the session is closed. An open session that has nothing to do keeps no program from ending.
 *
 * @param options - what to connect to, and with what.
 * @returns the open session; close it, or let `await using` do so.
 * @throws InvalidArgumentError when an option is not of its form.
 * @throws ConnectionError, AuthenticationError or VersionError when the head at the address cannot be had.
 * @example
 * ```ts
 * import { connect } from 'gridbook';
 *
 * const session = await connect({ workers: 2 });
 * console.log(session.workers); // prints: 2
 * await session.close();
 * ```
 */
export async function connect(options: ConnectOptions = {}): Promise<Session> {
  checkNames(options, known, 'connect');
  const { workers, resources, workerHeapBytesMax } = options;
  const address = options.address ?? process.env['GRIDBOOK_ADDRESS'] ?? 'embedded';
  if (address !== 'embedded') return new Session(await connectToHead(address, options));
  if (workers !== undefined) checkInteger('workers', workers, 1, workersLimit);
  if (workerHeapBytesMax !== undefined) checkInteger('workerHeapBytesMax', workerHeapBytesMax, heapBytesLeast);
  if (resources !== undefined) checkResources(resources);
  return new Session(new EmbeddedCluster({ workers, resources, workerHeapBytesMax }));
}

/** The network is loaded only by programs that use it. */
async function connectToHead(address: string, options: ConnectOptions): Promise<Cluster> {
  for (const name of ['workers', 'resources', 'workerHeapBytesMax'] as const) {
    if (options[name] === undefined) continue;
    throw new InvalidArgumentError(`${name} is for embedded sessions: the nodes of ${address} say what they have`);
  }
  const [{ resolveAddress }, { HeadCluster }] = await Promise.all([
    import('./cluster/address.ts'),
    import('./cluster/head-cluster.ts'),
  ]);
  const place = await resolveAddress(address);
  return HeadCluster.connect(place.url, place);
}
