// What happens to a session, in sentences for whoever sits at the prompt.
//
// Owns: which events are news, and which were told already. Does not own: the session, where sentences are shown.
// Callers: connection.ts, one for each session.
//
// Invariants:
//   W1. What happens again and again is told once: answers of a lost worker, and within a minute that a node is out of reach.

import type { SessionEvent } from '../../sdk/index.ts';

/** A node that is still out of reach is told of again after this long. */
const nodeAgainMs = 60_000;

export class SessionNews {
  readonly #cluster: string;
  /** W1 */
  readonly #answered = new Set<string>();
  /** W1: when each node was told of. */
  readonly #nodes = new Map<string, number>();

  /** @param cluster - what the session calls it. */
  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  /** What to tell of an event; undefined when it is no news. @param now - in milliseconds, of any clock that only goes on. */
  of(event: SessionEvent, now: number): string | undefined {
    switch (event.type) {
      case 'worker.lost':
        return event.reason === 'killed'
          ? undefined
          : `${sentence(event.message)}; its tasks run elsewhere as far as they may be retried`;
      case 'worker.unreachable': {
        const { worker, node, message } = event;
        if (now - (this.#nodes.get(node) ?? Number.NEGATIVE_INFINITY) < nodeAgainMs) return undefined;
        this.#nodes.set(node, now);
        return `Node ${node} is left out for a while: its worker ${worker} cannot be reached from here: ${message}`;
      }
      case 'answers.dropped':
        if (this.#answered.has(event.lease)) return undefined;
        this.#answered.add(event.lease);
        return `Worker ${event.worker}, which was lost, answers after all; what it sends is dropped, since its tasks went to others`;
      case 'head.lost':
        return `The head at ${this.#cluster} cannot be reached. What runs goes on; it is tried again`;
      case 'head.found':
        return `The head at ${this.#cluster} is back`;
      case 'actor.restarted':
        return `Actor ${event.name} begins anew on another worker, without what it had (restart ${event.restarts})`;
      case 'actor.name-lost':
        return `Actor ${event.name} lives on without its name: ${event.message}`;
      default:
        return undefined;
    }
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
