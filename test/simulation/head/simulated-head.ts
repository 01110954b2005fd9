// The head's service around the scheduler under test: connections, a clock of its own, and restarts.
//
// Whatever the scheduler says is judged here before it is sent: by the ledger, and by whether the peer is there.

import assert from 'node:assert/strict';
import type { LeaseScheduler } from '../../../daemon/head/lease-scheduler.ts';
import type { LeaseEffect } from '../../../daemon/head/scheduler-state.ts';
import { Connection, type Surroundings } from './connection.ts';
import { Ledger } from './ledger.ts';
import type { Scenario } from './scenario.ts';
import type { NodeConnection, SimulatedNode } from './simulated-node.ts';
import type { SessionConnection, SessionUp } from './simulated-session.ts';

export type SchedulerClass = typeof LeaseScheduler;

/** What happened, for whoever looks into a seed. */
export type Trace = (at: number, what: string, detail: unknown) => void;

interface NodeLink {
  readonly connection: NodeConnection;
  readonly incarnation: string;
}

export class SimulatedHead {
  readonly #world: Surroundings;
  readonly #scenario: Scenario;
  readonly #Scheduler: SchedulerClass;
  readonly #trace: Trace | undefined;
  readonly #ledger: Ledger;
  readonly #nodes = new Map<string, NodeLink>();
  readonly #sessions = new Map<string, SessionConnection>();
  readonly #connections = new Set<NodeConnection | SessionConnection>();
  scheduler: LeaseScheduler;
  isUp = true;
  #leaseCount = 0;

  constructor(world: Surroundings, scenario: Scenario, Scheduler: SchedulerClass, trace?: Trace) {
    this.#world = world;
    this.#scenario = scenario;
    this.#Scheduler = Scheduler;
    this.#trace = trace;
    this.#ledger = new Ledger(scenario);
    this.scheduler = this.#newScheduler();
  }

  /** The head's own clock; peers never hear of it. */
  get #now(): number {
    const { rate, offset } = this.#scenario.clock;
    return offset + this.#world.timeline.now * rate;
  }

  /** When the scheduler wants to be woken, in the time of the simulation. */
  get nextTickAt(): number {
    const deadline = this.isUp ? this.scheduler.nextDeadline : undefined;
    if (deadline === undefined) return Number.POSITIVE_INFINITY;
    const { rate, offset } = this.#scenario.clock;
    return Math.max((deadline - offset) / rate, this.#world.timeline.now) + 1e-6;
  }

  #newScheduler(): LeaseScheduler {
    const { nodeGraceMs, sessionGraceMs } = this.#scenario;
    const graces = {
      nodeGraceMs,
      sessionGraceMs,
      sessionCutGraceMs: sessionGraceMs / 2,
      sessionReturnMs: sessionGraceMs,
    };
    const createLeaseId = (): string => `L${++this.#leaseCount}`;
    return new this.#Scheduler({ createLeaseId, now: this.#now, ...graces });
  }

  /** All sessions end from now on. */
  onEnding(): void {
    this.#ledger.onEnding();
  }

  tick(): void {
    this.#feed('tick', undefined, () => this.scheduler.onTick(this.#now));
  }

  /** It dies and comes back knowing nothing. */
  restart(downMs: number): void {
    if (!this.isUp) return;
    this.#trace?.(this.#world.timeline.now, 'head dies', undefined);
    this.isUp = false;
    for (const connection of this.#connections) connection.abandon('head');
    this.#connections.clear();
    this.#nodes.clear();
    this.#sessions.clear();
    this.#ledger.onRestart();
    this.#world.timeline.after(downMs, () => {
      this.scheduler = this.#newScheduler();
      this.isUp = true;
    });
  }

  acceptNode({ terms }: SimulatedNode): NodeConnection | undefined {
    if (!this.isUp) return undefined;
    const connection: NodeConnection = new Connection(this.#world);
    this.#connections.add(connection);
    let incarnation = '';
    connection.head.receive = (message) => {
      if (message.type === 'node.hello' && incarnation !== '') {
        connection.cut(); // only the first message is one
        return;
      }
      incarnation = message.incarnation;
      this.#receiveFromNode(terms.id, connection, message);
    };
    connection.head.onClosed = () => {
      this.#connections.delete(connection);
      if (incarnation === '') return;
      this.#feedFromNode(terms.id, connection, incarnation, 'node disconnected', () => {
        if (this.#nodes.get(terms.id)?.connection === connection) this.#nodes.delete(terms.id);
        this.scheduler.onNodeDisconnected(terms.id, incarnation, this.#now);
      });
    };
    return connection;
  }

  #receiveFromNode(id: string, connection: NodeConnection, message: Parameters<NodeConnection['sendUp']>[0]): void {
    const { incarnation } = message;
    if (message.type === 'node.hello') {
      const before = this.#nodes.get(id);
      this.#feed(message.type, message, () => {
        if (this.scheduler.onNodeJoined(message, this.#now)) this.#nodes.set(id, { connection, incarnation });
      });
      if (this.#nodes.get(id)?.connection !== connection) {
        this.#trace?.(this.#world.timeline.now, 'node rejected', { id, incarnation });
        connection.abandon('head');
        return;
      }
      // A connection that was replaced is closed: hellos of two connections may come in either order.
      if (before?.incarnation === incarnation) before.connection.abandon('head');
      else before?.connection.cut();
      return;
    }
    this.#feedFromNode(id, connection, incarnation, message.type, () => {
      const now = this.#now;
      if (message.type === 'node.bye') {
        this.#nodes.delete(id);
        this.scheduler.onNodeLost(id, incarnation, now);
      } else if (message.type === 'worker.ready') {
        this.scheduler.onWorkerReady(id, incarnation, message.lease, message.worker, message.socket, now);
      } else this.scheduler.onWorkerLost(id, incarnation, message.lease, message, now);
    });
  }

  /** K5: of a replaced connection only another incarnation's words come through, and change nothing. */
  #feedFromNode(id: string, connection: NodeConnection, incarnation: string, what: string, input: () => void): void {
    const present = this.#nodes.get(id);
    if (present?.connection === connection) {
      this.#feed(what, { id, incarnation }, input);
      return;
    }
    if (present === undefined || present.incarnation === incarnation) return;
    const before = this.scheduler.counts;
    this.#trace?.(this.#world.timeline.now, 'stale', { what, id, incarnation });
    input();
    if (this.#nodes.get(id) === undefined) this.#nodes.set(id, present);
    assert.deepEqual(this.scheduler.takeEffects(), [], `${what} of a stale incarnation has effects`);
    assert.deepEqual(this.scheduler.counts, before, `${what} of a stale incarnation changes something`);
  }

  acceptSession(id: string): SessionConnection | undefined {
    if (!this.isUp) return undefined;
    const connection: SessionConnection = new Connection(this.#world);
    this.#connections.add(connection);
    connection.head.receive = (message) => {
      if (message.type === 'session.hello') {
        if (this.#sessions.get(id) === connection) {
          connection.cut(); // only the first message is one
          return;
        }
        this.#sessions.get(id)?.abandon('head');
        this.#sessions.set(id, connection);
        this.#ledger.onSessionHere(id);
      } else if (this.#sessions.get(id) !== connection) return;
      this.#feed(message.type, { id, ...message }, () => this.#receiveFromSession(id, message));
    };
    connection.head.onClosed = () => {
      this.#connections.delete(connection);
      if (this.#sessions.get(id) !== connection) return;
      this.#feed('session disconnected', { id }, () => {
        this.#sessions.delete(id);
        this.#ledger.onSessionAway(id);
        const end = this.#world.random.chance(0.5) ? 'seen' : 'silent';
        this.scheduler.onSessionDisconnected(id, end, this.#now);
      });
    };
    return connection;
  }

  #receiveFromSession(id: string, message: SessionUp): void {
    const { scheduler } = this;
    const now = this.#now;
    switch (message.type) {
      case 'session.hello':
        scheduler.onSessionOpened(message, now);
        break;
      case 'session.bye':
        this.#sessions.delete(id);
        this.#ledger.onSessionAway(id);
        scheduler.onSessionClosed(id, now);
        break;
      case 'lease.request':
        this.#ledger.onRequest(id, message.request, message);
        scheduler.onRequest(id, message.request, message, now);
        break;
      case 'lease.demand':
        this.#ledger.onDemand(id, message.request, message.count);
        scheduler.onDemand(id, message.request, message.count, now);
        break;
      case 'lease.end':
        this.#ledger.onRequestEnded(id, message.request);
        scheduler.onRequestEnded(id, message.request, now);
        break;
      case 'lease.release':
        scheduler.onLeaseReleased(id, message.lease, now);
        break;
      case 'lease.kill':
        scheduler.onLeaseKilled(id, message.lease, now, message.unreachable !== undefined);
        break;
    }
  }

  #feed(what: string, detail: unknown, input: () => void): void {
    this.#trace?.(this.#world.timeline.now, what, detail);
    input();
    for (const effect of this.scheduler.takeEffects()) {
      this.#trace?.(this.#world.timeline.now, `  ${effect.type}`, effect);
      this.#ledger.onEffect(effect, this.scheduler, (node) => this.#nodes.has(node));
      this.#send(effect);
    }
    this.#ledger.check(this.scheduler);
  }

  #send(effect: LeaseEffect): void {
    const { type } = effect;
    if (type === 'cluster.changed') for (const connection of this.#sessions.values()) connection.sendDown(effect);
    else if (type === 'session.ended') for (const { connection } of this.#nodes.values()) connection.sendDown(effect);
    else if (type === 'node.welcome') this.#toNode(effect.node, { ...effect, head: 'head' });
    else if (type === 'worker.start' || type === 'worker.stop') this.#toNode(effect.node, effect);
    else if (type === 'session.welcome') this.#toSession(effect.session, { ...effect, head: 'head' });
    else if (type === 'lease.granted') {
      const place = { socket: effect.socket, nodeAddress: null, nodeFingerprint: null };
      this.#toSession(effect.session, { ...effect, place });
    } else this.#toSession(effect.session, effect);
  }

  #toNode(id: string, message: Parameters<NodeConnection['sendDown']>[0]): void {
    const link = this.#nodes.get(id);
    assert.ok(link !== undefined, `${message.type} to node ${id}, which is not there`); // K3
    link.connection.sendDown(message);
  }

  #toSession(id: string, message: Parameters<SessionConnection['sendDown']>[0]): void {
    const connection = this.#sessions.get(id);
    assert.ok(connection !== undefined, `${message.type} to session ${id}, which is not there`); // K3
    connection.sendDown(message);
  }
}
