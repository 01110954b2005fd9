// Tells when a peer says nothing any more.
//
// Owns: the timer, how long the peer has been silent. Does not own: what is done about it, or how a peer is asked.
//
// Invariants:
//   T1. Silence is counted in beats of this process's own timer: while this process stands still, or when the wall clock
//       jumps, nobody grows more silent. After a stall a peer is asked several times before it counts as dead.

/** How often a peer is asked, in milliseconds. */
export const beatMs = 1000;
/** A peer that was silent for so many beats is suspected. */
const suspectedBeats = 3;
/** A peer that was silent for so many beats is dead. */
const deadBeats = 5;

export interface HeartbeatOptions {
  /** A number that changes whenever something arrives from the peer. */
  lifeSign(): number;
  /** Asks the peer for a sign of life. */
  ask(): void;
  onSuspected(isSuspected: boolean): void;
  onDead(): void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #timer: NodeJS.Timeout;
  #lastSign: number;
  #silentBeats = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#lastSign = options.lifeSign();
    this.#timer = setInterval(() => this.#beat(), beatMs);
    this.#timer.unref();
  }

  #beat(): void {
    const { lifeSign, ask, onSuspected, onDead } = this.#options;
    const sign = lifeSign();
    if (sign !== this.#lastSign) {
      this.#lastSign = sign;
      if (this.#silentBeats >= suspectedBeats) onSuspected(false);
      this.#silentBeats = 0;
    } else {
      this.#silentBeats++; // T1
      if (this.#silentBeats === suspectedBeats) onSuspected(true);
      if (this.#silentBeats === deadBeats) onDead();
    }
    ask();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
