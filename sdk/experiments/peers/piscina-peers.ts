// The peers on piscina, a pool of threads, which is looked up from the user's project.
//
// Owns: a pool for each matrix, since a thread is given its matrix when it starts, which is not timed.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openKernel, selectKernel } from '../../workloads/markov/kernels/select.ts';
import type { TransitionMatrix } from '../../workloads/markov/matrix.ts';
import { partition } from '../../workloads/markov/partition.ts';
import { findingOf } from './finding.ts';
import type { Peer, PeerName, PeerOutcome, PeerWork } from './peer.ts';
import type { PiscinaData } from './piscina-task.ts';

/** Not a package of ours: whoever wants it measured has it. */
const packageName: string = 'piscina';

/** The most parts in one call, where they are sent in batches. */
const batchMax = 100;

/** The most pools at a time: their threads wait, but hold memory. */
const poolsMax = 16;

/** What is used of piscina. Its own types are not there for those who do not have it. */
interface Pool {
  run(task: unknown, options: { name: string }): Promise<unknown>;
  destroy(): Promise<void>;
}
interface PoolOptions {
  readonly filename: string;
  readonly minThreads: number;
  readonly maxThreads: number;
  readonly workerData: PiscinaData;
}
interface PiscinaModule {
  readonly Piscina: { new (options: PoolOptions): Pool; readonly version: string };
}

function isPiscina(loaded: unknown): loaded is PiscinaModule {
  if ((typeof loaded !== 'object' && typeof loaded !== 'function') || loaded === null) return false;
  return 'Piscina' in loaded && typeof loaded.Piscina === 'function' && 'version' in loaded.Piscina;
}

/** Peers on piscina, and how they are ended; undefined where it is not installed. */
export function openPiscinaPeers(
  names: readonly PeerName[],
  cores: number,
): { readonly peers: readonly Peer[]; close(): Promise<void> } | undefined {
  const loaded = loadPiscina();
  if (loaded === undefined) return undefined;
  const pools = new PiscinaPools(loaded, cores);
  const madeOf = `piscina ${loaded.Piscina.version}, Node ${process.versions.node}`;
  const peers = names.map(
    (name): Peer => ({
      name,
      madeOf,
      workers: cores,
      isSplit: true,
      run: (work) => pools.run(work, name === 'piscina-batches'),
    }),
  );
  return { peers, close: () => pools.close() };
}

function loadPiscina(): PiscinaModule | undefined {
  let loaded: unknown;
  try {
    loaded = createRequire(join(process.cwd(), 'package.json'))(packageName);
  } catch {
    return undefined;
  }
  return isPiscina(loaded) ? loaded : undefined;
}

class PiscinaPools {
  readonly #module: PiscinaModule;
  readonly #threads: number;
  readonly #pools = new Map<TransitionMatrix, Pool>();

  constructor(module: PiscinaModule, threads: number) {
    this.#module = module;
    this.#threads = threads;
  }

  async run(work: PeerWork, inBatches: boolean): Promise<PeerOutcome> {
    const { matrix, totalCount, pcNum, signal } = work;
    const kernel = openKernel(await selectKernel(matrix.n, work.kernel));
    const onAbort = (): void => void this.close();
    signal.addEventListener('abort', onAbort);
    try {
      const pool = await this.#poolFor(work);
      signal.throwIfAborted();
      const start = performance.now();
      const counts = [...partition(totalCount, pcNum)];
      const calls = inBatches
        ? batchesOf(counts, this.#threads).map((batch) => pool.run(batch, { name: 'powers' }))
        : counts.map((count) => pool.run(count, { name: 'power' }));
      let product: Float64Array | undefined;
      const length = matrix.n ** 2;
      for (const answer of await Promise.all(calls)) {
        if (!(answer instanceof Float64Array)) throw new TypeError('A thread of piscina gave no product');
        for (let i = 0; i < answer.length; i += length) {
          const part = answer.subarray(i, i + length);
          product = product === undefined ? part : kernel.product(product, part);
        }
      }
      const durationMs = performance.now() - start;
      if (product === undefined) throw new Error('piscina gave no product');
      return { durationMs, kernel: kernel.name, ...findingOf(matrix.n, product.slice()) };
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The pool of a matrix. Its threads are started, and have multiplied, before anything is timed. */
  async #poolFor({ matrix, kernel }: PeerWork): Promise<Pool> {
    const known = this.#pools.get(matrix);
    if (known !== undefined) return known;
    if (this.#pools.size >= poolsMax) await this.close();
    const workerData = { image: await selectKernel(matrix.n, kernel), matrix: matrix.values };
    const name = import.meta.url.endsWith('.ts') ? './piscina-task.ts' : './piscina-task.js';
    const filename = new URL(name, import.meta.url).href;
    const threads = { minThreads: this.#threads, maxThreads: this.#threads };
    const pool = new this.#module.Piscina({ filename, ...threads, workerData });
    this.#pools.set(matrix, pool);
    await Promise.all(Array.from({ length: 4 * this.#threads }, () => pool.run(2, { name: 'power' })));
    return pool;
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}

/** Neighbouring parts, as many in each as keep all threads at work. */
function batchesOf(counts: readonly number[], threads: number): number[][] {
  const size = Math.min(batchMax, Math.ceil(counts.length / threads));
  return Array.from({ length: Math.ceil(counts.length / size) }, (_, i) => counts.slice(i * size, (i + 1) * size));
}
