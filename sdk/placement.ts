// Where workers may be: the option, checked once, and what it comes to.

import type { Placement, WorkerTerms } from './cluster/cluster.ts';
import { InvalidArgumentError } from './errors.ts';
import { shownOf } from './text-of.ts';

/** On which nodes of a cluster workers are taken. An embedded session has no nodes to choose from. */
export interface PlacementOptions {
  /** Only nodes that were started with all of these labels. @default any node */
  labels?: Readonly<Record<string, string>> | undefined;
  /** Only the node of this name, as `gridbook status` shows it. @default any node */
  node?: string | undefined;
  /** `pack` fills one node before the next; `spread` takes the node with the fewest workers of the kind. @default 'pack' */
  strategy?: 'pack' | 'spread' | undefined;
}

/** Any node. */
export const anywhere: Placement = { labels: {}, node: null, strategy: 'pack' };

const labelsMax = 64;
const labelNameMax = 64;
const labelValueMax = 256;
const nodeNameMax = 128;
const known = ['labels', 'node', 'strategy'];

function refuse(what: string, should: string, got: unknown): never {
  throw new InvalidArgumentError(`${what} must be ${should}, got ${shownOf(got)}`);
}

/** Checks where workers may be. @throws InvalidArgumentError */
export function checkPlacement(options: PlacementOptions): Placement {
  if (typeof options !== 'object' || options === null) refuse('placement', 'an object', options);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new InvalidArgumentError(`placement has no option "${name}"; it has ${known.join(', ')}`);
  }
  const { labels = {}, node = null, strategy = anywhere.strategy } = options;
  if (strategy !== 'pack' && strategy !== 'spread') refuse('placement.strategy', '"pack" or "spread"', strategy);
  if (node !== null && !isText(node, 1, nodeNameMax)) {
    refuse('placement.node', `the name of a node, of 1 to ${nodeNameMax} letters`, node);
  }
  if (typeof labels !== 'object' || labels === null) refuse('placement.labels', 'an object', labels);
  const entries = Object.entries(labels);
  if (entries.length > labelsMax) refuse('placement.labels', `at most ${labelsMax} labels`, entries.length);
  for (const [name, value] of entries) {
    if (!isText(name, 1, labelNameMax)) refuse('The name of a label', `of 1 to ${labelNameMax} letters`, name);
    if (!isText(value, 0, labelValueMax)) {
      refuse(`placement.labels.${name}`, `a text of at most ${labelValueMax} letters`, value);
    }
  }
  return { labels: Object.fromEntries(entries.sort()), node, strategy };
}

function isText(value: unknown, least: number, most: number): boolean {
  return typeof value === 'string' && value.length >= least && value.length <= most;
}

/** The same for workers of one kind, and for no others. */
export function keyOf({ resources, placement }: WorkerTerms): string {
  const { labels, node, strategy } = placement;
  return JSON.stringify([Object.entries(resources).sort(), Object.entries(labels), node, strategy]);
}
