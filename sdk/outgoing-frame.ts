// Puts tasks and the functions that they need into one frame for one worker.
//
// Owns: how payloads and references find their places in a frame. Does not own: which tasks (the dispatcher).

import { wirePlace } from './cluster/object-place.ts';
import { entryOf, ObjectRef } from './object-ref.ts';
import type { Frame } from './protocol/channel.ts';
import { buildFrame, bytesOf, type Segment } from './protocol/codec.ts';
import type { FunctionId } from './protocol/ids.ts';
import type { SessionToWorker, TaskRun } from './protocol/messages.ts';
import { type Payload, writePayload } from './protocol/payload.ts';
import { tags, type WireValue } from './protocol/wire-value.ts';
import type { SentObjects } from './sent-objects.ts';
import type { FunctionDefinition, Task, TaskSink } from './task.ts';
import { asError } from './text-of.ts';

/** How many functions a worker keeps; one that was not used for long is sent again when it is. */
export const functionsPerWorkerMax = 512;

/** The functions that a worker has, the one used longest ago first. */
export class DefinedFunctions {
  readonly #ids = new Set<FunctionId>();

  /** Notes that a function is used; the one to forget, if any. */
  use(id: FunctionId): { isNew: boolean; forget: FunctionId | undefined } {
    const isNew = !this.#ids.delete(id);
    this.#ids.add(id);
    const oldest = this.#ids.size > functionsPerWorkerMax ? this.#ids.values().next().value : undefined;
    if (oldest !== undefined) this.#ids.delete(oldest);
    return { isNew, forget: oldest };
  }
}

/** A task that is in no frame. */
export interface UnsendableTask {
  readonly task: Task;
  readonly error: Error;
}

export class OutgoingFrame {
  readonly #messages: SessionToWorker[] = [];
  readonly #segments: Segment[] = [];
  readonly #shared: Uint8Array[] = [];
  readonly #defined: DefinedFunctions;
  readonly #sent: SentObjects | undefined;
  /** Said last: tasks of this frame may still name them. */
  readonly #forget: number[] = [];
  #objects = new Map<object, number>();

  /** @param sent - the large values that the worker was sent, where sending copies them. */
  constructor(defined: DefinedFunctions, sent?: SentObjects) {
    this.#sent = sent;
    this.#defined = defined;
  }

  addCancel(ids: number[]): void {
    this.#messages.push({ type: 'task.cancel', ids });
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /**
   * Adds tasks in their order; neighbours of one function and attempt share a message, if they combine only those of one map.
   *
   * @returns those that cannot be sent, and why: the value of a reference could be written when it was made, but not any more.
   */
  addTasks(tasks: readonly Task[]): UnsendableTask[] {
    const unsendable: UnsendableTask[] = [];
    let message: TaskRun | undefined;
    let sink: TaskSink | undefined;
    for (const task of tasks) {
      const { definition } = task;
      const combine = task.rules.combine?.definition;
      const keep = task.sink.onKept !== undefined && combine === undefined;
      if (
        message === undefined ||
        message.functionId !== definition.id ||
        message.attempt !== task.attempt ||
        (message.keep ?? false) !== keep ||
        message.combine?.functionId !== combine?.id ||
        (combine !== undefined && sink !== task.sink)
      ) {
        sink = task.sink;
        message = {
          type: 'task.run',
          functionId: definition.id,
          attempt: task.attempt,
          ids: [],
          args: [],
          objects: [],
        };
        if (keep) message.keep = true;
        if (combine !== undefined) message.combine = { functionId: combine.id, positions: [] };
        this.#objects = new Map();
      }
      let args: WireValue;
      try {
        args = this.#place(task.args, message.objects);
      } catch (error) {
        unsendable.push({ task, error: asError(error) });
        continue;
      }
      if (message.ids.length === 0) {
        this.#define(definition);
        if (combine !== undefined) this.#define(combine);
        this.#messages.push(message);
      }
      message.ids.push(task.id);
      message.args.push(args);
      message.combine?.positions.push(task.position);
    }
    return unsendable;
  }

  #define({ id, name, role, code, captures }: FunctionDefinition): void {
    const { isNew, forget } = this.#defined.use(id);
    if (forget !== undefined) this.#messages.push({ type: 'function.forget', functionId: forget });
    if (!isNew) return;
    const placed = this.#place(captures, []);
    this.#messages.push({ type: 'function.define', functionId: id, name, role, code, captures: placed });
  }

  #place(payload: Payload, objects: WireValue[]): WireValue {
    const { stored, segments, refs, node } = payload;
    if (stored !== undefined) return this.#placeStored(stored.bytes);
    if (segments !== undefined) for (const segment of segments) this.#segments.push(segment);
    if (refs !== undefined) {
      for (const slot of refs) slot.node[0] = this.#placeObject(slot.ref, objects);
    }
    return node;
  }

  /** A value that other tasks may take as well. */
  #share(bytes: Uint8Array): WireValue[] {
    const sent = this.#sent?.use(bytes);
    if (sent === undefined) return this.#placeStored(bytes);
    const { number, isNew, forget } = sent;
    this.#forget.push(...forget);
    // Before the message of the tasks that take it, which is under way.
    if (isNew) this.#messages.unshift({ type: 'object.share', object: number, value: this.#placeStored(bytes) });
    return [-number, tags.stored];
  }

  #placeStored(bytes: Uint8Array): WireValue[] {
    const at = this.#shared.indexOf(bytes);
    return [at >= 0 ? at : this.#shared.push(bytes) - 1, tags.stored];
  }

  /** The place of a reference's value among the message's objects. It has settled: the session waited for it. */
  #placeObject(ref: object, objects: WireValue[]): number {
    const known = this.#objects.get(ref);
    if (known !== undefined) return known;
    const at = objects.push(this.#placeValueOf(ref)) - 1;
    this.#objects.set(ref, at);
    return at;
  }

  #placeValueOf(ref: object): WireValue[] {
    if (!(ref instanceof ObjectRef)) throw new TypeError('A reference slot holds something else than a reference');
    const entry = entryOf(ref);
    if (entry.outcome.state === 'stored') return this.#share(entry.outcome.stored.bytes);
    if (entry.outcome.state === 'kept') {
      const { at } = entry.outcome.kept;
      return 'place' in at ? [wirePlace(at.place), tags.stored] : this.#share(at.bytes);
    }
    const payload = writePayload(entry.read(), 'the value of a reference');
    if (payload.stored !== undefined) return this.#placeStored(payload.stored.bytes);
    const bytes = bytesOf(buildFrame(payload.segments ?? [], payload.node));
    const node: WireValue[] = [0, bytes.byteLength, tags.uint8Array];
    this.#segments.push({ node, bytes });
    return node;
  }

  build(): Frame {
    if (this.#forget.length > 0) this.#messages.push({ type: 'object.forget', objects: this.#forget });
    const bytes = buildFrame(this.#segments, this.#messages);
    return { bytes, shared: this.#shared };
  }
}
