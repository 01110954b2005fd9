// When the head's scheduler has something to do by itself: somebody was away for too long, or a node has rested.
//
// Callers: lease-scheduler.ts, whose invariants are cited here.

import { isWaiting } from './fair-share.ts';
import type { ClusterNode, HeadSession, StandingRequest } from './scheduler-state.ts';

/** What may be due. */
export interface Deadlines {
  readonly nodes: Iterable<ClusterNode>;
  readonly sessions: Iterable<HeadSession>;
  readonly unjudged: Iterable<StandingRequest>;
  /** L6: until when nodes are waited for of which sessions speak. */
  readonly claimsUntil: number;
  /** L6: from when on requests are judged. */
  readonly judgesFrom: number;
}

/** The earliest of them; undefined for never. */
export function nextDeadlineOf({ nodes, sessions, unjudged, claimsUntil, judgesFrom }: Deadlines): number | undefined {
  let next = Number.POSITIVE_INFINITY;
  let waits = false;
  for (const { awayUntil, claims, requests, unreachable } of sessions) {
    if (awayUntil !== undefined) next = Math.min(next, awayUntil);
    if (claims.size > 0) next = Math.min(next, claimsUntil);
    if (!requests.values().some(isWaiting)) continue;
    waits = true;
    for (const { restsUntil = next } of unreachable.values()) next = Math.min(next, restsUntil);
  }
  let hasNodes = false;
  for (const { awayUntil, restsUntil } of nodes) {
    hasNodes = true;
    if (awayUntil !== undefined) next = Math.min(next, awayUntil);
    else if (waits && restsUntil !== undefined) next = Math.min(next, restsUntil);
  }
  if (hasNodes && Iterator.from(unjudged).some(({ session }) => session.claims.size === 0)) {
    next = Math.min(next, judgesFrom);
  }
  return next === Number.POSITIVE_INFINITY ? undefined : next;
}
