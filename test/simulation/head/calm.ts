// What must hold when faults have stopped, all messages have arrived, and everybody has what there is to have.
//
// Invariants:
//   C1. Head, nodes and sessions agree on every lease.
//   C2. What waits fits nowhere, not even in place of what is idle.
//   C3. With equal requests, whoever waits has at most one lease less than anybody else, and nothing is free.

import assert from 'node:assert/strict';
import type { LeaseScheduler } from '../../../daemon/head/lease-scheduler.ts';
import type { Resources } from '../../../sdk/internal.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { SimulatedSession, Wish } from './simulated-session.ts';

export function checkCalm(
  { uniform }: Scenario,
  scheduler: LeaseScheduler,
  nodes: readonly SimulatedNode[],
  sessions: readonly SimulatedSession[],
): void {
  checkAgreement(scheduler, nodes, sessions);
  for (const session of sessions) {
    for (const wish of session.wishes.values()) {
      if (heldBy(session, wish) >= wanted(wish)) continue;
      for (const node of nodes) {
        if (mayUse(wish, node)) assert.ok(!fitsIn(wish.resources, roomIn(node, sessions)), waits(session, wish, node)); // C2
      }
      if (!uniform) continue;
      for (const other of sessions) {
        const more = other.leases.size - session.leases.size;
        assert.ok(more <= 1, `${other.id} has ${more} leases more than ${session.id}, which waits`); // C3
      }
    }
  }
}

/** C1 */
function checkAgreement(
  scheduler: LeaseScheduler,
  nodes: readonly SimulatedNode[],
  sessions: readonly SimulatedSession[],
): void {
  const held = new Map<string, string>();
  for (const session of sessions) {
    for (const lease of session.leases.keys()) {
      assert.ok(!held.has(lease), `${lease} is held by ${held.get(lease)} and ${session.id}`);
      held.set(lease, session.id);
    }
  }
  let running = 0;
  for (const { leases, sessions: kept, terms } of nodes) {
    for (const id of kept) {
      assert.ok(
        sessions.some((session) => session.id === id && !session.isOver),
        `${terms.id} keeps something of ${id}`,
      );
    }
    for (const [lease, { session, state }] of leases) {
      running++;
      assert.equal(held.get(lease), session, `the session for which ${lease} runs has it`);
      assert.equal(scheduler.nodeOf(lease), terms.id, `the node on which ${lease} runs`);
      assert.equal(state, 'running');
    }
  }
  assert.equal(held.size, running, 'leases that sessions have, and that nodes run');
  const { leases, claims, unjudged } = scheduler.counts;
  assert.deepEqual({ leases, claims, unjudged }, { leases: running, claims: 0, unjudged: 0 });
}

function heldBy(session: SimulatedSession, { number }: Wish): number {
  return [...session.leases.values()].filter((request) => request === number).length;
}

function wanted({ demand, exclusive }: Wish): number {
  return exclusive ? Math.min(demand, 1) : demand;
}

function mayUse({ placement }: Wish, { terms }: SimulatedNode): boolean {
  if (placement.node !== null && placement.node !== terms.id) return false;
  return Object.entries(placement.labels).every(([name, value]) => terms.labels[name] === value);
}

/** What is free on a node, and would be if all sessions gave back what is above their demand. */
function roomIn(node: SimulatedNode, sessions: readonly SimulatedSession[]): Record<string, number> {
  const room = node.free();
  for (const session of sessions) {
    const surplus = new Map<number, number>();
    for (const request of session.leases.values()) {
      const wish = session.wishes.get(request);
      // An exclusive one stays until its session gives it back.
      const most = wish === undefined || wish.exclusive ? Number.POSITIVE_INFINITY : wanted(wish);
      surplus.set(request, (surplus.get(request) ?? -most) + 1);
    }
    for (const [lease, request] of session.leases) {
      const running = node.leases.get(lease);
      const left = surplus.get(request) ?? 0;
      if (running === undefined || left <= 0) continue;
      surplus.set(request, left - 1);
      for (const [name, amount] of Object.entries(running.resources)) room[name] = (room[name] ?? 0) + amount;
    }
  }
  return room;
}

function fitsIn(resources: Resources, room: Record<string, number>): boolean {
  return Object.entries(resources).every(([name, amount]) => amount <= (room[name] ?? 0) + 1e-9);
}

function waits(session: SimulatedSession, wish: Wish, node: SimulatedNode): string {
  return `request ${wish.number} of ${session.id} waits for ${JSON.stringify(wish.resources)}, which ${node.terms.id} has`;
}
