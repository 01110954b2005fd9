// Virtual time: what is due happens in the order of its time, and the clock stands still in between.

interface Due {
  readonly at: number;
  readonly run: () => void;
}

export class Timeline {
  now = 0;
  /** In the order of time; of two at one time the one that was planned first comes first. */
  readonly #due: Due[] = [];

  /** When something is due; infinite for never. */
  get nextAt(): number {
    return this.#due[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  after(delayMs: number, run: () => void): void {
    const at = this.now + delayMs;
    let place = this.#due.length;
    while (place > 0 && this.#due[place - 1]!.at > at) place--;
    this.#due.splice(place, 0, { at, run });
  }

  /** Moves the clock to what is due next, and does it. */
  step(): void {
    const next = this.#due.shift();
    if (next === undefined) return;
    this.now = next.at;
    next.run();
  }
}
