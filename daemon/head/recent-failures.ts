// The last failures of a cluster, for whoever asks how it is. The oldest go first.

/** What went wrong, when, and where. */
export interface Failure {
  readonly node?: string;
  readonly session?: string;
  readonly message: string;
}

const failuresMax = 50;

export class RecentFailures {
  readonly #failures: (Failure & { at: string })[] = [];

  add(failure: Failure): void {
    this.#failures.push({ at: new Date().toISOString(), ...failure });
    if (this.#failures.length > failuresMax) this.#failures.shift();
  }

  /** The oldest first. */
  get list(): readonly (Failure & { at: string })[] {
    return [...this.#failures];
  }
}
