// The head's scheduler: which session gets a worker on which node, and what becomes of leases when somebody goes.
//
// A pure state machine. Inputs are the `on…` methods, each with the time in milliseconds of any monotonic clock;
// outputs are the effects that `takeEffects` hands over.
//
// Owns: the nodes, sessions, requests and leases of one head. Does not own: connections, workers, tasks. Whoever calls
//   it tells of a peer's newest connection only, and of one hello for each, and closes those that were replaced.
// Callers: the head's service, and the simulation.
//
// Invariants:
//   L1. What leases take on a node is never more than the node has, for each resource by itself.
//   L2. A lease is granted once, to the session for which it was started, while that one is connected and its request
//       stands. Its end is told once, or was the session's own wish.
//   L3. Where a lease ends, what it took is free at once: its node hears of the end before it hears of the next start.
//       A node that is away hears of it when it is back: what it runs and the head does not know of is ended.
//   L4. Words of another incarnation than the node's present one change nothing. A new incarnation has lost all leases
//       of the one before.
//   L5. A node that is away keeps its granted leases for `nodeGraceMs`, and gets none. A session that is away keeps its
//       own for `sessionGraceMs`, or `sessionCutGraceMs` when its end was seen; its requests end at once, and it makes
//       them again when it is back.
//   L6. A new head believes nodes and sessions that come back with leases, if both say so. It waits `sessionReturnMs`
//       for a session of which a node speaks, and until it is `nodeGraceMs` old for a node of which a session's leases
//       speak. It refuses nothing before it is `sessionGraceMs` old.
//   L7. A request is judged once. One that no known node can ever meet is refused; all others wait as long as need be.
//   L8. A node on which workers end before they are ready rests for longer and longer; one whose workers a session cannot
//       reach does so for that session.
//   L9. At rest (no sessions) no collection holds anything but nodes.
//   L10. Each node hears of the end of a session of which it keeps something: when it ends, or when it is back.

import { amountsTaken, workersIn } from './amounts.ts';
import { isWaiting, planLeases } from './fair-share.ts';
import { bind, LeaseTable } from './lease-table.ts';
import { nextDeadlineOf } from './next-deadline.ts';
import { endRests, forgetRests, noteWay, rest, wake } from './node-rest.ts';
import {
  type ClusterNode,
  countsOf,
  type HeadSession,
  type JoiningNode,
  type Lease,
  type LeaseEffect,
  type LeaseSchedulerOptions,
  lost,
  newNode,
  newSession,
  type OpeningSession,
  type RequestTerms,
  type StandingRequest,
  schedulerDefaults,
  type WorkerEnd,
} from './scheduler-state.ts';
import { UnjudgedRequests } from './unjudged-requests.ts';

/** Each round makes the poorest richer; this is only to be sure that one input takes no time to speak of. */
const planRoundsMax = 100;

export class LeaseScheduler {
  readonly #options: Required<LeaseSchedulerOptions>;
  readonly #nodes = new Map<string, ClusterNode>();
  readonly #sessions = new Map<string, HeadSession>();
  readonly #leases = new LeaseTable((effect) => this.#effects.push(effect));
  readonly #unjudged = new UnjudgedRequests();
  #workersMax = 0;
  readonly #effects: LeaseEffect[] = [];
  /** When something last changed that a plan has not seen yet. */
  #planNow: number | undefined;
  /** Begins anew when anybody wants something else, or there is something else to have; not when plans come true. */
  #era = 1;

  constructor(options: LeaseSchedulerOptions) {
    this.#options = { ...schedulerDefaults, ...options };
  }

  /** How many workers of one cpu the known nodes hold. */
  get workersMax(): number {
    return this.#workersMax;
  }

  /** How much every collection holds; `used`: entries in the accounts of all nodes. */
  get counts(): ReturnType<typeof countsOf> & Record<'unjudged' | 'leases', number> {
    this.#settle();
    const counts = countsOf([...this.#nodes.values()], [...this.#sessions.values()]);
    return { ...counts, unjudged: this.#unjudged.size, leases: this.#leases.size };
  }

  /** When `onTick` has something to do; undefined for never. */
  get nextDeadline(): number | undefined {
    this.#settle();
    const [nodes, sessions, unjudged] = [this.#nodes.values(), this.#sessions.values(), this.#unjudged];
    return nextDeadlineOf({ nodes, sessions, unjudged, claimsUntil: this.#claimsUntil, judgesFrom: this.#judgesFrom });
  }

  /** The node on which a lease's worker runs; undefined when there is no such lease. */
  nodeOf(lease: string): string | undefined {
    return this.#leases.get(lease)?.node.id;
  }

  get leases(): Iterable<Lease> {
    return this.#leases.values();
  }

  /** The effects since the last call, in their order: what the inputs have caused, then what is planned after them all. */
  takeEffects(): LeaseEffect[] {
    this.#settle();
    return this.#effects.splice(0);
  }

  get #claimsUntil(): number {
    return this.#options.now + this.#options.nodeGraceMs; // L6
  }

  get #judgesFrom(): number {
    return this.#options.now + this.#options.sessionGraceMs; // L6
  }

  /** A node has connected, for the first time or again. @returns false for one that the present one came after. */
  onNodeJoined(joining: JoiningNode, now: number): boolean {
    const known = this.#nodes.get(joining.node);
    // Only while the present one is there: should that one be the late one, this one gets in as soon as it has gone.
    if (known?.awayUntil === undefined && known?.earlier.includes(joining.incarnation)) return false; // L4
    const again = known?.incarnation === joining.incarnation;
    if (known !== undefined && !again) this.#loseNode(known, `node ${known.id} was started again`); // L4
    const node: ClusterNode = again ? known : newNode(joining, known, this.#options.nodeLeasesMax);
    this.#nodes.set(node.id, node);
    node.awayUntil = undefined;
    forgetRests(node, this.#sessions.values());
    this.#leases.forgetStarting(node);
    const runs = new Set(joining.leases.map(({ lease }) => lease));
    for (const lease of node.leases) {
      if (runs.has(lease.id)) continue;
      this.#leases.lose(lease, lost('connection-lost', `its worker ended while node ${node.id} was away`));
    }
    const ended: string[] = [];
    for (const { lease: id, session, resources, worker } of joining.leases) {
      if (this.#leases.get(id)?.node === node) continue;
      const owner = this.#leases.get(id) !== undefined ? undefined : this.#ownerOf(id, session, now);
      if (owner === undefined)
        ended.push(id); // L3
      else this.#leases.adopt(id, owner, node, amountsTaken(resources), worker);
    }
    const endedSessions = joining.sessions.filter((session) => this.#sessionOf(session, now) === undefined); // L10
    this.#effects.push({ type: 'node.welcome', node: node.id, ended, endedSessions });
    this.#onNodesChanged(now);
    return true;
  }

  /** L6: the session that has a lease of which a node speaks; undefined when none has. */
  #ownerOf(lease: string, id: string, now: number): HeadSession | undefined {
    const session = this.#sessionOf(id, now);
    return session?.greeted && !session.claims.has(lease) ? undefined : session;
  }

  /** L6: a session of which a node speaks; undefined when it is over. */
  #sessionOf(id: string, now: number): HeadSession | undefined {
    const session = this.#sessions.get(id);
    if (session !== undefined || now >= this.#claimsUntil) return session;
    const awaited = newSession(id, now + this.#options.sessionReturnMs);
    this.#sessions.set(id, awaited);
    return awaited;
  }

  /** A node's connection is gone; its workers may go on. */
  onNodeDisconnected(id: string, incarnation: string, now: number): void {
    const node = this.#present(id, incarnation);
    if (node === undefined || node.awayUntil !== undefined) return;
    node.awayUntil = now + this.#options.nodeGraceMs; // L5
    this.#leases.forgetStarting(node);
    this.#plan(now);
  }

  /** A node is gone for good, with all that ran on it. */
  onNodeLost(id: string, incarnation: string, now: number): void {
    const node = this.#present(id, incarnation);
    if (node === undefined) return;
    this.#loseNode(node, `node ${id} ended`);
    this.#onNodesChanged(now);
  }

  /** A node is about to end: it gets nothing more, and what may be called back is. */
  onNodeLeaving(id: string, incarnation: string, now: number): void {
    this.#leases.callBack(this.#present(id, incarnation));
    this.#plan(now);
  }

  #loseNode(node: ClusterNode, message: string): void {
    this.#nodes.delete(node.id);
    forgetRests(node, this.#sessions.values());
    this.#leases.forgetStarting(node);
    for (const lease of node.leases) this.#leases.lose(lease, lost('node-died', message));
  }

  #present(id: string, incarnation: string): ClusterNode | undefined {
    const node = this.#nodes.get(id);
    return node?.incarnation === incarnation ? node : undefined; // L4
  }

  #onNodesChanged(now: number): void {
    let workersMax = 0;
    for (const { total } of this.#nodes.values()) workersMax += workersIn(total);
    if (workersMax !== this.#workersMax) {
      this.#workersMax = workersMax;
      this.#effects.push({ type: 'cluster.changed', workersMax });
    }
    this.#plan(now);
  }

  /** A worker can be used. */
  onWorkerReady(id: string, incarnation: string, lease: string, worker: string, socket: string, now: number): void {
    const node = this.#present(id, incarnation);
    if (node === undefined || node.awayUntil !== undefined) return;
    const found = this.#leases.get(lease);
    if (found === undefined) this.#effects.push({ type: 'worker.stop', node: id, lease, force: true }); // L3
    if (found?.node !== node || found.state !== 'starting' || found.request === undefined) return;
    found.state = 'granted';
    found.worker = worker;
    const { session, request } = found;
    const granted = { session: session.id, request: request.number, lease, node: id, worker, socket };
    this.#effects.push({ type: 'lease.granted', ...granted }); // L2
    if (endRests(node)) this.#plan(now, false);
  }

  /** A worker has ended by itself, or could not be started. */
  onWorkerLost(id: string, incarnation: string, lease: string, end: WorkerEnd, now: number): void {
    const node = this.#present(id, incarnation);
    const found = this.#leases.get(lease);
    if (node === undefined || found?.node !== node) return;
    if (found.state === 'starting') {
      rest(node, now); // L8
      this.#leases.remove(found);
    } else this.#leases.lose(found, end);
    this.#plan(now);
  }

  /** A session has connected, for the first time or again; its requests follow. */
  onSessionOpened({ session: id, leases }: OpeningSession, now: number): void {
    const session = this.#sessions.get(id) ?? newSession(id, undefined);
    this.#sessions.set(id, session);
    this.#endRequests(session); // L5
    const named = new Map(leases.map(({ lease, request }) => [lease, request]));
    for (const lease of session.leases) if (!named.has(lease.id)) this.#leases.stop(lease, lease.exclusive !== false);
    for (const claim of session.claims.keys()) if (!named.has(claim)) session.claims.delete(claim);
    const ended: string[] = [];
    for (const [lease, request] of named) {
      const known = this.#leases.get(lease);
      if (known?.session === session) known.requestNumber ??= request;
      else if (session.claims.has(lease)) continue;
      else if (known === undefined && !session.greeted && now < this.#claimsUntil)
        session.claims.set(lease, request); // L6
      else ended.push(lease);
    }
    session.greeted = true;
    session.awayUntil = undefined;
    session.unreachable.clear();
    this.#effects.push({ type: 'session.welcome', session: id, workersMax: this.#workersMax, ended });
    this.#plan(now);
  }

  /** A session's connection is gone; it may come back. */
  onSessionDisconnected(id: string, end: 'seen' | 'silent', now: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined || session.awayUntil !== undefined) return;
    session.awayUntil = now + this.#options[end === 'seen' ? 'sessionCutGraceMs' : 'sessionGraceMs']; // L5
    this.#endRequests(session);
    this.#plan(now);
  }

  /** A session has ended. */
  onSessionClosed(id: string, now: number): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) this.#close(session);
    this.#plan(now);
  }

  #close(session: HeadSession): void {
    this.#endRequests(session);
    // Nobody waits for what runs there, and it may run for ever.
    for (const lease of session.leases) this.#leases.stop(lease, true);
    this.#sessions.delete(session.id);
    this.#effects.push({ type: 'session.ended', session: session.id }); // L10
  }

  /** Which leases belong to which request is not known until the session says it again. */
  #endRequests(session: HeadSession): void {
    for (const request of session.requests.values()) this.#end(request);
    for (const lease of session.leases) {
      lease.request = undefined;
      lease.recalled = false;
    }
  }

  /** A session could use workers of a kind, as many as its demand will say. */
  onRequest(id: string, number: number, terms: RequestTerms, now: number): void {
    const session = this.#connected(id);
    if (session === undefined || session.requests.has(number)) return;
    const amounts = amountsTaken(terms.resources);
    const request: StandingRequest = { session, number, ...terms, amounts, demand: 0, leases: new Set() };
    session.requests.set(number, request);
    for (const lease of session.leases) bind(lease, request);
    this.#unjudged.add(request);
    this.#plan(now);
  }

  onDemand(id: string, number: number, count: number, now: number): void {
    const request = this.#connected(id)?.requests.get(number);
    if (request === undefined || request.demand === count) return;
    request.demand = count;
    const wanted = request.exclusive ? Math.min(count, 1) : count;
    // The session does not know of those that start: they end before it does.
    for (const lease of [...request.leases].reverse()) {
      if (request.leases.size > wanted && lease.state === 'starting') this.#leases.stop(lease, request.exclusive);
    }
    this.#plan(now);
  }

  onRequestEnded(id: string, number: number, now: number): void {
    const request = this.#connected(id)?.requests.get(number);
    if (request !== undefined) this.#end(request);
    this.#plan(now);
  }

  #end(request: StandingRequest): void {
    request.demand = 0;
    request.session.requests.delete(request.number);
    this.#unjudged.delete(request);
    for (const lease of request.leases) if (lease.state === 'starting') this.#leases.stop(lease, request.exclusive);
  }

  /** A session gives a worker back: it is kept warm, unless nobody may use it again. */
  onLeaseReleased(id: string, lease: string, now: number): void {
    this.#giveBack(id, lease, false, now);
  }

  /** A session wants a worker ended, also because it could not reach it (L8). */
  onLeaseKilled(id: string, lease: string, now: number, isUnreachable = false): void {
    this.#giveBack(id, lease, true, now, isUnreachable);
  }

  #giveBack(id: string, lease: string, force: boolean, now: number, isUnreachable = false): void {
    const session = this.#connected(id);
    if (session === undefined) return;
    session.claims.delete(lease);
    const found = this.#leases.get(lease);
    if (found?.session === session) {
      noteWay(session, found.node, !isUnreachable, now); // L8
      this.#leases.stop(found, force || found.exclusive !== false);
    }
    this.#plan(now, found?.recalled !== true);
  }

  #connected(id: string): HeadSession | undefined {
    const session = this.#sessions.get(id);
    return session?.awayUntil === undefined ? session : undefined;
  }

  /** Time has passed: who was away for too long is gone. */
  onTick(now: number): void {
    for (const node of this.#nodes.values()) {
      wake(node, now);
      if (node.awayUntil === undefined || node.awayUntil > now) continue;
      this.#loseNode(node, `node ${node.id} was away for more than ${this.#options.nodeGraceMs} ms`);
    }
    for (const session of this.#sessions.values()) {
      for (const node of session.unreachable.values()) wake(node, now);
      if (session.awayUntil !== undefined && session.awayUntil <= now) this.#close(session);
      else if (now >= this.#claimsUntil) this.#leases.loseClaims(session); // L6
    }
    this.#onNodesChanged(now);
  }

  /** L7 */
  #judge(now: number): void {
    if (this.#unjudged.size === 0 || this.#nodes.size === 0 || now < this.#judgesFrom) return;
    for (const { request, message } of this.#unjudged.judge([...this.#nodes.values()])) {
      this.#end(request);
      this.#effects.push({ type: 'lease.refused', session: request.session.id, request: request.number, message });
    }
  }

  #plan(now: number, isNew = true): void {
    this.#planNow = now;
    if (isNew) this.#era++;
  }

  #settle(): void {
    const now = this.#planNow;
    if (now === undefined) return;
    this.#planNow = undefined;
    this.#judge(now);
    // Who has to give something up may be able to use what is free elsewhere: that is seen in the next round.
    for (let round = 0; round < planRoundsMax && this.#planOnce(now); round++);
  }

  /** @returns whether somebody had to give up a lease. */
  #planOnce(now: number): boolean {
    if (!this.#sessions.values().some(({ requests }) => requests.values().some(isWaiting))) return false;
    const decisions = planLeases(this.#nodes.values(), this.#sessions.values(), this.#era, now);
    for (const decision of decisions) this.#leases.carryOut(decision, this.#options.createLeaseId, this.#era);
    return decisions.some(({ type }) => type !== 'start');
  }
}
