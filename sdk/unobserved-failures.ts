// Failures of a session's tasks that nobody has looked at, so that closing can warn of them.
//
// Owns: the messages of a few, the number of the others. Callers: remote.ts notes them, session-core.ts warns.

import { CancelledError } from './errors.ts';
import type { ObjectEntry } from './object-ref.ts';

/** They are told of by their first messages, at most so many. */
const samplesMax = 5;

export class UnobservedFailures {
  readonly #samples = new Map<ObjectEntry, string>();
  #more = 0;

  /** Keeps a failure in mind until somebody looks at it. */
  note(entry: ObjectEntry, error: Error): void {
    if (entry.isObserved || error instanceof CancelledError) return; // who cancels a task knows of its end
    if (this.#samples.size < samplesMax) {
      this.#samples.set(entry, error.message);
      entry.onObserved = () => this.#samples.delete(entry);
    } else {
      this.#more++;
      entry.onObserved = () => this.#more--;
    }
  }

  /** Warns of those that are left. */
  warn(): void {
    const count = this.#samples.size + this.#more;
    if (count === 0) return;
    const [first] = this.#samples.values();
    const tasks =
      count === 1 ? 'One task failed and nobody awaited it' : `${count} tasks failed and nobody awaited them`;
    process.emitWarning(`${tasks}${first === undefined ? '' : `; the first: ${first}`}`, 'GridbookWarning');
  }
}
