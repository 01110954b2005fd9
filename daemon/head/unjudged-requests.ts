// Requests of which it is not known yet whether they can ever be met: each is judged once (L7 of lease-scheduler.ts).
//
// Callers: lease-scheduler.ts.

import { isFeasible, refusalOf } from './placement.ts';
import type { ClusterNode, StandingRequest } from './scheduler-state.ts';

export class UnjudgedRequests {
  readonly #requests = new Set<StandingRequest>();

  get size(): number {
    return this.#requests.size;
  }

  add(request: StandingRequest): void {
    this.#requests.add(request);
  }

  delete(request: StandingRequest): void {
    this.#requests.delete(request);
  }

  [Symbol.iterator](): Iterator<StandingRequest> {
    return this.#requests.values();
  }

  /**
   * Judges all but those of sessions of whose nodes some have not come back.
   *
   * @returns those that no node can ever meet, and why.
   */
  judge(nodes: readonly ClusterNode[]): { request: StandingRequest; message: string }[] {
    const refused: { request: StandingRequest; message: string }[] = [];
    for (const request of this.#requests) {
      if (request.session.claims.size > 0) continue;
      this.#requests.delete(request);
      if (nodes.some((node) => isFeasible(node, request))) continue;
      refused.push({ request, message: refusalOf(nodes, request) });
    }
    return refused;
  }
}
