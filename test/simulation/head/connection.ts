// A connection between the head and a peer that cannot be relied on: messages are late, come twice, or end it.
//
// It is as bad as a WebSocket and no worse: what arrives does so in its order, and a message that is lost takes the
// connection with it. The two ends notice that at different times, and what was under way still arrives until then.

import type { Random } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { Faults } from './scenario.ts';

/** What all parts of one run share. */
export interface Surroundings {
  readonly random: Random;
  readonly timeline: Timeline;
  /** Undefined when faults have stopped. */
  readonly faults: Faults | undefined;
}

/** One end, as the other one sees it. */
interface End<M> {
  closed: boolean;
  lastAt: number;
  receive: (message: M) => void;
  onClosed: () => void;
}

export class Connection<Up extends { type: string }, Down extends { type: string }> {
  readonly #world: Surroundings;
  readonly head: End<Up> = { closed: false, lastAt: 0, receive: () => {}, onClosed: () => {} };
  readonly peer: End<Down> = { closed: false, lastAt: 0, receive: () => {}, onClosed: () => {} };
  #cut = false;

  constructor(world: Surroundings) {
    this.#world = world;
  }

  sendUp(message: Up): void {
    if (!this.peer.closed) this.#carry(this.head, message);
  }

  sendDown(message: Down): void {
    if (!this.head.closed) this.#carry(this.peer, message);
  }

  #carry<M extends { type: string }>(to: End<M>, message: M): void {
    if (this.#cut) return;
    const { random, timeline, faults } = this.#world;
    if (random.chance(faults?.drop ?? 0)) {
      this.cut();
      return;
    }
    let delayMs = random.between(0.05, 0.3);
    if (random.chance(faults?.delay ?? 0)) delayMs += random.between(0, 10);
    // A little later than the one before, more than rounding could undo.
    to.lastAt = Math.max(to.lastAt + 1e-6, timeline.now + delayMs);
    const arrive = (): void => {
      if (!to.closed) to.receive(message);
    };
    const twice = random.chance(faults?.double ?? 0);
    timeline.after(to.lastAt - timeline.now, () => {
      arrive();
      if (twice) arrive();
    });
    // What is known by a lease's id may come again at any later time.
    if (twice && isRepeatable(message)) timeline.after(to.lastAt - timeline.now + random.between(0, 20), arrive);
  }

  /** Nothing arrives for a while. */
  hold(ms: number): void {
    const until = this.#world.timeline.now + ms;
    this.head.lastAt = Math.max(this.head.lastAt, until);
    this.peer.lastAt = Math.max(this.peer.lastAt, until);
  }

  /** Ends it; both ends notice, sooner or later. */
  cut(): void {
    if (this.#cut) return;
    this.#cut = true;
    for (const end of [this.head, this.peer]) {
      const { random, timeline } = this.#world;
      timeline.after(random.between(0, 8), () => {
        if (end.closed) return;
        end.closed = true;
        end.onClosed();
      });
    }
  }

  /** One end is gone, and notices nothing any more. */
  abandon(end: 'head' | 'peer'): void {
    this[end].closed = true;
    this.cut();
  }
}

function isRepeatable({ type }: { type: string }): boolean {
  return ['lease.release', 'lease.kill', 'worker.ready', 'worker.lost', 'worker.stop', 'lease.lost'].includes(type);
}
