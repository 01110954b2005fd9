// An actor of another session, called by its name.
//
// Owns: which way it takes. Does not own: what is said on it (guest-way.ts), the actor's life, which is its session's.
// Callers: session-core.ts.
//
// Invariants:
//   V1. Calls of one handle reach the actor in the order in which they were made.

import { callRules } from './actor.ts';
import type { NamedActor } from './actor-names.ts';
import type { ClusterActors } from './cluster/cluster.ts';
import { ActorDiedError } from './errors.ts';
import { GuestWay } from './guest-way.ts';
import { keeperName } from './keeper-name.ts';
import { entryOf, type ObjectRef } from './object-ref.ts';
import type { ActorBirth } from './protocol/messages.ts';
import { callForRef } from './remote.ts';
import type { SessionCore } from './session-core.ts';
import type { FunctionHandle, TaskSink } from './task.ts';

/** What an actor is made from. */
interface Beginning {
  readonly making: FunctionHandle;
  readonly args: readonly unknown[];
  readonly birth: ActorBirth;
}

export class GuestActor implements NamedActor {
  readonly #core: SessionCore;
  readonly #name: string;
  readonly #actors: ClusterActors;
  readonly #methods = new Map<string, FunctionHandle>();
  #way: GuestWay | undefined;
  /** Why there never was such an actor. */
  #notStarted: ActorDiedError | undefined;

  /** @param actors - opens ways to the sessions that have actors. */
  constructor(core: SessionCore, name: string, actors: ClusterActors) {
    this.#core = core;
    this.#name = name;
    this.#actors = actors;
  }

  /** Starts an actor at the keeper of the cluster, and gives it as any other session has it. */
  static start(core: SessionCore, name: string, actors: ClusterActors, { making, args, birth }: Beginning): GuestActor {
    const guest = new GuestActor(core, name, actors);
    const way = new GuestWay(core, name, () => actors.open(keeperName));
    way.target.hold(); // V1: it is there before it is called
    const onSettled = way.begin();
    const go = (): void => {
      way.target.letGo();
      onSettled();
    };
    const sink: TaskSink = {
      onValue: go,
      onStored: go,
      onError: (_task, cause) => {
        guest.#notStarted = new ActorDiedError(`The actor "${name}" could not be started: ${cause.message}`, { cause });
        way.end(guest.#notStarted);
      },
    };
    core.call(making, callRules(`new ${making.name}`), args, sink, way.pool.ofActor(name, birth));
    guest.#way = way;
    core.guestWays.set(name, way);
    return guest;
  }

  /** A handle finds its actor at its first call: another session may have the name by now, whatever ways are open. */
  #present(): GuestWay {
    const error = this.#notStarted;
    if (error !== undefined) return new GuestWay(this.#core, this.#name, () => Promise.reject(error));
    if (this.#way === undefined || this.#way.isOver) {
      const { guestWays } = this.#core;
      guestWays.get(this.#name)?.endIfIdle(); // its handle takes another one if it is called again
      this.#way = new GuestWay(this.#core, this.#name, () => this.#actors.open(this.#name));
      guestWays.set(this.#name, this.#way);
    }
    return this.#way;
  }

  call(method: string, args: readonly unknown[]): ObjectRef<unknown> {
    let handle = this.#methods.get(method);
    if (handle === undefined) {
      handle = this.#core.handleOfMethod(method);
      this.#methods.set(method, handle);
    }
    const way = this.#present();
    const onSettled = way.begin();
    try {
      const rules = callRules(`${this.#name}.${method}`);
      const ref = callForRef(this.#core, way.target, handle, rules, undefined, args);
      entryOf(ref).whenSettled(onSettled);
      return ref;
    } catch (error) {
      onSettled();
      throw error;
    }
  }

  kill(): void {
    this.#present().kill();
  }
}
