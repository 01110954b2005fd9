// connect: from options to a session.

import type { Resources } from './cluster/cluster.ts';
import { EmbeddedCluster } from './cluster/embedded.ts';
import { InvalidArgumentError } from './errors.ts';
import { Session } from './session.ts';
import { checkInteger, checkNames, checkResources } from './task-options.ts';

/** What a session is connected to, and with what. */
export interface ConnectOptions {
  /** `embedded`: workers are threads of this process. @default GRIDBOOK_ADDRESS, otherwise embedded */
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
  if (address !== 'embedded') {
    throw new InvalidArgumentError(
      `Cannot connect to "${address}": this version has embedded sessions only, address "embedded"`,
    );
  }
  if (workers !== undefined) checkInteger('workers', workers, 1, workersLimit);
  if (workerHeapBytesMax !== undefined) checkInteger('workerHeapBytesMax', workerHeapBytesMax, heapBytesLeast);
  if (resources !== undefined) checkResources(resources);
  return new Session(new EmbeddedCluster({ workers, resources, workerHeapBytesMax }));
}
