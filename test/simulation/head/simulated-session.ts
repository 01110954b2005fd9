// A client as the head sees it: it asks for workers, changes its mind, gives back what is recalled, loses its
// connection, comes back with what it has, and makes its requests again.

import assert from 'node:assert/strict';
import type { HeadToSession, Placement, Resources, SessionToHead } from '../../../sdk/internal.ts';
import type { Connection, Surroundings } from './connection.ts';

export interface Wish {
  readonly number: number;
  readonly resources: Resources;
  readonly exclusive: boolean;
  readonly placement: Placement;
  demand: number;
}

type Hello = { type: 'session.hello'; session: string; leases: { lease: string; request: number }[] };
/** As in the protocol; but a hello tells the request of each lease, and a client says when it ends. */
export type SessionUp = Exclude<SessionToHead, { type: 'session.hello' }> | Hello | { type: 'session.bye' };
export type SessionConnection = Connection<SessionUp, HeadToSession>;

export class SimulatedSession {
  readonly id: string;
  readonly wishes = new Map<number, Wish>();
  /** By lease, for which request it was granted. */
  readonly leases = new Map<string, number>();
  isOver = false;
  readonly #world: Surroundings;
  readonly #dial: (session: SimulatedSession) => SessionConnection | undefined;
  #connection: SessionConnection | undefined;
  #wishCount = 0;
  #killCount = 0;

  constructor(world: Surroundings, id: string, dial: (session: SimulatedSession) => SessionConnection | undefined) {
    this.#world = world;
    this.id = id;
    this.#dial = dial;
  }

  connect(): void {
    if (this.isOver) return;
    const connection = this.#dial(this);
    if (connection === undefined) {
      this.#soon(() => this.connect());
      return;
    }
    this.#connection = connection;
    connection.peer.receive = (message) => this.#receive(message);
    connection.peer.onClosed = () => {
      this.#soon(() => this.connect());
    };
    const leases = [...this.leases].map(([lease, request]) => ({ lease, request }));
    connection.sendUp({ type: 'session.hello', session: this.id, leases });
  }

  #soon(run: () => void): void {
    this.#world.timeline.after(this.#world.random.between(0.1, 6), () => {
      if (!this.isOver) run();
    });
  }

  #say(message: SessionUp): void {
    this.#connection?.sendUp(message);
  }

  #receive(message: HeadToSession): void {
    switch (message.type) {
      case 'session.welcome':
        for (const lease of message.ended) this.leases.delete(lease);
        for (const wish of this.wishes.values()) this.#sayWish(wish);
        break;
      case 'lease.refused':
        this.wishes.delete(message.request);
        break;
      case 'lease.granted':
        this.#onGranted(message.lease, message.request);
        break;
      case 'lease.recalled':
        this.#soon(() => this.release(message.lease));
        break;
      case 'lease.lost':
        this.leases.delete(message.lease);
        break;
      case 'cluster.changed':
        break;
    }
  }

  #onGranted(lease: string, request: number): void {
    if (this.leases.has(lease)) return;
    const wish = this.wishes.get(request);
    if (wish?.exclusive) {
      assert.ok(![...this.leases.values()].includes(request), `two leases for the exclusive request ${request}`); // K4
    }
    this.leases.set(lease, request);
    if (wish !== undefined) return;
    this.#say({ type: 'lease.end', request });
    this.release(lease);
  }

  #sayWish({ number, resources, exclusive, placement, demand }: Wish): void {
    this.#say({ type: 'lease.request', request: number, resources, exclusive, placement });
    if (demand > 0) this.#say({ type: 'lease.demand', request: number, count: demand });
  }

  ask(terms: Omit<Wish, 'number'>): void {
    if (this.isOver) return;
    const wish: Wish = { number: ++this.#wishCount, ...terms };
    this.wishes.set(wish.number, wish);
    this.#sayWish(wish);
  }

  setDemand(wish: Wish, demand: number): void {
    wish.demand = demand;
    this.#say({ type: 'lease.demand', request: wish.number, count: demand });
  }

  /** Ends a request; what it has is given back, sooner or later. */
  end({ number }: Wish): void {
    this.wishes.delete(number);
    this.#say({ type: 'lease.end', request: number });
    for (const [lease, request] of this.leases) if (request === number) this.#soon(() => this.release(lease));
  }

  release(lease: string): void {
    if (this.leases.delete(lease)) this.#say({ type: 'lease.release', lease });
  }

  /** Every other one because it is said not to be reached. */
  kill(lease: string): void {
    const unreachable = ++this.#killCount % 2 === 0 ? { unreachable: 'no way leads there' } : {};
    if (this.leases.delete(lease)) this.#say({ type: 'lease.kill', lease, ...unreachable });
  }

  cut(): void {
    this.#connection?.cut();
  }

  pause(ms: number): void {
    this.#connection?.hold(ms);
  }

  /** It ends without a word. */
  vanish(): void {
    this.#over();
    this.#connection?.abandon('peer');
  }

  close(): void {
    if (this.isOver) return;
    this.#say({ type: 'session.bye' });
    this.#over();
    this.#connection?.abandon('peer');
  }

  #over(): void {
    this.isOver = true;
    this.leases.clear();
    this.wishes.clear();
  }
}
