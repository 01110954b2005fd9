// The actors of a session that have names: who asks for a name gets the handle of the one that lives under it.
//
// Owns: which name stands for which actor. Does not own: the actors' lives (actor.ts).
//
// Invariants:
//   Y1. A name stands for one living actor at a time, and is free again when that one is dead.

import { ActorDiedError, InvalidArgumentError } from './errors.ts';
import type { ObjectRef } from './object-ref.ts';
import { shownOf } from './text-of.ts';

/** The longest name. */
const actorNameMax = 128;

/** Checks the name of an actor. @throws InvalidArgumentError */
export function checkActorName(name: string): string {
  if (typeof name === 'string' && name !== '' && name.length <= actorNameMax) return name;
  throw new InvalidArgumentError(
    `The name of an actor must be a text of 1 to ${actorNameMax} letters, got ${shownOf(name)}`,
  );
}

/** An actor as whoever calls it by its name needs it. */
export interface NamedActor {
  call(method: string, args: readonly unknown[]): ObjectRef<unknown>;
  kill(): void;
}

export class ActorNames {
  readonly #actors = new Map<string, NamedActor>();
  /** Which session each belongs to. */
  readonly #owners = new WeakMap<NamedActor, object>();

  /** Gives an actor its name. @throws InvalidArgumentError when another one lives under it (Y1). */
  add(name: string, actor: NamedActor, owner: object): void {
    this.checkFree(name);
    this.#actors.set(name, actor);
    this.#owners.set(actor, owner);
  }

  /** A session has ended, and its actors with it. */
  removeAll(owner: object): void {
    for (const [name, actor] of this.#actors) if (this.#owners.get(actor) === owner) this.#actors.delete(name);
  }

  /** @throws InvalidArgumentError when an actor lives under the name (Y1). */
  checkFree(name: string): void {
    if (!this.#actors.has(name)) return;
    throw new InvalidArgumentError(
      `Cannot start an actor "${name}": one of that name lives; kill it, or get it by name`,
    );
  }

  /** The actor is dead; whether it had the name. */
  remove(name: string, actor: NamedActor): boolean {
    return this.#actors.get(name) === actor && this.#actors.delete(name);
  }

  get size(): number {
    return this.#actors.size;
  }

  /** The actor that lives under a name. */
  find(name: string): NamedActor | undefined {
    return this.#actors.get(name);
  }
}

/** The names of embedded sessions, which share a process: each finds the actors of the others. */
export const namesOfProcess = new ActorNames();

/** What a call of an actor fails with that is not there any more, or never was. */
export function actorGone(name: string): ActorDiedError {
  return new ActorDiedError(`Cannot call the actor "${name}": there is no living one of that name`);
}

export function noSuchActor(name: string): InvalidArgumentError {
  return new InvalidArgumentError(`Cannot get the actor "${name}": there is no living one of that name`);
}
