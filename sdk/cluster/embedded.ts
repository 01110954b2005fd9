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
//   M5. What a request needs for its first lease is kept from those behind it in turn, as long as recalls can free it;
//       who gives a lease back goes behind the others. So a large request is served beside any number of small ones.
//   M6. One thread at least is left to requests that are not exclusive: an exclusive one beyond that is refused, since
//       nothing tells when it could be served.

import { availableParallelism } from 'node:os';
import { ClosedError, ResourceError } from '../errors.ts';
import { checkInteger } from '../task-options.ts';
import type { Cluster, LeaseHandle, LeaseRequest, Placement, Resources, WorkerLease, WorkerLoss } from './cluster.ts';
import { type Amounts, add, amountsTaken, Capacity } from './embedded-capacity.ts';
import { EmbeddedThread } from './embedded-thread.ts';

const threadsMaxDefault = 1024;
/** The most workers that an embedded session can be given. */
export const embeddedWorkersMax = 512;

export interface EmbeddedOptions {
  /** How many workers of one cpu there are. @default the number of cores */
  workers?: number | undefined;
  /** What there is besides cpus, by name. */
  resources?: Resources | undefined;
  /** The limit of each worker's JavaScript heap, in bytes. @default Node's own */
  workerHeapBytesMax?: number | undefined;
  /** The most threads at once, those of actors among them. @default 1024 */
  threadsMax?: number | undefined;
}

interface Slot {
  readonly thread: EmbeddedThread;
  readonly exclusive: boolean;
  lease: HeldLease | undefined;
  /** Its thread is being ended: its place is free soon. */
  ending: boolean;
}

/** A standing request and what it holds. */
interface Standing {
  readonly request: LeaseRequest;
  readonly amounts: Amounts;
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
  onCut: () => void = () => {};
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
  readonly #options: EmbeddedOptions;
  readonly #capacity: Capacity;
  readonly #threadsMax: number;
  readonly #slots = new Set<Slot>();
  readonly #idle: Slot[] = [];
  readonly #standing = new Set<Standing>();
  #threadCount = 0;
  #leaseCount = 0;
  #granting = false;
  #grantAgain = false;
  #closed = false;

  constructor(options: EmbeddedOptions = {}) {
    this.#options = options;
    this.workersMax = options.workers ?? availableParallelism();
    this.#capacity = new Capacity({ ...options.resources, cpus: this.workersMax });
    this.#threadsMax = options.threadsMax ?? threadsMaxDefault;
  }

  openSibling(): EmbeddedCluster {
    return new EmbeddedCluster(this.#options);
  }

  async withWorkers(count: number): Promise<EmbeddedCluster> {
    const workers = checkInteger('workers', count, 1, embeddedWorkersMax);
    return new EmbeddedCluster({ ...this.#options, workers });
  }

  request(request: LeaseRequest): LeaseHandle {
    if (this.#closed) throw new ClosedError('Cannot lease workers: the session is closed');
    checkPlace(request.placement);
    const amounts = amountsTaken(request.resources);
    const [name] = this.#capacity.never(amounts);
    if (name !== undefined) {
      const [amount, most] = [request.resources[name], this.#capacity.total(name)];
      throw new ResourceError(`Cannot lease a worker with ${amount} ${name}: this session has ${most}`);
    }
    const standing: Standing = { request, amounts, demand: 0, ended: false, leases: new Set() };
    this.#standing.add(standing);
    return {
      setDemand: (count) => {
        const demand = request.exclusive ? Math.min(count, 1) : count; // M4
        if (standing.ended || standing.demand === demand) return;
        standing.demand = demand;
        this.#grant();
      },
      end: () => {
        this.#end(standing);
        this.#grant();
      },
    };
  }

  #end(standing: Standing): void {
    standing.ended = true;
    standing.demand = 0;
    this.#standing.delete(standing);
  }

  /** What is granted or recalled may change demands and give leases back at once: that makes another round. */
  #grant(): void {
    this.#grantAgain = true;
    if (this.#granting) return;
    this.#granting = true;
    try {
      while (this.#grantAgain) {
        this.#grantAgain = false;
        this.#grantOnce();
      }
    } finally {
      this.#granting = false;
    }
  }

  #grantOnce(): void {
    if (this.#closed) return;
    const kept = new Map<string, number>();
    for (const standing of this.#standing) {
      while (standing.leases.size < standing.demand && this.#capacity.lacking(standing.amounts, kept).length === 0) {
        if (!this.#hasThread(standing)) break;
        this.#lease(standing);
      }
      if (isWaiting(standing) && this.#mayBeServed(standing)) add(kept, standing.amounts, 1); // M5
    }
    for (const standing of this.#standing) {
      if (standing.leases.size < standing.demand) this.#recallFor(standing);
    }
  }

  /** Whether it fits once all leases that can be recalled have been given back. */
  #mayBeServed({ amounts }: Standing): boolean {
    const fixed = [...this.#slots].flatMap(({ lease }) => (lease?.standing.request.exclusive ? [lease.standing] : []));
    return this.#capacity.holds([amounts, ...fixed.map((standing) => standing.amounts)]);
  }

  /** Whether there is a thread for it. If not, one that is idle makes room, or it is refused (M6). */
  #hasThread(standing: Standing): boolean {
    const { exclusive } = standing.request;
    if (!exclusive && this.#idle.length > 0) return true;
    const most = this.#threadsMax - 1;
    const actors = exclusive ? [...this.#slots].filter((slot) => slot.exclusive).length : 0;
    if (this.#slots.size < this.#threadsMax && actors < most) return true;
    if (!exclusive || this.#isEnding()) return false; // the place of one that is ending is given when it is gone
    if (actors >= most) {
      this.#refuse(standing);
      return false;
    }
    const idle = this.#idle.pop();
    if (idle !== undefined) this.#endThread(idle);
    return false;
  }

  #isEnding(): boolean {
    return this.#slots.values().some(({ ending }) => ending);
  }

  #refuse(standing: Standing): void {
    this.#end(standing);
    const limit = `this session has ${this.#threadsMax - 1} already, the most that it may have beside its tasks' workers`;
    const error = new ResourceError(`Cannot start another actor: ${limit}. End one that is not needed any more`);
    // Whoever asked is still about to count on the handle.
    queueMicrotask(() => {
      if (!this.#closed) standing.request.onRefused?.(error);
    });
  }

  #lease(standing: Standing): void {
    const { exclusive } = standing.request;
    const slot = (exclusive ? undefined : this.#idle.pop()) ?? this.#startThread(exclusive);
    const lease = new HeldLease(`e${++this.#leaseCount}`, slot, standing, this);
    slot.lease = lease;
    standing.leases.add(lease);
    this.#capacity.take(standing.amounts);
    standing.request.onGranted(lease);
  }

  #startThread(exclusive: boolean): Slot {
    const slot: Slot = {
      thread: new EmbeddedThread({
        name: `w${++this.#threadCount}`,
        heapBytesMax: this.#options.workerHeapBytesMax,
        onEnd: (loss) => this.#onThreadEnd(slot, loss),
      }),
      exclusive,
      lease: undefined,
      ending: false,
    };
    this.#slots.add(slot);
    return slot;
  }

  #endThread(slot: Slot): void {
    slot.ending = true;
    void slot.thread.end('busy');
  }

  /** M3: one lease is asked for at a time; when it comes back, the rest is seen again. */
  #recallFor(waiting: Standing): void {
    const others = [...this.#standing].filter((s) => s !== waiting && !s.request.exclusive);
    if (others.some((s) => [...s.leases].some((l) => l.recalled))) return;
    if (!this.#mayBeServed(waiting)) return;
    const lacks = this.#capacity.lacking(waiting.amounts, new Map());
    // With all that it takes it waits for its turn, or for a thread's place: one that is ending leaves its own.
    if (lacks.length === 0 && (this.#slots.size < this.#threadsMax || this.#isEnding())) return;
    const helpful = others.filter((s) => lacks.length === 0 || lacks.some((name) => (s.amounts.get(name) ?? 0) > 0));
    const active = [...this.#standing].filter((s) => s.demand > 0).length;
    const share = Math.max(1, Math.floor(this.workersMax / active));
    const victim =
      helpful.find((s) => s.leases.size > s.demand) ??
      (waiting.leases.size < share ? helpful.find((s) => s.leases.size > share) : undefined) ??
      (waiting.leases.size === 0 ? helpful.find((s) => s.leases.size > 0) : undefined);
    const lease = victim && [...victim.leases][0];
    if (lease === undefined) return;
    lease.recalled = true;
    lease.onRecalled();
  }

  #endLease(lease: HeldLease): boolean {
    const { slot, standing } = lease;
    if (!standing.leases.delete(lease)) return false; // M2
    slot.lease = undefined;
    this.#capacity.giveBack(standing.amounts);
    // Who gives back makes room for others first.
    if (this.#standing.delete(standing)) this.#standing.add(standing);
    return true;
  }

  /** A session gives a worker back. */
  onReleased(lease: HeldLease): void {
    if (!this.#endLease(lease)) return;
    const { slot } = lease;
    if (slot.exclusive) this.#endThread(slot);
    else if (!slot.ending) this.#idle.push(slot);
    this.#grant();
  }

  /** A session wants a worker ended. */
  onKilled(lease: HeldLease): void {
    const { slot } = lease;
    this.#endThread(slot);
    // The loss is told now: a native call may hold the thread for long, and its tasks need not wait for that.
    this.#loseLease(slot, { reason: 'killed', message: `worker ${slot.thread.name} was killed` });
    this.#grant();
  }

  #loseLease(slot: Slot, loss: WorkerLoss): void {
    const { lease } = slot;
    if (lease !== undefined && this.#endLease(lease)) lease.onLost(loss);
  }

  #onThreadEnd(slot: Slot, loss: WorkerLoss): void {
    slot.ending = true;
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
    await Promise.all(slots.map(({ thread, ending }) => thread.end(ending ? 'busy' : 'idle')));
  }
}

/** Threads are all in one place; how they are laid over nodes is any way that is asked for. */
function checkPlace({ labels, node }: Placement): void {
  const [label] = Object.entries(labels);
  if (node === null && label === undefined) return;
  const where = node === null ? `on a node with ${label?.join('=')}` : `on node ${node}`;
  throw new ResourceError(
    `Cannot lease a worker ${where}: an embedded session has no nodes. Leave placement out, or connect to a head`,
  );
}

/** Whether it waits for its first lease. */
function isWaiting({ demand, leases }: Standing): boolean {
  return demand > 0 && leases.size === 0;
}
