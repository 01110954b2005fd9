// What must hold of everything that the scheduler says, kept in the plainest way: who was promised what.
//
// Owns: every lease that was ever started, and what the head has heard of sessions' wishes.
//
// Invariants, checked with every effect or after every step:
//   K1. Leases on a node never take more than it has, as the head counts them and as they run there.
//   K2. A lease is granted once, by whatever head, and to the session for which it was started.
//   K3. Effects go to peers that are connected, grants to requests that stand.
//   K4. An exclusive request never has two leases; its leases are not recalled.
//   K5. Words of stale incarnations change nothing.
//   K6. A lease is recalled once while its session is connected, and there are never more recalls than needs.
//   K7. When only the head goes and comes back, no lease is lost.
//   K8. A lease is on a node that its request may use.
//   K9. A session that is connected is not said to be over; none is before its end when only the head goes.

import assert from 'node:assert/strict';
import type { LeaseScheduler } from '../../../daemon/head/lease-scheduler.ts';
import type { LeaseEffect, RequestTerms } from '../../../daemon/head/scheduler-state.ts';
import type { Placement, Resources } from '../../../sdk/internal.ts';
import type { Scenario } from './scenario.ts';

interface Entry {
  readonly session: string;
  readonly node: string;
  readonly resources: Resources;
  readonly exclusive: boolean;
  request: number | undefined;
  recalled: boolean;
}

export class Ledger {
  readonly #scenario: Scenario;
  readonly #entries = new Map<string, Entry>();
  /** By session that is connected and request that stands: its demand. */
  readonly #wishes = new Map<string, Map<number, { demand: number; exclusive: boolean; placement: Placement }>>();

  #isEnding = false;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  onRestart(): void {
    this.#wishes.clear();
    for (const entry of this.#entries.values()) entry.recalled = false;
  }

  onSessionHere(id: string): void {
    this.onSessionAway(id);
    this.#wishes.set(id, new Map());
  }

  onSessionAway(id: string): void {
    this.#wishes.delete(id);
    for (const entry of this.#entries.values()) if (entry.session === id) entry.recalled = false;
  }

  /** From now on all sessions end. */
  onEnding(): void {
    this.#isEnding = true;
  }

  onRequest(session: string, request: number, { exclusive, placement }: RequestTerms): void {
    const wishes = this.#wishes.get(session);
    if (!wishes?.has(request)) wishes?.set(request, { demand: 0, exclusive, placement });
  }

  onDemand(session: string, request: number, count: number): void {
    const wish = this.#wishes.get(session)?.get(request);
    if (wish !== undefined) wish.demand = wish.exclusive ? Math.min(count, 1) : count;
  }

  onRequestEnded(session: string, request: number): void {
    this.#wishes.get(session)?.delete(request);
  }

  /** @param isHere - whether a node is connected. */
  onEffect(effect: LeaseEffect, scheduler: LeaseScheduler, isHere: (node: string) => boolean): void {
    switch (effect.type) {
      case 'worker.start': {
        const { lease, session, node, resources, exclusive } = effect;
        assert.ok(!this.#entries.has(lease), `${lease} is started twice`);
        assert.ok(this.#wishes.has(session), `${lease} is started for ${session}, which is not there`); // K3
        this.#entries.set(lease, { session, node, resources, exclusive, request: undefined, recalled: false });
        break;
      }
      case 'lease.granted': {
        const entry = this.#entry(effect.lease);
        assert.equal(entry.request, undefined, `${effect.lease} is granted twice`); // K2
        assert.equal(entry.session, effect.session, `${effect.lease} is granted to another session`); // K2
        const wish = this.#wishes.get(effect.session)?.get(effect.request);
        assert.ok(wish !== undefined, `${effect.lease} is granted to a request that does not stand`); // K3
        assert.equal(wish.exclusive, entry.exclusive);
        this.#checkPlace(entry.node, wish.placement); // K8
        entry.request = effect.request;
        break;
      }
      case 'lease.recalled': {
        const entry = this.#entry(effect.lease);
        assert.ok(entry.request !== undefined, `${effect.lease} is recalled and was not granted`);
        assert.ok(!entry.exclusive, `${effect.lease} is recalled and exclusive`); // K4
        assert.ok(!entry.recalled, `${effect.lease} is recalled twice`); // K6
        entry.recalled = true;
        this.#checkRecalls(scheduler, isHere);
        break;
      }
      case 'node.welcome':
        for (const session of effect.endedSessions) this.#checkEnd(session);
        break;
      case 'session.ended':
        this.#checkEnd(effect.session);
        break;
      case 'lease.lost':
        assert.ok(!this.#scenario.gentle, `${effect.lease} is lost, and nothing has gone wrong`); // K7
        break;
      case 'session.welcome':
        assert.ok(!this.#scenario.gentle || effect.ended.length === 0, `${effect.ended} ended without reason`); // K7
        break;
      case 'lease.refused':
        this.onRequestEnded(effect.session, effect.request);
        break;
      default:
        break;
    }
  }

  /** K9 */
  #checkEnd(session: string): void {
    assert.ok(!this.#wishes.has(session), `${session} is said to be over and is there`);
    assert.ok(!this.#scenario.gentle || this.#isEnding, `${session} is said to be over and is not`);
  }

  #checkPlace(id: string, placement: Placement): void {
    const labels = this.#scenario.nodes.find((node) => node.id === id)?.labels;
    assert.ok(placement.node === null || placement.node === id, `a lease for ${placement.node} is on ${id}`);
    for (const [name, value] of Object.entries(placement.labels)) {
      assert.equal(labels?.[name], value, `the label ${name} of the node of a lease`);
    }
  }

  #entry(lease: string): Entry {
    const entry = this.#entries.get(lease);
    assert.ok(entry !== undefined, `${lease} was never started`);
    return entry;
  }

  /** K6; a need of several cpus may take several leases, and what is recalled on a node that rests helps nobody. */
  #checkRecalls(scheduler: LeaseScheduler, isHere: (node: string) => boolean): void {
    let recalls = 0;
    const held = new Map<string, number>();
    for (const [lease, { session, node, request, recalled }] of this.#entries) {
      if (scheduler.nodeOf(lease) === undefined) continue;
      if (recalled) recalls += isHere(node) ? 1 : 0;
      else if (request !== undefined) held.set(`${session} ${request}`, (held.get(`${session} ${request}`) ?? 0) + 1);
    }
    let needs = 0;
    for (const [session, wishes] of this.#wishes) {
      for (const [request, { demand }] of wishes) {
        needs += Math.max(0, demand - (held.get(`${session} ${request}`) ?? 0));
      }
    }
    assert.ok(needs > 0, 'a lease is recalled and nobody waits');
    const { uniform, faults } = this.#scenario;
    if (uniform && faults.startFailure === 0)
      assert.ok(recalls <= needs, `${recalls} leases are recalled for ${needs} needs`);
  }

  /** K1, after each step. */
  check(scheduler: LeaseScheduler): void {
    const used = new Map<string, number>();
    for (const [lease, { node, resources }] of this.#entries) {
      if (scheduler.nodeOf(lease) !== node) continue;
      for (const [name, amount] of Object.entries(resources)) {
        const key = `${node} ${name}`;
        used.set(key, (used.get(key) ?? 0) + amount);
      }
    }
    if (used.size === 0) return;
    for (const { id, resources } of this.#scenario.nodes) {
      for (const [name, most] of Object.entries(resources)) {
        const amount = used.get(`${id} ${name}`) ?? 0;
        assert.ok(amount <= most + 1e-9, `leases take ${amount} ${name} of ${id}, which has ${most}`);
      }
    }
  }
}
