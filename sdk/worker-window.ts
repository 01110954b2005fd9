// What the dispatcher knows of one worker: the tasks that were sent to it and not answered for, and their weight.
//
// Owns: the order of what was sent, the load. Does not own: when to send, kill or release. Pure.
// Callers: the dispatcher alone.

import type { DispatchTask } from './dispatcher.ts';

export class WorkerWindow<T extends DispatchTask> {
  readonly lease: string;
  loadMs = 0;
  bytes = 0;
  /** It holds a task that shares with none. */
  alone = false;
  /** It gets nothing more and is given back when idle. */
  recalled = false;
  /** The tasks that have to end, if there are any, and when the worker is killed for not answering for them. */
  overdue: Set<number> | undefined;
  killAt = 0;
  // Workers answer in the order of sending, mostly, so this is a list with a moving head and not a map.
  #sent: T[] = [];
  #head = 0;

  constructor(lease: string) {
    this.lease = lease;
  }

  get size(): number {
    return this.#sent.length - this.#head;
  }

  add(task: T): void {
    this.#sent.push(task);
    this.loadMs += task.loadMs;
    this.bytes += task.bytes;
  }

  /** Takes out the task of this id and attempt; undefined when it is not there. */
  take(id: number, attempt: number): T | undefined {
    let task = this.#sent[this.#head];
    if (task !== undefined && task.id === id && task.attempt === attempt) {
      this.#head++;
    } else {
      const at = this.#sent.findIndex((t, i) => i >= this.#head && t.id === id && t.attempt === attempt);
      task = this.#sent[at];
      if (task === undefined) return undefined;
      this.#sent.splice(at, 1);
    }
    if (this.#head === this.#sent.length) {
      this.#sent = [];
      this.#head = 0;
    } else if (this.#head >= 4096) {
      this.#sent = this.#sent.slice(this.#head);
      this.#head = 0;
    }
    this.bytes -= task.bytes;
    this.loadMs = this.size === 0 ? 0 : this.loadMs - task.loadMs; // sums of fractions drift: an idle worker has none
    if (this.overdue?.delete(id) && this.overdue.size === 0) this.overdue = undefined;
    if (this.size === 0) this.alone = false;
    return task;
  }

  /** What was sent and not answered for, in the order of sending. */
  tasks(): T[] {
    return this.#sent.slice(this.#head);
  }
}
