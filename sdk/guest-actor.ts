// An actor of another session, called by its name.
//
// Owns: the way to the session that has it, opened at the first call, and again after it was cut; the calls that have
//   not settled. Does not own: the actor's life, which is its session's.
// Callers: session-core.ts.
//
// Invariants:
//   V1. Calls of one handle reach the actor in the order in which they were made.
//   V2. When the way is cut, calls that were sent fail with `mayHaveRun: true` and are not made again.

import { callRules } from './actor.ts';
import type { NamedActor } from './actor-names.ts';
import { CallsInOrder } from './calls-in-order.ts';
import type { ActorChannel, ClusterActors } from './cluster/cluster.ts';
import { ActorDiedError, type GridbookError } from './errors.ts';
import { keeperName } from './keeper-name.ts';
import { entryOf, type ObjectRef } from './object-ref.ts';
import type { Frame } from './protocol/channel.ts';
import { buildFrame, readFrame } from './protocol/codec.ts';
import { type ActorBirth, type ActorKill, asSessionMessages } from './protocol/messages.ts';
import { callForRef } from './remote.ts';
import type { SessionCore } from './session-core.ts';
import type { FunctionHandle, TaskSink } from './task.ts';
import { textOf } from './text-of.ts';
import type { Nesting } from './worker/nesting.ts';
import { ParentPool } from './worker/parent-pool.ts';

/** One way to the session that has the actor, and what was sent by it. */
class Way {
  readonly target: CallsInOrder;
  readonly pool: ParentPool;
  readonly #name: string;
  #channel: ActorChannel | undefined;
  #unsent: Frame[] = [];
  isOver = false;

  constructor(core: SessionCore, name: string, opening: Promise<ActorChannel>) {
    this.#name = name;
    const nesting: Nesting = {
      send: (frame) => this.#send(frame),
      onAnswer: () => {},
      currentTask: () => undefined,
      beginWait: () => () => {},
    };
    this.pool = new ParentPool(nesting, core.timings);
    this.target = new CallsInOrder(this.pool.ofActor(name));
    opening.then(
      (channel) => this.#onOpen(channel, nesting),
      (error: unknown) => this.end(asDeath(name, error)),
    );
  }

  get unsettled(): number {
    return [...this.pool.unsettledTasks()].length;
  }

  #send(frame: Frame): void {
    if (this.#channel === undefined) this.#unsent.push(frame);
    else if (!this.isOver) this.#channel.send(frame);
  }

  #onOpen(channel: ActorChannel, nesting: Nesting): void {
    this.#channel = channel;
    channel.onFrame = (frame) => {
      const reader = readFrame(frame.bytes);
      for (const message of asSessionMessages(reader.header)) {
        if (message.type === 'task.results' || message.type === 'task.failed') nesting.onAnswer(message, frame, reader);
      }
    };
    channel.onClose = (reason) => {
      const why = `the way to it was cut: ${reason}`;
      this.end(new ActorDiedError(`The actor ${this.#name} did not answer, ${why}`, { mayHaveRun: true })); // V2
    };
    channel.setBusy(this.unsettled > 0);
    for (const frame of this.#unsent.splice(0)) channel.send(frame);
  }

  onSettled(): void {
    this.#channel?.setBusy(this.unsettled > 0);
  }

  kill(): void {
    const message: ActorKill = { type: 'actor.kill', actor: this.#name };
    this.#send({ bytes: buildFrame([], [message], (length) => new ArrayBuffer(length)), shared: [] });
  }

  end(error: GridbookError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#unsent = [];
    this.pool.close(error);
    this.target.fail(error);
  }
}

function asDeath(name: string, error: unknown): ActorDiedError {
  if (error instanceof ActorDiedError) return error;
  return new ActorDiedError(`Cannot call the actor "${name}": ${textOf(error)}`, { cause: error });
}

/** What an actor is made from. */
interface Beginning {
  readonly making: FunctionHandle;
  readonly args: readonly unknown[];
  readonly birth: ActorBirth;
}

export class GuestActor implements NamedActor {
  readonly #core: SessionCore;
  readonly #name: string;
  readonly #open: () => Promise<ActorChannel>;
  readonly #methods = new Map<string, FunctionHandle>();
  #way: Way | undefined;
  /** Why there never was such an actor. */
  #notStarted: ActorDiedError | undefined;

  /** @param open - opens a way to the session that has the actor. */
  constructor(core: SessionCore, name: string, open: () => Promise<ActorChannel>) {
    this.#core = core;
    this.#name = name;
    this.#open = open;
  }

  /** Starts an actor at the keeper of the cluster, and gives it as any other session has it. */
  static start(core: SessionCore, name: string, actors: ClusterActors, { making, args, birth }: Beginning): GuestActor {
    const guest = new GuestActor(core, name, () => actors.open(name));
    const way = new Way(core, name, actors.open(keeperName));
    guest.#way = way;
    way.target.hold(); // V1: it is there before it is called
    const sink: TaskSink = {
      onValue: () => way.target.letGo(),
      onStored: () => way.target.letGo(),
      onError: (_task, cause) => {
        guest.#notStarted = new ActorDiedError(`The actor "${name}" could not be started: ${cause.message}`, { cause });
        way.end(guest.#notStarted);
      },
    };
    core.call(making, callRules(`new ${making.name}`), args, sink, way.pool.ofActor(name, birth));
    return guest;
  }

  #present(): Way {
    if (this.#way === undefined || this.#way.isOver) {
      const opening = this.#notStarted === undefined ? this.#open() : Promise.reject(this.#notStarted);
      this.#way = new Way(this.#core, this.#name, opening);
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
    const rules = callRules(`${this.#name}.${method}`);
    const ref = callForRef(this.#core, way.target, handle, rules, undefined, args);
    entryOf(ref).whenSettled(() => way.onSettled());
    way.onSettled();
    return ref;
  }

  kill(): void {
    this.#present().kill();
  }
}
