// A node on which workers end before they are ready gets none for a while (L8 of lease-scheduler.ts).

import type { ClusterNode } from './scheduler-state.ts';

/** How long a node rests after a worker that was never ready; doubled each time, up to the second. */
const restFirstMs = 100;
const restMaxMs = 10_000;

export function rest(node: ClusterNode, now: number): void {
  node.restsUntil = now + Math.min(restFirstMs * 2 ** node.failures++, restMaxMs);
}

/** A worker was ready. @returns whether the node had failed before. */
export function endRests(node: ClusterNode): boolean {
  if (node.failures === 0) return false;
  node.failures = 0;
  node.restsUntil = undefined;
  return true;
}
