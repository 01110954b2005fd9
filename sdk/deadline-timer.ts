// Wakes whoever drives a state machine that knows no timer, when the machine's earliest deadline has come.

import { nowMs } from './protocol/clock.ts';

/** The longest time that a timer of Node can wait; a longer one would be over at once. */
const timerMsMax = 2 ** 31 - 1;

export class DeadlineTimer {
  readonly #onTime: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at: number | undefined;

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /** Replaces the deadline; undefined for none. When it is very far off, it is called before, and is to be set again. */
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
      Math.min(Math.max(0, at - nowMs()) + 1, timerMsMax),
    );
  }
}
