// Which nodes a request may use, which of them it gets, and what to say when it can use none.

import { type Amounts, amountOf, amountText, cpusOf, fits, lacking, numberText, slots } from './amounts.ts';
import type { ClusterNode, StandingRequest } from './scheduler-state.ts';

type Wish = Pick<StandingRequest, 'amounts' | 'placement'>;

function lackingLabels(node: ClusterNode, { placement }: Wish): string[] {
  return Object.entries(placement.labels)
    .filter(([name, value]) => !Object.hasOwn(node.labels, name) || node.labels[name] !== value)
    .map(([name, value]) => `${name}=${value}`);
}

/** Whether the node is one that the request names; resources aside. */
export function matches(node: ClusterNode, wish: Wish): boolean {
  const named = wish.placement.node;
  return (named === null || named === node.id) && lackingLabels(node, wish).length === 0;
}

/** Whether the request could be met by the node if nothing else ran there. */
export function isFeasible(node: ClusterNode, wish: Wish): boolean {
  return matches(node, wish) && fits(wish.amounts, node.total);
}

/** A node with what is free there now. */
export interface Room {
  readonly node: ClusterNode;
  readonly free: Amounts;
}

/**
 * The room that a request gets, of those in which it fits: the first one of the best.
 *
 * @param leasesOf - how many leases of the request a node has.
 */
export function chooseRoom<R extends Room>(
  rooms: readonly R[],
  strategy: 'pack' | 'spread',
  leasesOf: (node: ClusterNode) => number,
): R | undefined {
  let best: R | undefined;
  for (const room of rooms) {
    if (best === undefined || isBetter(room, best, strategy, leasesOf)) best = room;
  }
  return best;
}

function isBetter(a: Room, b: Room, strategy: 'pack' | 'spread', leasesOf: (node: ClusterNode) => number): boolean {
  const free = cpusOf(a.free) - cpusOf(b.free) || amountOf(a.free, slots) - amountOf(b.free, slots);
  if (strategy === 'pack') return free < 0;
  return (leasesOf(a.node) - leasesOf(b.node) || -free) < 0;
}

/** Why no node can ever meet the request: which comes closest, and what it lacks. There must be a node. */
export function refusalOf(nodes: readonly ClusterNode[], wish: Wish): string {
  const { amounts, placement } = wish;
  const named = nodes.filter(({ id }) => placement.node === null || placement.node === id);
  if (named.length === 0) return `Cannot lease a worker on node ${placement.node}: there is no such node`;
  const labelled = named.filter((node) => matches(node, wish));
  if (labelled.length === 0) {
    const closest = least(named, (node) => lackingLabels(node, wish).length);
    const labels = Object.entries(placement.labels).map(([name, value]) => `${name}=${value}`);
    const lacks = lackingLabels(closest, wish).join(' and ');
    return `Cannot lease a worker on a node with ${labels.join(' and ')}: node ${closest.id} comes closest and lacks ${lacks}`;
  }
  const on = placement.node === null ? '' : ` on node ${placement.node}`;
  for (const [name, amount] of amounts) {
    const most = Math.max(...labelled.map(({ total }) => amountOf(total, name)));
    if (most >= amount) continue;
    const has = numberText(name, most);
    const among = Object.keys(placement.labels).length === 0 ? 'the largest node' : 'the largest such node';
    return `Cannot lease a worker with ${amountText(name, amount)}${on}: ${placement.node === null ? among : 'it'} has ${has}`;
  }
  const closest = least(labelled, ({ total }) => lacking(amounts, total).length);
  const wanted = [...amounts].filter(([name]) => name !== slots).map(([name, amount]) => amountText(name, amount));
  const lacks = lacking(amounts, closest.total).map((name) =>
    amountText(name, amountOf(amounts, name) - amountOf(closest.total, name)),
  );
  return `Cannot lease a worker with ${wanted.join(' and ')}${on}: node ${closest.id} comes closest and lacks ${lacks.join(' and ')}`;
}

function least(nodes: readonly ClusterNode[], of: (node: ClusterNode) => number): ClusterNode {
  return nodes.reduce((best, node) => (of(node) < of(best) ? node : best));
}
