// Tells when a peer says nothing any more.
//
// Owns: the timer, how long the peer has been silent. Does not own: what is done about it, or how a peer is asked.
//
// Invariants:
//   T1. Silence is counted in looks of this process's own timer: while this process stands still, or when the wall clock
//       jumps, nobody grows more silent. After a stall a peer is asked several times before it counts as dead.

import { nowMs } from './clock.ts';

/** How often a peer is asked where nothing else is said, in milliseconds. */
export const beatMs = 1000;
/** How often it is looked whether it has answered, in milliseconds. */
export const lookMs = 250;
const looksPerBeat = beatMs / lookMs;
/** A peer that was silent for so many looks, 3 s, is suspected. */
const suspectedLooks = 3 * looksPerBeat;
/** A peer that was silent for so many looks, 5 s, is dead. */
const deadLooks = 5 * looksPerBeat;
/** A look that comes so long after the one before tells that this process stood still, in milliseconds. */
const lateMs = 2 * beatMs;
/** So long after it stood still a process has not heard yet what it missed, in milliseconds. */
const catchUpMs = 5 * beatMs;

export interface HeartbeatOptions {
  /** A number that changes whenever something arrives from the peer. */
  lifeSign(): number;
  /** Asks the peer for a sign of life. */
  ask(): void;
  onSuspected(isSuspected: boolean): void;
  onDead(): void;
  /** How often the peer is asked, in milliseconds: a multiple of `lookMs`. @default beatMs */
  readonly beatMs?: number;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #timer: NodeJS.Timeout;
  #lastSign: number;
  readonly #looksPerAsk: number;
  #looks = 0;
  #silentLooks = 0;
  #lastLookMs = nowMs();
  #stalledMs = Number.NEGATIVE_INFINITY;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#looksPerAsk = (options.beatMs ?? beatMs) / lookMs;
    this.#lastSign = options.lifeSign();
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#timer.unref();
  }

  #look(): void {
    const { lifeSign, ask, onSuspected, onDead } = this.#options;
    const sign = lifeSign();
    const now = nowMs();
    if (now - this.#lastLookMs > lateMs) this.#stalledMs = now;
    this.#lastLookMs = now;
    if (sign !== this.#lastSign) {
      this.#lastSign = sign;
      if (this.#silentLooks >= suspectedLooks) onSuspected(false);
      this.#silentLooks = 0;
    } else {
      this.#silentLooks++; // T1
      if (this.#silentLooks === suspectedLooks) onSuspected(true);
      if (this.#silentLooks === deadLooks) onDead();
    }
    if (this.#looks++ % this.#looksPerAsk === 0) ask();
  }

  /**
   * Whether the peer was heard of until now, and this process did not stand still. Then an end of the connection is the
   * peer's own, such as that of its process; otherwise it may be an old one that is only heard of now.
   */
  get isSteady(): boolean {
    const now = nowMs();
    return this.#silentLooks <= looksPerBeat && now - this.#lastLookMs <= lateMs && now - this.#stalledMs > catchUpMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
