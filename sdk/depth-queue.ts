// The tasks that wait for a worker, the most deeply nested first.
//
// A task that waits for its own tasks holds memory until they have run. With the deepest first, a tree of tasks is
// worked off branch by branch, and few are open at once.
//
// Owns: one queue a depth. Does not own: the order within a depth (task-queue.ts). Pure. Callers: the dispatcher alone.

import { type Queueable, TaskQueue } from './task-queue.ts';

export interface NestedQueueable extends Queueable {
  /** How many tasks it stands under; 0, or undefined, for a task of the program itself. */
  readonly depth?: number;
}

export class DepthQueue<T extends NestedQueueable> {
  readonly #top = new TaskQueue<T>();
  readonly #queues: TaskQueue<T>[] = [this.#top];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  #queueOf({ depth }: T): TaskQueue<T> {
    if (depth === undefined || depth === 0) return this.#top;
    while (this.#queues.length <= depth) this.#queues.push(new TaskQueue<T>());
    return this.#queues[depth]!;
  }

  push(item: T): void {
    this.#queueOf(item).push(item);
    this.#size++;
  }

  /** Puts an entry before all others of its depth. */
  putBack(item: T): void {
    this.#queueOf(item).putBack(item);
    this.#size++;
  }

  /** The next live entry; it stays. @param nestedOnly - whether only tasks of tasks are looked at. */
  peek(nestedOnly: boolean): T | undefined {
    if (this.#size === 0) return undefined;
    if (this.#queues.length === 1) return nestedOnly ? undefined : this.#top.peek();
    for (let depth = this.#queues.length - 1; depth >= (nestedOnly ? 1 : 0); depth--) {
      const queue = this.#queues[depth]!;
      if (queue.size > 0) return queue.peek();
    }
    return undefined;
  }

  /** Takes out what `peek` just showed. */
  shift(item: T): void {
    this.#queueOf(item).shift();
    this.#size--;
  }

  /** A live entry has died where it stands. */
  drop(item: T): void {
    this.#queueOf(item).drop();
    this.#size--;
  }

  /** The live entries, the deepest first. */
  *[Symbol.iterator](): Generator<T> {
    for (let depth = this.#queues.length - 1; depth >= 0; depth--) yield* this.#queues[depth]!;
  }
}
