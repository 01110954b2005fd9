// A node on which workers end before they are ready gets none for a while, and one whose workers a session cannot reach
// none for that session (L8 of lease-scheduler.ts).

import type { ClusterNode, HeadSession, Resting } from './scheduler-state.ts';

/** How long a node rests after a worker that was of no use; doubled each time, up to the second. */
const restFirstMs = 100;
const restMaxMs = 10_000;

export function rest(node: Resting, now: number): void {
  node.restsUntil = now + Math.min(restFirstMs * 2 ** node.failures++, restMaxMs);
}

/** A session could reach a worker, or could not. Several that were started together count as one. */
export function noteWay({ unreachable }: HeadSession, node: ClusterNode, isThere: boolean, now: number): void {
  if (isThere) {
    unreachable.delete(node);
    return;
  }
  const resting = unreachable.get(node) ?? { failures: 0, restsUntil: undefined };
  if ((resting.restsUntil ?? now) > now) return;
  unreachable.set(node, resting);
  rest(resting, now);
}

/** The node is gone, or may be reached by another way than before. */
export function forgetRests(node: ClusterNode, sessions: Iterable<HeadSession>): void {
  for (const { unreachable } of sessions) unreachable.delete(node);
}

/** Whether workers on a node may be started for a session, as far as that could reach others there. */
export function mayServe(node: ClusterNode, { unreachable }: HeadSession, now: number): boolean {
  return (unreachable.get(node)?.restsUntil ?? now) <= now;
}

export function wake(node: Resting, now: number): void {
  if (node.restsUntil !== undefined && node.restsUntil <= now) node.restsUntil = undefined;
}

/** A worker was ready. @returns whether the node had failed before. */
export function endRests(node: Resting): boolean {
  if (node.failures === 0) return false;
  node.failures = 0;
  node.restsUntil = undefined;
  return true;
}
