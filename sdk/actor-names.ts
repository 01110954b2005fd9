// The actors of a session that have names: who asks for a name gets the handle of the one that lives under it.
//
// Owns: which name stands for which actor. Does not own: the actors' lives (actor.ts).
//
// Invariants:
//   Y1. A name stands for one living actor at a time, and is free again when that one is dead.

import { InvalidArgumentError } from './errors.ts';
import type { ObjectRef } from './object-ref.ts';

/** An actor as whoever calls it by its name needs it. */
export interface NamedActor {
  call(method: string, args: readonly unknown[]): ObjectRef<unknown>;
  kill(): void;
}

export class ActorNames {
  readonly #actors = new Map<string, NamedActor>();

  /** Gives an actor its name. @throws InvalidArgumentError when another one lives under it (Y1). */
  add(name: string, actor: NamedActor): void {
    this.checkFree(name);
    this.#actors.set(name, actor);
  }

  /** @throws InvalidArgumentError when an actor lives under the name (Y1). */
  checkFree(name: string): void {
    if (!this.#actors.has(name)) return;
    throw new InvalidArgumentError(
      `Cannot start an actor "${name}": one of that name lives; kill it, or get it by name`,
    );
  }

  /** The actor is dead. */
  remove(name: string, actor: NamedActor): void {
    if (this.#actors.get(name) === actor) this.#actors.delete(name);
  }

  /** The actor of a name. @throws InvalidArgumentError when none lives under it. */
  get(name: string): NamedActor {
    const actor = this.#actors.get(name);
    if (actor === undefined) {
      throw new InvalidArgumentError(`Cannot get the actor "${name}": this session has no living one of that name`);
    }
    return actor;
  }
}
