// A cluster of which a session takes at most so many workers at once for its tasks, whatever it could have.
//
// Owns: how the workers of the cap are shared among the kinds of workers that the session asks for.
// Does not own: the leases (the cluster inside). An actor has a worker of its own, which is not counted.
// Callers: connect.ts, and clusters of machines for their siblings.
//
// Invariants:
//   Q1. At no time does the session hold more than `workersMax` leases that are not exclusive.
//   Q2. The cluster inside is never asked for more than may be taken: what is told to it and what is held, whichever is
//       more of each request, come to the cap together at most.
//   Q3. When more requests wait than there are workers, each gets its turn: one lease after the other is called back,
//       and who gives one back goes behind the others.

import { checkInteger } from '../task-options.ts';
import type { Cluster, ClusterActors, LeaseHandle, LeaseRequest, WorkerLease, WorkerLoss } from './cluster.ts';
import type { SessionObjects } from './objects-session.ts';

/** The largest cap: so many leases a session can have. */
const capMax = 100_000;

/** How long who has a worker keeps it, at least, when others wait that have none: about the work that a worker is sent. */
const turnMs = 10;

/** Checks how many workers a session may take. @throws InvalidArgumentError */
export function checkCap(workers: number): number {
  return checkInteger('workers', workers, 1, capMax);
}

/** A standing request and what it holds. */
interface Standing {
  readonly request: LeaseRequest;
  demand: number;
  /** What the cluster inside was told. */
  told: number;
  handle: LeaseHandle | undefined;
  readonly leases: Set<CappedLease>;
}

class CappedLease implements WorkerLease {
  readonly #inner: WorkerLease;
  readonly #onEnd: (lease: CappedLease) => void;
  readonly standing: Standing;
  isRecalled = false;
  onLost: (loss: WorkerLoss) => void = () => {};
  onRecalled: () => void = () => {};
  onCut: () => void = () => {};

  constructor(inner: WorkerLease, standing: Standing, onEnd: (lease: CappedLease) => void) {
    this.#inner = inner;
    this.standing = standing;
    this.#onEnd = onEnd;
    inner.onLost = (loss) => {
      this.#onEnd(this);
      this.onLost(loss);
    };
    inner.onRecalled = () => this.recall();
    inner.onCut = () => this.onCut();
  }

  get id(): string {
    return this.#inner.id;
  }

  get worker(): string {
    return this.#inner.worker;
  }

  get channel(): WorkerLease['channel'] {
    return this.#inner.channel;
  }

  recall(): void {
    this.isRecalled = true;
    this.onRecalled();
  }

  release(): void {
    this.#onEnd(this); // first, for the cluster inside grants it at once to whom it was told of
    this.#inner.release();
  }

  kill(): void {
    this.#inner.kill();
  }
}

export class CappedCluster implements Cluster {
  readonly #inner: Cluster;
  readonly #cap: number;
  /** In the order of their turns. */
  readonly #standing = new Set<Standing>();
  #turn: NodeJS.Timeout | undefined;
  #sharing = false;
  #shareAgain = false;

  /** @param cap - how many workers run tasks of the session at once, at most. */
  constructor(inner: Cluster, cap: number) {
    this.#inner = inner;
    this.#cap = cap;
  }

  get name(): string {
    return this.#inner.name;
  }

  get workersMax(): number {
    return Math.min(this.#cap, this.#inner.workersMax);
  }

  get head(): Cluster['head'] {
    return this.#inner.head;
  }

  set onEvent(onEvent: Cluster['onEvent']) {
    this.#inner.onEvent = onEvent;
  }

  get objects(): SessionObjects | undefined {
    return this.#inner.objects;
  }

  get printsHere(): boolean | undefined {
    return this.#inner.printsHere;
  }

  get actors(): ClusterActors | undefined {
    return this.#inner.actors;
  }

  withWorkers(count: number): Promise<Cluster> {
    return this.#inner.withWorkers(count);
  }

  close(): Promise<void> {
    clearTimeout(this.#turn);
    return this.#inner.close();
  }

  request(request: LeaseRequest): LeaseHandle {
    if (request.exclusive) return this.#inner.request(request);
    const standing: Standing = { request, demand: 0, told: 0, handle: undefined, leases: new Set() };
    const handle = this.#inner.request({
      ...request,
      onGranted: (lease) => this.#onGranted(standing, lease),
      onRefused: (error) => {
        this.#end(standing);
        request.onRefused?.(error);
      },
    });
    standing.handle = handle;
    this.#standing.add(standing);
    return {
      setDemand: (count) => {
        if (standing.handle === undefined || standing.demand === count) return;
        standing.demand = count;
        this.#share();
      },
      end: () => {
        handle.end();
        this.#end(standing);
      },
    };
  }

  #end(standing: Standing): void {
    standing.demand = 0;
    standing.told = 0;
    standing.handle = undefined;
    if (standing.leases.size === 0) this.#standing.delete(standing);
    this.#share();
  }

  #onGranted(standing: Standing, granted: WorkerLease): void {
    let held = 0;
    for (const { leases } of this.#standing) held += leases.size;
    if (standing.handle === undefined || held >= this.#cap) {
      granted.release(); // Q1: it was on its way when less was asked for
      return;
    }
    const lease = new CappedLease(granted, standing, (ended) => this.#onEnd(ended));
    standing.leases.add(lease);
    standing.request.onGranted(lease);
    this.#share();
  }

  #onEnd(lease: CappedLease): void {
    const { standing } = lease;
    if (!standing.leases.delete(lease) || !this.#standing.delete(standing)) return;
    if (standing.handle !== undefined || standing.leases.size > 0) this.#standing.add(standing); // Q3
    this.#share();
  }

  /** What is told or called back may be answered at once: that makes another round. */
  #share(): void {
    this.#shareAgain = true;
    if (this.#sharing) return;
    this.#sharing = true;
    try {
      while (this.#shareAgain) {
        this.#shareAgain = false;
        this.#shareOnce();
      }
    } finally {
      this.#sharing = false;
    }
  }

  #shareOnce(): void {
    const targets = evenShares(this.#standing, this.#cap);
    for (const standing of this.#standing) this.#tell(standing, Math.min(standing.told, targets.get(standing) ?? 0));
    let room = this.#cap;
    for (const { told, leases } of this.#standing) room -= Math.max(told, leases.size);
    let missing = 0;
    for (const standing of this.#standing) {
      const target = targets.get(standing) ?? 0;
      const more = Math.max(0, target - Math.max(standing.told, standing.leases.size));
      const taken = Math.max(0, Math.min(more, room));
      room -= taken;
      missing += more - taken;
      this.#tell(standing, target - (more - taken)); // Q2
    }
    this.#recall(missing, targets);
    this.#takeTurns(targets);
  }

  /** Q3 */
  #takeTurns(targets: ReadonlyMap<Standing, number>): void {
    const isAnyoneStarved = [...targets].some(([{ demand, leases }, share]) => demand > 0 && share + leases.size === 0);
    const held = [...this.#standing].flatMap(({ leases }) => [...leases]);
    const isOver = !isAnyoneStarved || held.length === 0 || held.some(({ isRecalled }) => isRecalled);
    if (isOver) {
      clearTimeout(this.#turn);
      this.#turn = undefined;
    } else {
      this.#turn ??= setTimeout(() => {
        this.#turn = undefined;
        this.#recall(1, new Map());
      }, turnMs).unref();
    }
  }

  #tell(standing: Standing, count: number): void {
    if (standing.told === count) return;
    standing.told = count;
    standing.handle?.setDemand(count);
  }

  /** Calls back what is held above the targets, until so many leases have been called back. */
  #recall(count: number, targets: ReadonlyMap<Standing, number>): void {
    let left = count;
    for (const { leases } of this.#standing) for (const { isRecalled } of leases) if (isRecalled) left--;
    for (const standing of this.#standing) {
      const held = [...standing.leases].filter(({ isRecalled }) => !isRecalled);
      const above = Math.min(left, held.length - (targets.get(standing) ?? 0));
      for (const lease of held.slice(0, Math.max(0, above))) {
        left--;
        lease.recall();
      }
    }
  }
}

/** Gives each request one worker after the other, in turn, until there are no more or nobody could use another. */
function evenShares(requests: Iterable<Standing>, count: number): Map<Standing, number> {
  const shares = new Map([...requests].map((standing) => [standing, 0]));
  let left = count;
  for (let isGiven = true; isGiven && left > 0; ) {
    isGiven = false;
    for (const [standing, share] of shares) {
      if (left === 0 || share >= standing.demand) continue;
      shares.set(standing, share + 1);
      left--;
      isGiven = true;
    }
  }
  return shares;
}
