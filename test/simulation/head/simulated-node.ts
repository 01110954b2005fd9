// A machine as the head sees it: it starts and stops workers as it is told, crashes, and comes back.
//
// It does what it is told in the order in which it is told, so that what it runs must never be more than it has.

import assert from 'node:assert/strict';
import type { HeadToNode, NodeToHead, Resources } from '../../../sdk/internal.ts';
import type { Connection, Surroundings } from './connection.ts';
import type { NodeTerms } from './scenario.ts';

type NodeUp =
  | Extract<NodeToHead, { type: 'node.hello' | 'worker.ready' | 'worker.lost' }>
  /** It is stopped in an orderly way. */
  | { type: 'node.bye' };
export type NodeConnection = Connection<NodeUp & { incarnation: string }, HeadToNode>;

interface RunningLease {
  readonly session: string;
  readonly resources: Resources;
  state: 'starting' | 'running';
}

export class SimulatedNode {
  readonly terms: NodeTerms;
  readonly leases = new Map<string, RunningLease>();
  /** The sessions of which it keeps something until it hears that they are over. */
  readonly sessions = new Set<string>();
  readonly #world: Surroundings;
  readonly #dial: (node: SimulatedNode) => NodeConnection | undefined;
  #connection: NodeConnection | undefined;
  #lives = 0;
  #isUp = false;

  constructor(world: Surroundings, terms: NodeTerms, dial: (node: SimulatedNode) => NodeConnection | undefined) {
    this.#world = world;
    this.terms = terms;
    this.#dial = dial;
  }

  get incarnation(): string {
    return `${this.terms.id}-${this.#lives}`;
  }

  start(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#lives++;
    this.#connect();
  }

  #connect(): void {
    const life = this.#lives;
    if (!this.#isUp) return;
    const connection = this.#dial(this);
    if (connection === undefined) {
      this.#soon(() => this.#connect());
      return;
    }
    this.#connection = connection;
    connection.peer.receive = (message) => this.#receive(message);
    connection.peer.onClosed = () => {
      if (this.#lives === life) this.#soon(() => this.#connect());
    };
    connection.sendUp(this.#hello());
  }

  #hello(): NodeUp & { incarnation: string } {
    const { id, resources, labels } = this.terms;
    const leases = [...this.leases].map(([lease, { session, resources }]) => ({
      lease,
      session,
      resources,
      worker: lease,
      socket: lease,
    }));
    const { incarnation } = this;
    return {
      type: 'node.hello',
      node: id,
      incarnation,
      address: null,
      fingerprint: null,
      resources,
      labels,
      leases,
      sessions: [...this.sessions],
    };
  }

  /** Something that happens later, unless this life is over by then. */
  #soon(run: () => void): void {
    const life = this.#lives;
    this.#world.timeline.after(this.#world.random.between(0.1, 6), () => {
      if (this.#isUp && this.#lives === life) run();
    });
  }

  #say(message: NodeUp): void {
    this.#connection?.sendUp({ ...message, incarnation: this.incarnation });
  }

  #receive(message: HeadToNode): void {
    switch (message.type) {
      case 'node.welcome':
        for (const lease of message.ended) this.leases.delete(lease);
        for (const session of message.endedSessions) this.#onSessionEnded(session);
        break;
      case 'worker.start': {
        const { lease, session, resources } = message;
        if (this.leases.has(lease)) return;
        this.sessions.add(session);
        this.leases.set(lease, { session, resources, state: 'starting' });
        this.#checkCapacity();
        this.#soon(() => this.#started(lease));
        break;
      }
      case 'worker.stop':
        this.leases.delete(message.lease);
        break;
      case 'session.ended':
        this.#onSessionEnded(message.session);
        break;
    }
  }

  #onSessionEnded(session: string): void {
    this.sessions.delete(session);
    for (const [lease, of] of this.leases) assert.notEqual(of.session, session, `${lease} outlives its session`);
  }

  #started(id: string): void {
    const lease = this.leases.get(id);
    if (lease === undefined) return;
    if (this.#world.random.chance(this.#world.faults?.startFailure ?? 0)) this.#end(id);
    else {
      lease.state = 'running';
      this.#say({ type: 'worker.ready', lease: id, worker: id, socket: id });
    }
  }

  #end(lease: string): void {
    this.leases.delete(lease);
    this.#say({ type: 'worker.lost', lease, reason: 'exit', message: 'it ended', exitCode: 1 });
  }

  #checkCapacity(): void {
    const used: Record<string, number> = {};
    for (const { resources } of this.leases.values()) {
      for (const [name, amount] of Object.entries(resources)) used[name] = (used[name] ?? 0) + amount;
    }
    for (const [name, amount] of Object.entries(used)) {
      const most = this.terms.resources[name] ?? 0;
      assert.ok(amount <= most + 1e-9, `${this.terms.id} runs ${amount} ${name} and has ${most}`); // K1
    }
  }

  /** What nothing uses, by name. */
  free(): Record<string, number> {
    const free: Record<string, number> = { ...this.terms.resources };
    for (const { resources } of this.leases.values()) {
      for (const [name, amount] of Object.entries(resources)) free[name] = (free[name] ?? 0) - amount;
    }
    return free;
  }

  cut(): void {
    this.#connection?.cut();
  }

  pause(ms: number): void {
    this.#connection?.hold(ms);
  }

  crashWorker(): void {
    const running = [...this.leases].filter(([, { state }]) => state === 'running').map(([id]) => id);
    if (running.length > 0) this.#end(this.#world.random.pick(running));
  }

  /** Ends with all that runs on it. */
  crash(): void {
    if (!this.#isUp) return;
    const { random, timeline, faults } = this.#world;
    if (random.chance(0.3)) this.#say({ type: 'node.bye' });
    if (random.chance(faults === undefined ? 0 : 0.5)) {
      // A connection that it opened before it ended arrives when it may be back already.
      const hello = this.#hello();
      timeline.after(random.between(0, 20), () => {
        const late = this.#dial(this);
        late?.sendUp(hello);
        timeline.after(random.between(0, 5), () => late?.abandon('peer'));
      });
    }
    this.#isUp = false;
    this.leases.clear();
    this.sessions.clear();
    this.#connection?.abandon('peer');
  }
}
