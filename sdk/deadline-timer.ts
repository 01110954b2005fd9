// Wakes whoever drives a state machine that knows no timer, when the machine's earliest deadline has come.

import { nowMs } from './protocol/clock.ts';

export class DeadlineTimer {
  readonly #onTime: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at: number | undefined;

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /** Replaces the deadline; undefined for none. */
  set(at: number | undefined): void {
    if (at === this.#at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    if (at === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#at = undefined;
        this.#onTime();
      },
      Math.max(0, at - nowMs()) + 1,
    );
  }
}
