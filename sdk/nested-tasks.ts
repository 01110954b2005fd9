// The tasks of tasks: a task asks its own worker's session for them, and the session that owns the worker runs them.
//
// They are ordinary tasks of that session, sent to the same kind of worker as the task that submitted them, so that the
// one owner retries, counts and settles them. What they come to is written back to the worker, which is their caller.
// A task that waits for its own tasks keeps no other from its worker (D7 of the dispatcher), so a tree of tasks needs no
// more workers than a list of them.
//
// Owns: which task submitted which; the functions that workers have defined. Does not own: the tasks (the pools).
// Callers: worker-pool.ts, with what workers say and when a task ends otherwise than by its own answer.
//
// Invariants:
//   K1. A task that is cancelled, takes too long or is lost with its worker takes the tasks under it along. One that
//       returns or throws does not: they go on, and what they come to reaches whoever still waits in that worker.
//   K2. At rest nothing is held but, of workers that live, their functions, and how to end the latest tasks that were given up.

import type { NamedActor } from './actor-names.ts';
import { InvalidArgumentError } from './errors.ts';
import { entryOf, type ObjectEntry } from './object-ref.ts';
import type { Channel, Frame } from './protocol/channel.ts';
import { nowMs } from './protocol/clock.ts';
import type { FrameReader } from './protocol/codec.ts';
import { readWholeValue } from './protocol/deserialization.ts';
import type { FunctionId, TaskId } from './protocol/ids.ts';
import type { ActorBirth, FunctionDefine, NestingToSession, TaskNest, TaskRun } from './protocol/messages.ts';
import type { StoredValue } from './protocol/payload.ts';
import { readArguments, readCaptures } from './protocol/task-values.ts';
import { cancelTask } from './remote.ts';
import type { SessionCore } from './session-core.ts';
import type { ForceEnd, FunctionHandle, Task, TaskSink, TaskTarget } from './task.ts';
import { AnswerWriter } from './worker/answer-writer.ts';

/** How deeply tasks may stand under tasks: a recursion without an end is found before it fills the memory. */
export const nestingDepthMax = 256;

/** So many tasks of tasks of a worker that were cancelled without force can be ended by force later. */
const givenUpMax = 1000;

/** A worker whose tasks submit tasks. */
interface Nest {
  readonly answers: AnswerWriter;
  readonly functions: Map<FunctionId, FunctionHandle>;
  /** What was said of tasks that come with the next frame. */
  readonly announced: Map<TaskId, TaskNest>;
  /** The frame that said it. */
  announcing: Frame | undefined;
  /** How to cancel each that has not settled. */
  readonly open: Map<TaskId, Cancel>;
  /** How to end the latest that were cancelled without force and may run on. */
  readonly givenUp: Map<TaskId, ForceEnd>;
  isFlushing: boolean;
}

type Cancel = (force: boolean) => ForceEnd | undefined;

/** Where the tasks that a worker submits go, and which of its tasks submits them. */
export interface NestSurroundings {
  readonly target: TaskTarget;
  taskAt(id: TaskId): Task | undefined;
  /** The actor of a name that they may call. @throws InvalidArgumentError when there is none. @default any */
  findActor?(name: string): NamedActor;
  /** Makes an actor for another session; fulfils when it is there. @default nobody may */
  createActor?(name: string, making: FunctionHandle, args: readonly unknown[], birth: ActorBirth): Promise<void>;
}

export class NestedTasks {
  readonly #core: SessionCore;
  readonly #nests = new WeakMap<Channel, Nest>();
  readonly #childrenOf = new Map<Task, Set<Cancel>>();

  constructor(core: SessionCore) {
    this.#core = core;
  }

  /** A worker has said something of the tasks of its tasks. */
  onMessage(
    channel: Channel,
    message: NestingToSession,
    frame: Frame,
    reader: FrameReader,
    around: NestSurroundings,
  ): void {
    const nest = this.#nestOf(channel);
    switch (message.type) {
      case 'task.nest':
        if (nest.announcing !== frame) nest.announced.clear(); // K2: what was said of tasks that did not come
        nest.announcing = frame;
        for (const id of message.ids) nest.announced.set(id, message);
        break;
      case 'function.define':
        nest.functions.set(message.functionId, this.#define(message, frame, reader));
        break;
      case 'function.forget':
        nest.functions.delete(message.functionId);
        break;
      case 'task.run':
        for (let i = 0; i < message.ids.length; i++) this.#submit(nest, message, i, frame, reader, around);
        break;
      case 'nest.cancel':
        for (const id of message.ids) this.#cancel(nest, id, message.force);
        break;
      case 'actor.kill':
        this.#core.findOwnActor(message.actor)?.kill();
        break;
    }
  }

  #cancel({ open, givenUp }: Nest, id: TaskId, force: boolean): void {
    const end = force ? givenUp.get(id) : undefined;
    givenUp.delete(id);
    end?.();
    const endLater = open.get(id)?.(force);
    if (endLater === undefined) return;
    givenUp.set(id, endLater);
    const [oldest] = givenUp.keys();
    if (givenUp.size > givenUpMax && oldest !== undefined) givenUp.delete(oldest);
  }

  /** Whoever spoke by a channel has gone: nobody wants the outcomes any more. */
  onGone(channel: Channel): void {
    for (const cancel of this.#nests.get(channel)?.open.values() ?? []) cancel(false);
    this.#nests.delete(channel);
  }

  #nestOf(channel: Channel): Nest {
    let nest = this.#nests.get(channel);
    if (nest === undefined) {
      const answers = new AnswerWriter(channel);
      nest = {
        answers,
        functions: new Map(),
        announced: new Map(),
        announcing: undefined,
        open: new Map(),
        givenUp: new Map(),
        isFlushing: false,
      };
      this.#nests.set(channel, nest);
    }
    return nest;
  }

  #define({ name, role, code, captures }: FunctionDefine, { shared }: Frame, reader: FrameReader): FunctionHandle {
    if (role.type === 'method') return this.#core.handleOfMethod(role.method);
    if (code === undefined) throw new InvalidArgumentError(`The function "${name}" has no code`);
    return this.#core.handleOf({ code, captures: readCaptures(captures, shared, reader) }, name, role);
  }

  #submit(
    nest: Nest,
    message: TaskRun,
    i: number,
    frame: Frame,
    reader: FrameReader,
    { target, taskAt, createActor, findActor = (name) => this.#core.findActor(name) }: NestSurroundings,
  ): void {
    const id = message.ids[i]!;
    const announced = nest.announced.get(id);
    const handle = nest.functions.get(message.functionId);
    nest.announced.delete(id);
    if (nest.announced.size === 0) nest.announcing = undefined;
    let cancel: Cancel | undefined;
    const parent = announced?.parent == null ? undefined : taskAt(announced.parent);
    const settle = (answer: () => void): void => {
      nest.open.delete(id);
      if (parent !== undefined && cancel !== undefined) this.#remove(parent, cancel);
      answer();
      this.#flush(nest);
    };
    const { answers } = nest;
    const { cellTasks } = this.#core;
    const fail = (error: unknown): void => answers.addFailure(message.attempt, id, error, 0, nowMs());
    const give = (value: unknown): void => {
      try {
        answers.addResult(message.attempt, id, value, 0, nowMs());
      } catch (error) {
        fail(error);
      }
    };
    const sink: TaskSink = {
      onValue: (_task, value) => settle(() => give(value)),
      onStored: (_task, { bytes }: StoredValue) => settle(() => give(readWholeValue(bytes))),
      onError: (_task, error) => settle(() => fail(error)),
    };
    try {
      if (announced === undefined || handle === undefined) throw new InvalidArgumentError('A task came without rules');
      const depth = (parent?.depth ?? 0) + 1;
      if (depth > nestingDepthMax) {
        throw new InvalidArgumentError(`Cannot start "${announced.name}": tasks may nest ${nestingDepthMax} deep`);
      }
      const args = readArguments(message, i, frame.shared, reader);
      const { name, maxRetries, retryErrors, actor, birth } = announced;
      if (actor !== null && birth !== undefined) {
        if (createActor === undefined) throw new InvalidArgumentError(`Cannot start the actor "${actor}" here`);
        createActor(actor, handle, args, birth).then(
          () => settle(() => give(undefined)),
          (error: unknown) => settle(() => fail(error)),
        );
        return;
      }
      if (actor === null) {
        const timeoutMs = announced.timeoutMs ?? undefined;
        const rules = { name, maxRetries, retryErrors, timeoutMs, combine: undefined, timings: undefined };
        const call = (): Task => this.#core.call(handle, rules, args, sink, target, 0, depth);
        const task = cellTasks.callFor(parent?.id, call);
        cancel = (force) => this.#core.cancel(task, target, force);
      } else {
        const entry = entryOf(cellTasks.callFor(parent?.id, () => findActor(actor).call(handle.name, args)));
        entry.markObserved();
        cancel = (force) => cancelTask(this.#core, entry, force);
        entry.whenSettled(() => {
          const answer = (): void => settle(() => answerWith(entry, give, fail));
          const loaded = entry.load();
          if (loaded === undefined) answer();
          else void loaded.then(answer);
        });
        if (entry.isSettled) return;
      }
      nest.open.set(id, cancel);
      if (parent !== undefined) this.#add(parent, cancel);
    } catch (error) {
      settle(() => fail(error));
    }
  }

  #add(parent: Task, child: Cancel): void {
    const children = this.#childrenOf.get(parent);
    if (children === undefined) this.#childrenOf.set(parent, new Set([child]));
    else children.add(child);
  }

  #remove(parent: Task, child: Cancel): void {
    const children = this.#childrenOf.get(parent);
    children?.delete(child);
    if (children?.size === 0) this.#childrenOf.delete(parent); // K2
  }

  /** Answers that come in one go leave in one frame. */
  #flush(nest: Nest): void {
    if (nest.isFlushing) return;
    nest.isFlushing = true;
    queueMicrotask(() => {
      nest.isFlushing = false;
      nest.answers.flush();
    });
  }

  /** A task will not answer any more, or nobody wants it to (K1). @returns how to end later what may run on. */
  cancelUnder(parent: Task, force: boolean): ForceEnd[] {
    const children = this.#childrenOf.get(parent);
    return children === undefined ? [] : [...children].flatMap((cancel) => cancel(force) ?? []);
  }
}

function answerWith(entry: ObjectEntry, give: (value: unknown) => void, fail: (error: unknown) => void): void {
  try {
    give(entry.read());
  } catch (error) {
    fail(error);
  }
}
