// The way of a session to an actor of another session: what is said on it, and what was not answered.
//
// Owns: the connection, opened when something is to be sent, closed when it was not used for a while; the calls that have
//   not settled. Does not own: who uses it (guest-actor.ts).
// Callers: guest-actor.ts, one a handle; session-core.ts knows the newest of each name, before which idle ones are closed.
//
// Invariants:
//   V2. When the way is cut, calls that were sent fail with `mayHaveRun: true` and are not made again.
//   V3. A way that is over is closed, whatever ended it, and the next call takes a new one.

import { CallsInOrder } from './calls-in-order.ts';
import type { ActorChannel } from './cluster/cluster.ts';
import { ActorDiedError, type GridbookError } from './errors.ts';
import type { Frame } from './protocol/channel.ts';
import { buildFrame, readFrame } from './protocol/codec.ts';
import { type ActorKill, asSessionMessages } from './protocol/messages.ts';
import type { SessionCore } from './session-core.ts';
import { textOf } from './text-of.ts';
import type { Nesting } from './worker/nesting.ts';
import { ParentPool } from './worker/parent-pool.ts';

/** A way that nobody uses for so long is closed, in milliseconds. */
export const wayIdleMs = 10_000;

/** One way to the session that has the actor, and what was sent by it. */
export class GuestWay {
  readonly target: CallsInOrder;
  readonly pool: ParentPool;
  readonly #name: string;
  readonly #open: () => Promise<ActorChannel>;
  readonly #nesting: Nesting;
  readonly #core: SessionCore;
  #channel: ActorChannel | undefined;
  #unsent: Frame[] | undefined;
  /** How many calls have not settled. */
  #calls = 0;
  #idle: NodeJS.Timeout | undefined;
  isOver = false;

  /** @param open - connects to the session that has the actor. */
  constructor(core: SessionCore, name: string, open: () => Promise<ActorChannel>) {
    this.#core = core;
    this.#name = name;
    this.#open = open;
    this.#nesting = {
      send: (frame) => this.#send(frame),
      onAnswer: () => {},
      currentTask: () => undefined,
      beginWait: () => () => {},
    };
    this.pool = new ParentPool(this.#nesting, core.timings);
    this.target = new CallsInOrder(this.pool.ofActor(name));
  }

  #send(frame: Frame): void {
    if (this.isOver) return;
    if (this.#channel !== undefined) {
      this.#channel.send(frame);
    } else if (this.#unsent !== undefined) {
      this.#unsent.push(frame);
    } else {
      this.#unsent = [frame];
      this.#open().then(
        (channel) => this.#onOpen(channel),
        (error: unknown) => this.end(asDeath(this.#name, error)),
      );
    }
  }

  #onOpen(channel: ActorChannel): void {
    if (this.isOver) {
      channel.close(); // V3
      return;
    }
    this.#channel = channel;
    channel.onFrame = (frame) => {
      const reader = readFrame(frame.bytes);
      for (const message of asSessionMessages(reader.header)) {
        if (message.type !== 'task.results' && message.type !== 'task.failed') continue;
        this.#nesting.onAnswer(message, frame, reader);
      }
    };
    channel.onClose = (reason) => {
      const why = `the way to it was cut: ${reason}`;
      this.end(new ActorDiedError(`The actor ${this.#name} did not answer, ${why}`, { mayHaveRun: true })); // V2
    };
    for (const frame of this.#unsent?.splice(0) ?? []) channel.send(frame);
    this.#onUse();
  }

  /** A call was made, which counts until the returned function is called. */
  begin(): () => void {
    this.#calls++;
    this.#onUse();
    return () => {
      this.#calls--;
      this.#onUse();
    };
  }

  #onUse(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    if (this.isOver) return;
    this.#channel?.setBusy(this.#calls > 0);
    if (this.#calls > 0) return;
    // While it is being opened there is something to be sent.
    this.#idle = setTimeout(() => this.endIfIdle(), wayIdleMs);
    this.#idle.unref();
  }

  /** Closes it when it waits for no answer and has nothing to send. */
  endIfIdle(): void {
    const isIdle = this.#calls === 0 && (this.#channel !== undefined || this.#unsent === undefined);
    if (isIdle) this.end(asDeath(this.#name, 'it was not used'));
  }

  kill(): void {
    const message: ActorKill = { type: 'actor.kill', actor: this.#name };
    this.#send({ bytes: buildFrame([], [message]), shared: [] });
    this.#onUse();
  }

  end(error: GridbookError): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.#idle);
    this.#unsent = undefined;
    this.pool.close(error);
    this.target.fail(error);
    this.#channel?.close(); // V3
    if (this.#core.guestWays.get(this.#name) === this) this.#core.guestWays.delete(this.#name);
  }
}

function asDeath(name: string, error: unknown): ActorDiedError {
  if (error instanceof ActorDiedError) return error;
  return new ActorDiedError(`Cannot call the actor "${name}": ${textOf(error)}`, { cause: error });
}
