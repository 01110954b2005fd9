// The embedded cluster: threads of this process as workers.
//
// Owns: the threads, who holds which, how they are shared between the kinds of workers that one session asks for.
// Does not own: tasks. Callers: session.ts.
//
// Invariants:
//   M1. Leases never take more than the capacity, for each resource by itself.
//   M2. A lease ends once: given back, or lost. Its thread, when it lives, is used again, but for exclusive ones.
//   M3. When a request waits, leases above another's demand are recalled, then those above its equal share.
//   M4. An exclusive request holds one worker at most.

import { availableParallelism } from 'node:os';
import { ClosedError, ResourceError } from '../errors.ts';
import type { Cluster, LeaseHandle, LeaseRequest, Resources, WorkerLease, WorkerLoss } from './cluster.ts';
import { EmbeddedThread } from './embedded-thread.ts';

/** The most threads that one session starts, actors among them. */
export const threadsMax = 1024;

export interface EmbeddedOptions {
  /** How many workers of one cpu there are. @default the number of cores */
  workers?: number | undefined;
  /** What there is besides cpus, by name. */
  resources?: Resources | undefined;
  /** The limit of each worker's JavaScript heap, in bytes. @default Node's own */
  workerHeapBytesMax?: number | undefined;
}

interface Slot {
  readonly thread: EmbeddedThread;
  lease: HeldLease | undefined;
  dead: boolean;
}

/** A standing request and what it holds. */
interface Standing {
  readonly request: LeaseRequest;
  demand: number;
  ended: boolean;
  readonly leases: Set<HeldLease>;
}

class HeldLease implements WorkerLease {
  readonly id: string;
  readonly slot: Slot;
  readonly standing: Standing;
  recalled = false;
  onLost: (loss: WorkerLoss) => void = () => {};
  onRecalled: () => void = () => {};
  readonly #cluster: EmbeddedCluster;

  constructor(id: string, slot: Slot, standing: Standing, cluster: EmbeddedCluster) {
    this.id = id;
    this.slot = slot;
    this.standing = standing;
    this.#cluster = cluster;
  }

  get worker(): string {
    return this.slot.thread.name;
  }

  get channel(): EmbeddedThread['channel'] {
    return this.slot.thread.channel;
  }

  release(): void {
    this.#cluster.onReleased(this);
  }

  kill(): void {
    this.#cluster.onKilled(this);
  }
}

export class EmbeddedCluster implements Cluster {
  readonly name = 'embedded';
  readonly workersMax: number;
  readonly #capacity: Resources;
  readonly #heapBytesMax: number | undefined;
  readonly #used = new Map<string, number>();
  readonly #slots = new Set<Slot>();
  readonly #idle: Slot[] = [];
  readonly #standing = new Set<Standing>();
  #threadCount = 0;
  #leaseCount = 0;
  #closed = false;

  constructor(options: EmbeddedOptions = {}) {
    this.workersMax = options.workers ?? availableParallelism();
    this.#capacity = { ...options.resources, cpus: this.workersMax };
    this.#heapBytesMax = options.workerHeapBytesMax;
  }

  request(request: LeaseRequest): LeaseHandle {
    if (this.#closed) throw new ClosedError('Cannot lease workers: the session is closed');
    for (const [name, amount] of Object.entries(request.resources)) {
      const most = this.#capacity[name] ?? 0;
      if (amount > most) {
        throw new ResourceError(`Cannot lease a worker with ${amount} ${name}: this session has ${most}`);
      }
    }
    const standing: Standing = { request, demand: 0, ended: false, leases: new Set() };
    this.#standing.add(standing);
    return {
      setDemand: (count) => {
        const demand = request.exclusive ? Math.min(count, 1) : count; // M4
        if (standing.ended || standing.demand === demand) return;
        standing.demand = demand;
        this.#grant();
      },
      end: () => {
        standing.ended = true;
        standing.demand = 0;
        this.#standing.delete(standing);
        this.#grant();
      },
    };
  }

  #fits(resources: Resources): boolean {
    return Object.entries(resources).every(
      ([name, amount]) => (this.#used.get(name) ?? 0) + amount <= (this.#capacity[name] ?? 0), // M1
    );
  }

  #account(resources: Resources, sign: 1 | -1): void {
    for (const [name, amount] of Object.entries(resources)) {
      this.#used.set(name, (this.#used.get(name) ?? 0) + sign * amount);
    }
  }

  #grant(): void {
    if (this.#closed) return;
    for (const standing of this.#standing) {
      while (standing.leases.size < standing.demand && this.#fits(standing.request.resources)) {
        if (this.#slots.size >= threadsMax && this.#idle.length === 0) return;
        this.#lease(standing);
      }
    }
    for (const standing of this.#standing) {
      if (standing.leases.size < standing.demand) this.#recallFor(standing);
    }
  }

  #lease(standing: Standing): void {
    const slot = (standing.request.exclusive ? undefined : this.#idle.pop()) ?? this.#startThread();
    const lease = new HeldLease(`e${++this.#leaseCount}`, slot, standing, this);
    slot.lease = lease;
    standing.leases.add(lease);
    this.#account(standing.request.resources, 1);
    standing.request.onGranted(lease);
  }

  #startThread(): Slot {
    const slot: Slot = {
      thread: new EmbeddedThread({
        name: `w${++this.#threadCount}`,
        heapBytesMax: this.#heapBytesMax,
        onEnd: (loss) => this.#onThreadEnd(slot, loss),
      }),
      lease: undefined,
      dead: false,
    };
    this.#slots.add(slot);
    return slot;
  }

  /** M3: one lease is asked for at a time; when it comes back, the rest is seen again. */
  #recallFor(waiting: Standing): void {
    const active = [...this.#standing].filter((s) => s.demand > 0).length;
    const share = Math.max(1, Math.floor(this.workersMax / active));
    const others = [...this.#standing].filter((s) => s !== waiting && !s.request.exclusive);
    if (others.some((s) => [...s.leases].some((l) => l.recalled))) return;
    const victim =
      others.find((s) => s.leases.size > s.demand) ??
      (waiting.leases.size < share ? others.find((s) => s.leases.size > share) : undefined) ??
      (waiting.leases.size === 0 ? others.find((s) => s.leases.size > 0) : undefined);
    const lease = victim && [...victim.leases][0];
    if (lease === undefined) return;
    lease.recalled = true;
    lease.onRecalled();
  }

  #endLease(lease: HeldLease): boolean {
    const { slot, standing } = lease;
    if (!standing.leases.delete(lease)) return false; // M2
    slot.lease = undefined;
    this.#account(standing.request.resources, -1);
    // Who gives back makes room for others first.
    if (this.#standing.delete(standing)) this.#standing.add(standing);
    return true;
  }

  /** A session gives a worker back. */
  onReleased(lease: HeldLease): void {
    if (!this.#endLease(lease)) return;
    if (lease.standing.request.exclusive) void lease.slot.thread.end();
    else if (!lease.slot.dead) this.#idle.push(lease.slot);
    this.#grant();
  }

  /** A session wants a worker ended. */
  onKilled(lease: HeldLease): void {
    const { slot } = lease;
    // The loss is told now: a native call may hold the thread for long, and its tasks need not wait for that.
    this.#loseLease(slot, { reason: 'killed', message: `worker ${slot.thread.name} was killed` });
    void slot.thread.end();
    this.#grant();
  }

  #loseLease(slot: Slot, loss: WorkerLoss): void {
    const { lease } = slot;
    if (lease !== undefined && this.#endLease(lease)) lease.onLost(loss);
  }

  #onThreadEnd(slot: Slot, loss: WorkerLoss): void {
    slot.dead = true;
    this.#slots.delete(slot);
    const at = this.#idle.indexOf(slot);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#loseLease(slot, loss);
    this.#grant();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#standing.clear();
    const slots = [...this.#slots];
    for (const slot of slots) slot.lease = undefined;
    await Promise.all(slots.map((slot) => slot.thread.end()));
  }
}
