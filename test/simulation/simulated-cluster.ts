// A cluster that cannot be relied on: leases with workers behind them, and the network between them and the session.
//
// It is as bad as the `Cluster` interface allows and no worse: a lease is granted once, and its loss is told once; never
// after it was released; frames are lost only together with their worker. All else may happen: frames arrive twice,
// late, out of order, from workers whose loss was told long ago.

import type { Random } from './random.ts';
import type { Faults, Scenario } from './scenario.ts';
import { type Answer, type Order, SimulatedWorker, type WorkerSurroundings } from './simulated-worker.ts';
import type { Timeline } from './timeline.ts';

/** What the session hears. */
export interface SessionSide {
  onGranted(lease: string): void;
  onRecalled(lease: string): void;
  onCut(lease: string): void;
  onLost(lease: string, blame: boolean): void;
  onAnswer(lease: string, answer: Answer): void;
}

interface Lease {
  readonly id: string;
  readonly worker: SimulatedWorker;
  /** Neither lost, as far as the session was told, nor released. */
  held: boolean;
  recalled: boolean;
  /** When the last frame arrives, each way: without the fault, frames do not overtake each other. */
  lastAt: { toWorker: number; toSession: number };
}

export class SimulatedCluster implements WorkerSurroundings {
  readonly random: Random;
  readonly timeline: Timeline;
  readonly #faults: Faults;
  readonly #session: SessionSide;
  readonly #leases = new Map<string, Lease>();
  #granted = 0;
  #ended = false;

  constructor(random: Random, timeline: Timeline, scenario: Scenario, session: SessionSide) {
    this.random = random;
    this.timeline = timeline;
    this.#faults = scenario.faults;
    this.#session = session;
    for (let i = 0; i < scenario.workers; i++) this.#grantSoon();
    const { pauses, crashes, recalls, nodeDeaths } = scenario.faults;
    this.#plan(pauses, (lease) => this.#pause(lease));
    this.#plan(crashes, (lease) => this.#crash(lease, true));
    this.#plan(recalls, (lease) => this.#recall(lease));
    this.#plan(nodeDeaths, () => {
      for (const lease of this.#heldLeases()) if (random.chance(0.6)) this.#crash(lease, false);
    });
  }

  get faults(): Faults | undefined {
    return this.timeline.now < this.#faults.untilMs ? this.#faults : undefined;
  }

  #heldLeases(): Lease[] {
    return [...this.#leases.values()].filter((lease) => lease.held);
  }

  #plan(times: number, fault: (lease: Lease) => void): void {
    for (let i = 0; i < times; i++) {
      this.timeline.after(this.random.between(0, this.#faults.untilMs), () => {
        const leases = this.#heldLeases();
        if (leases.length > 0) fault(this.random.pick(leases));
      });
    }
  }

  /** A worker that was lost or given back starts again under a new lease. */
  #grantSoon(): void {
    this.timeline.after(this.random.between(0, 5), () => {
      if (this.#ended) return;
      const id = `lease-${++this.#granted}`;
      const worker = new SimulatedWorker(
        this,
        (answer) => this.#carry(lease, 'toSession', () => this.#session.onAnswer(id, answer)),
        () => this.#crash(lease, true),
      );
      const lease: Lease = { id, worker, held: true, recalled: false, lastAt: { toWorker: 0, toSession: 0 } };
      this.#leases.set(id, lease);
      this.#session.onGranted(id);
    });
  }

  run(id: string, orders: readonly Order[]): void {
    this.#toWorker(id, ({ worker }) => worker.run(orders));
  }

  cancel(id: string, ids: readonly number[]): void {
    this.#toWorker(id, ({ worker }) => worker.cancel(ids));
  }

  /** In this process a kill is told at once; over a network answers, and a recall, may still come in before that. */
  kill(id: string): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    if (this.random.chance(0.3)) {
      lease.worker.die();
      this.#tellLoss(lease, true);
    } else {
      if (this.random.chance(0.3)) this.#recall(lease);
      this.timeline.after(this.random.between(0, 5), () => this.#crash(lease, true));
    }
  }

  release(id: string): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.held = false;
    lease.worker.die();
    this.#grantSoon();
  }

  /** Grants nothing more and wants all workers back. */
  end(): void {
    this.#ended = true;
    for (const lease of this.#heldLeases()) this.#recall(lease);
  }

  #toWorker(id: string, receive: (lease: Lease) => void): void {
    const lease = this.#leases.get(id);
    if (lease !== undefined) this.#carry(lease, 'toWorker', () => receive(lease));
  }

  /** Brings one frame over, as well as the network can. */
  #carry(lease: Lease, way: keyof Lease['lastAt'], arrive: () => void): void {
    const { random, timeline, faults } = this;
    if (random.chance(faults?.drop ?? 0)) {
      this.#cutOff(lease);
      return;
    }
    let delayMs = random.between(0.05, 0.2);
    if (random.chance(faults?.delay ?? 0)) delayMs += random.between(0, 30);
    if (!random.chance(faults?.reorder ?? 0)) delayMs = Math.max(delayMs, lease.lastAt[way] - timeline.now);
    lease.lastAt[way] = Math.max(lease.lastAt[way], timeline.now + delayMs);
    timeline.after(delayMs, arrive);
    if (random.chance(faults?.double ?? 0)) timeline.after(delayMs + random.between(0, 20), arrive);
  }

  /** The session and the worker lose each other; the worker may go on for nobody. */
  #cutOff(lease: Lease): void {
    if (this.random.chance(0.5)) lease.worker.die();
    if (lease.held && this.random.chance(0.5)) this.#session.onCut(lease.id);
    this.timeline.after(this.random.between(0, 10), () => this.#tellLoss(lease, this.random.chance(0.5)));
  }

  #pause({ worker }: Lease): void {
    worker.pause();
    this.timeline.after(this.random.between(1, 40), () => worker.resume());
  }

  #crash(lease: Lease, blame: boolean): void {
    lease.worker.die();
    if (this.random.chance(0.5)) {
      this.#tellLoss(lease, blame);
    } else {
      if (lease.held && this.random.chance(0.5)) this.#session.onCut(lease.id);
      this.timeline.after(this.random.between(0, 5), () => this.#tellLoss(lease, blame));
    }
  }

  #tellLoss(lease: Lease, blame: boolean): void {
    if (!lease.held) return;
    lease.held = false;
    this.#grantSoon();
    this.#session.onLost(lease.id, blame);
  }

  #recall(lease: Lease): void {
    if (lease.recalled || !lease.held) return;
    lease.recalled = true;
    this.#session.onRecalled(lease.id);
  }
}
