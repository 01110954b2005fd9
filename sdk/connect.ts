// connect: from options to a session.

import type { Cluster, Resources } from './cluster/cluster.ts';
import { EmbeddedCluster, embeddedWorkersMax } from './cluster/embedded.ts';
import { InvalidArgumentError } from './errors.ts';
import { Session } from './session.ts';
import { checkInteger, checkNames, checkResources } from './task-options.ts';
import { shownOf, textOf } from './text-of.ts';

/** What a session is connected to, and with what. */
export interface ConnectOptions {
  /**
   * `embedded`: workers are threads of this process; `auto`: the head that this user runs on this machine; a join string,
   * or the `http(s)://host:port` of a head of this user. @default GRIDBOOK_ADDRESS, otherwise embedded
   */
  address?: string | undefined;
  /**
   * How many workers run its tasks at once: of an embedded session the number that it has, at an address the most that it
   * takes of those that there are. @default embedded the number of cores, at an address all that it gets
   */
  workers?: number | undefined;
  /**
   * Whether what tasks print on the workers of daemons is printed by this process, too, each line after its worker's name,
   * or is in the daemons' logs only. Embedded workers are part of this process, and print as it does.
   * @default 'print'
   */
  taskOutput?: 'print' | 'log' | undefined;
  /** What an embedded session has besides cpus, by name. */
  resources?: Resources | undefined;
  /** The limit of each embedded worker's JavaScript heap, in bytes. @default Node's own */
  workerHeapBytesMax?: number | undefined;
}

const knownBesideAddress = new Set(['workers', 'taskOutput', 'resources', 'workerHeapBytesMax']);
const known = new Set(['address', ...knownBesideAddress]);

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
export function connect(options?: ConnectOptions): Promise<Session>;
/**
 * Opens a session at an address.
 *
 * @param address - what `options.address` would be, such as `auto`.
 * @param options - the other options.
 * @returns the open session; close it, or let `await using` do so.
 * @throws as for options alone.
 */
export function connect(address: string, options?: Omit<ConnectOptions, 'address'>): Promise<Session>;
export async function connect(
  where: string | ConnectOptions = {},
  besides?: Omit<ConnectOptions, 'address'>,
): Promise<Session> {
  const options = optionsOf(where, besides);
  const { workers, resources, workerHeapBytesMax } = options;
  // An empty variable is how shells leave one out.
  const address = options.address ?? (process.env['GRIDBOOK_ADDRESS'] || 'embedded');
  if (typeof address !== 'string') {
    throw new InvalidArgumentError(`address must be a text such as "auto" or a join string, got ${textOf(address)}`);
  }
  checkTaskOutput(options.taskOutput);
  if (address !== 'embedded') return new Session(await connectToHead(address, options));
  if (workers !== undefined) checkInteger('workers', workers, 1, embeddedWorkersMax);
  if (workerHeapBytesMax !== undefined) checkInteger('workerHeapBytesMax', workerHeapBytesMax, heapBytesLeast);
  if (resources !== undefined && 'cpus' in checkResources(resources)) {
    throw new InvalidArgumentError(
      'resources.cpus of an embedded session is how many workers it has: give workers instead',
    );
  }
  return new Session(new EmbeddedCluster({ workers, resources, workerHeapBytesMax }));
}

function optionsOf(
  where: string | ConnectOptions,
  besides: Omit<ConnectOptions, 'address'> | undefined,
): ConnectOptions {
  if (typeof where === 'string') {
    checkNames(besides ?? {}, knownBesideAddress, 'connect at an address');
    return { ...besides, address: where };
  }
  if (besides !== undefined) {
    throw new InvalidArgumentError('connect takes connect(options), or connect(address, options)');
  }
  checkNames(where, known, 'connect');
  return where;
}

function checkTaskOutput(taskOutput: unknown): void {
  if (taskOutput === undefined || taskOutput === 'print' || taskOutput === 'log') return;
  throw new InvalidArgumentError(`taskOutput must be "print" or "log", got ${shownOf(taskOutput)}`);
}

/** The network is loaded only by programs that use it. */
async function connectToHead(address: string, options: ConnectOptions): Promise<Cluster> {
  for (const name of ['resources', 'workerHeapBytesMax'] as const) {
    if (options[name] === undefined) continue;
    throw new InvalidArgumentError(`${name} is for embedded sessions: the nodes of ${address} say what they have`);
  }
  const [{ resolveAddress }, { HeadCluster }, { CappedCluster, checkCap }] = await Promise.all([
    import('./cluster/address.ts'),
    import('./cluster/head-cluster.ts'),
    import('./cluster/capped-cluster.ts'),
  ]);
  const cap = options.workers === undefined ? undefined : checkCap(options.workers);
  const place = await resolveAddress(address);
  const cluster = await HeadCluster.connect(place.url, place);
  cluster.printsHere = options.taskOutput !== 'log';
  return cap === undefined ? cluster : new CappedCluster(cluster, cap);
}
