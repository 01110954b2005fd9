// Watches the machines of a cluster while a run is made.
//
// Owns: a timer while it watches. Callers: measure.ts.
//
// Invariants:
//   N1. What cannot be asked leaves a gap and fails no run.
//   N2. At most one question is on its way.

import { type NodeLoad, nodeLoads } from '../cluster/node-loads.ts';
import type { ObjectPeer } from '../cluster/objects.ts';
import type { NodeUse } from './run-record.ts';

/** As often as nodes say it themselves. */
const everyMs = 1000;

export class NodeWatch {
  readonly #head: ObjectPeer;
  readonly #seen = new Map<string, { cpu: number; samples: number; memoryBytes: number }>();
  readonly #timer: NodeJS.Timeout;
  #asking: Promise<void> | undefined;
  #workers = Number.POSITIVE_INFINITY;

  constructor(head: ObjectPeer) {
    this.#head = head;
    this.#timer = setInterval(() => this.#look(), everyMs);
    this.#timer.unref();
  }

  #look(): Promise<void> {
    this.#asking ??= nodeLoads(this.#head) // N2
      .then(
        (loads) => {
          for (const load of loads) this.#add(load);
          this.#workers = workersOf(loads);
        },
        () => {}, // N1
      )
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }

  #add({ node, load }: NodeLoad): void {
    if (load === undefined) return;
    const { cpu, memoryUsedBytes } = load;
    const seen = this.#seen.get(node) ?? { cpu: 0, samples: 0, memoryBytes: 0 };
    seen.cpu += cpu;
    seen.samples++;
    seen.memoryBytes = Math.max(seen.memoryBytes, memoryUsedBytes);
    this.#seen.set(node, seen);
  }

  /** How many workers there were when it last looked; infinitely many before. */
  get workers(): number {
    return this.#workers;
  }

  /** Looks once more and gives the averages of processors and the most memory that were seen. */
  async end(): Promise<NodeUse[]> {
    clearInterval(this.#timer);
    await this.#look();
    return [...this.#seen].map(([node, { cpu, samples, memoryBytes }]) => ({ node, cpu: cpu / samples, memoryBytes }));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** How many workers of one cpu the nodes have together. */
export function workersOf(loads: readonly NodeLoad[]): number {
  return loads.reduce((sum, { workers }) => sum + workers, 0);
}
