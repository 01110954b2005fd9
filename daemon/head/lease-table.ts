// All leases of one head, and the one place in which they begin and end, so that every account of them agrees.
//
// Callers: lease-scheduler.ts, whose invariants are cited here.

import { type Amounts, account, areEqual } from './amounts.ts';
import type { Decision } from './fair-share.ts';
import {
  type ClusterNode,
  type HeadSession,
  type Lease,
  type LeaseEffect,
  lost,
  type StandingRequest,
  type WorkerEnd,
} from './scheduler-state.ts';

export class LeaseTable {
  readonly #leases = new Map<string, Lease>();
  readonly #say: (effect: LeaseEffect) => void;

  constructor(say: (effect: LeaseEffect) => void) {
    this.#say = say;
  }

  get size(): number {
    return this.#leases.size;
  }

  values(): Iterable<Lease> {
    return this.#leases.values();
  }

  get(id: string): Lease | undefined {
    return this.#leases.get(id);
  }

  carryOut(decision: Decision, createLeaseId: () => string, era: number): void {
    if (decision.type === 'start') this.#start(createLeaseId(), decision.request, decision.node, era);
    else if (decision.type === 'recall') this.#recall(decision.lease);
    else this.stop(decision.lease, decision.lease.exclusive !== false);
  }

  #start(id: string, request: StandingRequest, node: ClusterNode, era: number): void {
    const { session, amounts, resources, exclusive } = request;
    const lease: Lease = {
      id,
      session,
      node,
      amounts,
      state: 'starting',
      recalled: false,
      request,
      requestNumber: request.number,
      exclusive,
      worker: '',
      era,
    };
    this.#add(lease);
    request.leases.add(lease);
    this.#say({ type: 'worker.start', node: node.id, lease: id, session: session.id, resources, exclusive });
  }

  /** Takes over what another head granted (L6). */
  adopt(id: string, session: HeadSession, node: ClusterNode, amounts: Amounts, worker: string): void {
    const lease: Lease = {
      id,
      session,
      node,
      amounts,
      state: 'granted',
      recalled: false,
      request: undefined,
      requestNumber: session.claims.get(id),
      exclusive: undefined,
      worker,
      era: 0,
    };
    session.claims.delete(id);
    this.#add(lease);
    for (const request of session.requests.values()) bind(lease, request);
  }

  #add(lease: Lease): void {
    this.#leases.set(lease.id, lease);
    lease.session.leases.add(lease);
    lease.node.leases.add(lease);
    account(lease.node.used, lease.amounts, 1);
  }

  /** L3 */
  remove(lease: Lease): void {
    if (!this.#leases.delete(lease.id)) return;
    lease.session.leases.delete(lease);
    lease.node.leases.delete(lease);
    lease.request?.leases.delete(lease);
    account(lease.node.used, lease.amounts, -1);
  }

  /** Ends a lease that its session has given up, or never knew of. */
  stop(lease: Lease, force: boolean): void {
    this.remove(lease);
    const { id, node } = lease;
    if (node.awayUntil === undefined) this.#say({ type: 'worker.stop', node: node.id, lease: id, force });
  }

  /** Ends what was not granted yet on a node that cannot be spoken to. */
  forgetStarting(node: ClusterNode): void {
    for (const lease of node.leases) if (lease.state === 'starting') this.remove(lease);
  }

  /** Ends a granted lease whose worker is gone. A session that is away hears of it when it is back. */
  lose(lease: Lease, { reason, message, exitCode }: WorkerEnd): void {
    this.remove(lease);
    const { id, session } = lease;
    if (session.awayUntil === undefined) {
      this.#say({ type: 'lease.lost', session: session.id, lease: id, reason, message, exitCode });
    }
  }

  /** Ends what a session says that it has on nodes that have not come back. */
  loseClaims({ id, claims, awayUntil }: HeadSession): void {
    const end = lost('node-died', 'its node did not come back to the head');
    for (const lease of claims.keys()) {
      if (awayUntil === undefined) this.#say({ type: 'lease.lost', session: id, lease, ...end });
    }
    claims.clear();
  }

  /** A node is about to end. Leases that are nobody's to call back end with it. */
  callBack(node: ClusterNode | undefined): void {
    if (node === undefined) return;
    node.isLeaving = true;
    for (const lease of node.leases) {
      if (lease.state === 'starting') this.stop(lease, lease.exclusive !== false);
      else if (lease.exclusive === false && !lease.recalled) this.#recall(lease);
    }
  }

  #recall(lease: Lease): void {
    lease.recalled = true;
    this.#say({ type: 'lease.recalled', session: lease.session.id, lease: lease.id });
  }
}

/** Counts a lease for a request if it was granted for it, as far as is known. */
export function bind(lease: Lease, request: StandingRequest): void {
  if (lease.request !== undefined) return;
  const { number, exclusive, amounts, leases } = request;
  const isIts =
    lease.requestNumber === undefined
      ? areEqual(lease.amounts, amounts) && !(exclusive && leases.size > 0)
      : lease.requestNumber === number;
  if (!isIts) return;
  lease.request = request;
  lease.requestNumber = number;
  lease.exclusive = exclusive;
  leases.add(lease);
}
