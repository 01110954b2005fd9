// Which leases to start, to cancel and to recall, so that sessions, and the requests of one session, share evenly.
//
// A plan is made anew from what is so at the moment, and remembers nothing: leases that were recalled count as gone
// already, and the needs for which they were recalled are met on paper first, so that they are recalled once.
// Callers: lease-scheduler.ts, which carries the plan out.
//
// Invariants:
//   F1. Needs are seen from the poorest session's on, and there from the poorest request's; poor is who uses the fewest
//       cpus, of two equal ones who has fewer leases.
//   F2. What is started fits into what is free, less what is kept for poorer needs whose recalls are under way.
//   F3. A lease is recalled only if all that is recalled with it makes room for a need. First come those above their
//       request's demand, then those of a user who, without them, is still richer than the one in need was. So the
//       poorest gets richer with every recall, and recalls come to an end.
//       That alone does not end where needs of several sizes take what was kept for one another, so nothing is taken
//       that was started in the same era: since anybody last wanted something else, or there was something else to have.
//   F4. Exclusive leases are not recalled, nor those whose request is not known; an exclusive request has one lease at
//       most, claims of its session included.

import { type Amounts, account, amountOf, cpusOf, fits, lacking, type MutableAmounts, remaining } from './amounts.ts';
import { mayServe } from './node-rest.ts';
import { chooseRoom, matches } from './placement.ts';
import type { ClusterNode, HeadSession, Lease, StandingRequest } from './scheduler-state.ts';

export type Decision =
  | { type: 'start'; request: StandingRequest; node: ClusterNode }
  /** The session does not know of the lease yet. */
  | { type: 'cancel'; lease: Lease }
  | { type: 'recall'; lease: Lease };

/** What somebody uses once all recalls and plans have come true. */
interface Usage {
  cpus: number;
  leases: number;
}

interface Room {
  readonly node: ClusterNode;
  readonly free: MutableAmounts;
  /** What will be free when all that is recalled has come back and all that is kept has been given. */
  readonly later: MutableAmounts;
}

interface Need {
  readonly request: StandingRequest;
  readonly session: Usage;
  readonly own: Usage;
  missing: number;
  /** Rooms that it may use. */
  readonly rooms: readonly Room[];
  /** Of these, where it may still fit. */
  open: readonly Room[];
  /** By node, how many leases it has there, with what this plan gives it. */
  readonly leasesOn: Map<ClusterNode, number>;
}

interface Victims {
  readonly room: Room;
  readonly leases: readonly Lease[];
  /** How many of them are in use. */
  readonly used: number;
}

/** How many leases a request could use and has not, recalls not counted. */
function missingOf(request: StandingRequest): number {
  const { session, demand, exclusive } = request;
  const wanted = exclusive ? Math.min(demand, 1) : demand;
  if (wanted === 0) return 0;
  let held = 0;
  for (const lease of request.leases) if (!lease.recalled) held++;
  for (const number of session.claims.values()) {
    if (number === request.number || (number === undefined && exclusive)) held++; // F4
  }
  return wanted - held;
}

/** Whether a request waits for a lease; without one there is nothing to plan. */
export function isWaiting(request: StandingRequest): boolean {
  return missingOf(request) > 0;
}

function compare(a: Usage, b: Usage): number {
  return a.cpus - b.cpus || a.leases - b.leases;
}

function add(usage: Usage, amounts: Amounts, sign: 1 | -1): void {
  usage.cpus += sign * cpusOf(amounts);
  usage.leases += sign;
}

function usageOf(leases: Iterable<Lease>): Usage {
  const usage: Usage = { cpus: 0, leases: 0 };
  for (const { amounts, recalled } of leases) if (!recalled) add(usage, amounts, 1);
  return usage;
}

function usageIn<K extends { readonly leases: Iterable<Lease> }>(usages: Map<K, Usage>, user: K): Usage {
  let usage = usages.get(user);
  if (usage === undefined) {
    usage = usageOf(user.leases);
    usages.set(user, usage);
  }
  return usage;
}

function countByNode(leases: Iterable<Lease>): Map<ClusterNode, number> {
  const counts = new Map<ClusterNode, number>();
  for (const { node } of leases) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}

class Plan {
  readonly decisions: Decision[] = [];
  readonly #rooms: readonly Room[];
  readonly #sessions = new Map<HeadSession, Usage>();
  readonly #requests = new Map<StandingRequest, Usage>();
  readonly #needs: Need[] = [];
  /** Leases that this plan takes from somebody. */
  readonly #taken = new Set<Lease>();
  readonly #era: number;
  /** Rooms of which nobody has anything left to give up. */
  readonly #exhausted = new Set<Room>();
  /** Whether anybody has more leases than it could use. */
  #isAnyIdle = false;

  constructor(nodes: Iterable<ClusterNode>, sessions: Iterable<HeadSession>, era: number, now: number) {
    this.#era = era;
    this.#rooms = [...nodes]
      .filter(({ awayUntil, restsUntil }) => awayUntil === undefined && (restsUntil ?? now) <= now)
      .filter(({ isLeaving }) => !isLeaving)
      .map((node) => {
        const free = remaining(node.total, node.used);
        const later: MutableAmounts = new Map(free);
        for (const { recalled, amounts } of node.leases) if (recalled) account(later, amounts, 1);
        return { node, free, later };
      });
    for (const session of sessions) {
      for (const request of session.requests.values()) {
        if (request.leases.size > request.demand) this.#isAnyIdle = true;
        const missing = missingOf(request);
        if (missing <= 0) continue;
        const rooms = this.#rooms.filter(({ node }) => matches(node, request) && mayServe(node, session, now));
        this.#needs.push({
          request,
          session: this.#sessionUsage(session),
          own: this.#requestUsage(request),
          missing,
          rooms,
          open: rooms,
          leasesOn: countByNode(request.leases),
        });
      }
    }
  }

  #sessionUsage(session: HeadSession): Usage {
    return usageIn(this.#sessions, session);
  }

  #requestUsage(request: StandingRequest): Usage {
    return usageIn(this.#requests, request);
  }

  run(): void {
    for (;;) {
      const need = this.#poorest();
      if (need === undefined) return;
      if (this.#serve(need)) need.missing--;
      else need.missing = 0; // what it waits for is not there now
    }
  }

  /** F1 */
  #poorest(): Need | undefined {
    let poorest: Need | undefined;
    for (const need of this.#needs) {
      if (need.missing <= 0) continue;
      if (poorest === undefined || (compare(need.session, poorest.session) || compare(need.own, poorest.own)) < 0) {
        poorest = need;
      }
    }
    return poorest;
  }

  #serve(need: Need): boolean {
    const { amounts } = need.request;
    need.open = need.open.filter(({ later }) => fits(amounts, later));
    const { open } = need;
    const room =
      this.#choose(
        need,
        open.filter(({ free }) => fits(amounts, free)),
      ) ?? this.#choose(need, open); // F2
    if (room !== undefined) {
      this.#give(need, room);
      return true;
    }
    const victims = this.#bestVictims(need);
    if (victims === undefined) return false;
    for (const lease of victims.leases) this.#take(lease);
    this.#give(need, victims.room);
    return true;
  }

  #choose({ request, leasesOn }: Need, rooms: readonly Room[]): Room | undefined {
    return chooseRoom(rooms, request.placement.strategy, (node) => leasesOn.get(node) ?? 0);
  }

  /** Starts a lease, or keeps the room for it until what was recalled is back. */
  #give({ request, session, own, leasesOn }: Need, { node, free, later }: Room): void {
    const { amounts } = request;
    if (fits(amounts, free)) {
      account(free, amounts, -1);
      this.decisions.push({ type: 'start', request, node });
    }
    account(later, amounts, -1);
    add(session, amounts, 1);
    add(own, amounts, 1);
    leasesOn.set(node, (leasesOn.get(node) ?? 0) + 1);
  }

  #take(lease: Lease): void {
    this.#count(lease, -1);
    this.#taken.add(lease);
    const room = this.#rooms.find(({ node }) => node === lease.node);
    if (room === undefined) return;
    account(room.later, lease.amounts, 1);
    for (const need of this.#needs) {
      if (need.rooms.includes(room) && !need.open.includes(room)) need.open = [...need.open, room];
    }
    if (lease.state === 'starting') account(room.free, lease.amounts, 1);
    this.decisions.push({ type: lease.state === 'starting' ? 'cancel' : 'recall', lease });
  }

  #count({ session, request, amounts }: Lease, sign: 1 | -1): void {
    add(this.#sessionUsage(session), amounts, sign);
    if (request !== undefined) add(this.#requestUsage(request), amounts, sign);
  }

  /** Of all rooms the one in which the fewest have to give up what they use, and the fewest anything. */
  #bestVictims(need: Need): Victims | undefined {
    const usedLeast = this.#isAnyIdle ? 0 : 1;
    let best: Victims | undefined;
    for (const room of need.rooms) {
      if (this.#exhausted.has(room)) continue;
      const victims = this.#victimsIn(room, need);
      if (victims === undefined) continue;
      if (best === undefined || (victims.used - best.used || victims.leases.length - best.leases.length) < 0) {
        best = victims;
      }
      // There are no better ones anywhere.
      if (best.used <= usedLeast && best.leases.length === 1) return best;
    }
    return best;
  }

  /** F3: leases that together make room; undefined when there is no such set. */
  #victimsIn(room: Room, need: Need): Victims | undefined {
    const { amounts } = need.request;
    if (!fits(amounts, room.node.total)) return undefined;
    const later: MutableAmounts = new Map(room.later);
    const candidates = new Set([...room.node.leases].filter((lease) => this.#mayBeTaken(lease)));
    if (candidates.size === 0) this.#exhausted.add(room);
    const leases: Lease[] = [];
    // Poor is who is so now: to lose a lease of its own to itself makes nobody poorer.
    const poor = { session: { ...need.session }, own: { ...need.own } };
    let used = 0;
    while (!fits(amounts, later)) {
      const next = this.#nextVictim(candidates, need, poor, lacking(amounts, later));
      if (next === undefined) break;
      if (!next.idle) used++;
      candidates.delete(next.lease);
      leases.push(next.lease);
      account(later, next.lease.amounts, 1);
      this.#count(next.lease, -1);
    }
    for (const lease of leases) this.#count(lease, 1);
    return fits(amounts, later) ? { room, leases: withoutNeedless(leases, amounts, later), used } : undefined;
  }

  /** F3, F4 */
  #mayBeTaken(lease: Lease): boolean {
    if (lease.era === this.#era) return false;
    return lease.request !== undefined && lease.exclusive === false && !lease.recalled && !this.#taken.has(lease);
  }

  #nextVictim(
    candidates: ReadonlySet<Lease>,
    need: Need,
    poor: Pick<Need, 'session' | 'own'>,
    lacks: readonly string[],
  ): { lease: Lease; idle: boolean } | undefined {
    let best: { lease: Lease; idle: boolean; usage: Usage } | undefined;
    for (const lease of candidates) {
      const { request, session } = lease;
      if (request === undefined || !lacks.some((name) => amountOf(lease.amounts, name) > 0)) continue;
      const idle = this.#requestUsage(request).leases > request.demand;
      const sameSession = session === need.request.session;
      const usage = sameSession ? this.#requestUsage(request) : this.#sessionUsage(session);
      if (!idle && !isRicherWithout(usage, lease, sameSession ? poor.own : poor.session)) continue;
      if (best === undefined || isBetterVictim({ lease, idle, usage }, best)) best = { lease, idle, usage };
    }
    return best;
  }
}

/** F3 */
function isRicherWithout(usage: Usage, { amounts }: Lease, poor: Usage): boolean {
  return compare({ cpus: usage.cpus - cpusOf(amounts), leases: usage.leases - 1 }, poor) > 0;
}

function isBetterVictim(
  a: { lease: Lease; idle: boolean; usage: Usage },
  b: { lease: Lease; idle: boolean; usage: Usage },
): boolean {
  if (a.idle !== b.idle) return a.idle;
  if (a.lease.state !== b.lease.state) return a.lease.state === 'starting';
  return compare(a.usage, b.usage) > 0;
}

/** What was taken before may have become needless by what was taken after it; what is in use is left out first. */
function withoutNeedless(leases: readonly Lease[], amounts: Amounts, later: Amounts): Lease[] {
  const left: MutableAmounts = new Map(later);
  const needed = leases.toReversed().filter((lease) => {
    account(left, lease.amounts, -1);
    if (fits(amounts, left)) return false;
    account(left, lease.amounts, 1);
    return true;
  });
  return needed.reverse();
}

/**
 * What to do now, in the order in which it has to be done.
 *
 * @param era - what was started in it is not taken again.
 */
export function planLeases(
  nodes: Iterable<ClusterNode>,
  sessions: Iterable<HeadSession>,
  era: number,
  now: number,
): Decision[] {
  const plan = new Plan(nodes, sessions, era, now);
  plan.run();
  return plan.decisions;
}
