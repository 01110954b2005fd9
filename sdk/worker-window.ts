// What the dispatcher knows of one worker: the tasks that were sent to it and not answered for, and their weight.
//
// A task that waits for its own tasks is parked: it is there, and lost with the worker, but takes no part of the window.
//
// Owns: the order of what was sent, the load. Does not own: when to send, kill or release. Pure.
// Callers: the dispatcher alone.

import type { DispatchTask } from './dispatcher.ts';

/** How much a window holds beside its first task. */
export interface WindowLimits {
  /** How much expected work, in milliseconds. @default 10 */
  readonly windowMs: number;
  /** How many bytes of arguments. @default 4 MiB */
  readonly windowBytesMax: number;
  /** How many tasks. @default 8192 */
  readonly windowTasksMax: number;
}

export class WorkerWindow<T extends DispatchTask> {
  readonly lease: string;
  loadMs = 0;
  bytes = 0;
  /** It holds a task that shares with none. */
  alone = false;
  /** It gets nothing more and is given back when idle. */
  recalled = false;
  /** It is being ended by intent: its loss is certain, and what it still answers changes nothing about that. */
  killed = false;
  /** Nothing reaches it any more: its loss will be told. */
  isCut = false;
  /** How many tasks it has that nobody wants any more: one of them may run for ever, and what is sent after it would wait. */
  unwanted = 0;
  /** The tasks that have to end, and when the worker is killed for not answering for each; the earliest first. */
  readonly overdue = new Map<number, number>();
  // Workers answer in the order of sending, mostly, so this is a list with a moving head and not a map.
  #sent: T[] = [];
  #head = 0;
  /** The parked tasks by id; most workers never have one. */
  #parked: Map<number, T> | undefined;

  constructor(lease: string) {
    this.lease = lease;
  }

  /** How many tasks take part in the window. */
  get size(): number {
    return this.#sent.length - this.#head;
  }

  get hasParked(): boolean {
    return this.#parked !== undefined && this.#parked.size > 0;
  }

  get isIdle(): boolean {
    return this.size === 0 && !this.hasParked;
  }

  /** When it is to be killed; infinite for never, also when that has been done. */
  get killAt(): number {
    const first = this.killed ? undefined : this.overdue.values().next().value;
    return first ?? Number.POSITIVE_INFINITY;
  }

  /** Whether its state allows more work; its load may not. */
  get mayTakeMore(): boolean {
    return !this.alone && (!this.recalled || this.hasParked) && !this.killed && !this.isCut && this.unwanted === 0;
  }

  /** Whether the task goes in beside what is there (D2). */
  fits(task: T, loadMs: number, { windowMs, windowBytesMax, windowTasksMax }: WindowLimits): boolean {
    return this.loadMs + loadMs <= windowMs && this.bytes + task.bytes <= windowBytesMax && this.size < windowTasksMax;
  }

  add(task: T): void {
    this.#sent.push(task);
    this.loadMs += task.loadMs;
    this.bytes += task.bytes;
  }

  /** Takes out the task of this id and attempt; undefined when it is not there. */
  take(id: number, attempt: number): T | undefined {
    const parked = this.#parked === undefined ? undefined : this.#takeParked(id, attempt);
    const task = parked ?? this.#takeSent(id, attempt);
    if (task === undefined) return undefined;
    if (task.state === 'cancelled') this.unwanted--;
    if (this.overdue.size > 0) this.overdue.delete(id);
    return task;
  }

  #takeParked(id: number, attempt: number): T | undefined {
    const task = this.#parked?.get(id);
    if (task?.attempt !== attempt) return undefined;
    this.#parked?.delete(id);
    return task;
  }

  #takeSent(id: number, attempt: number): T | undefined {
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
    if (this.size === 0) this.alone = false;
    return task;
  }

  /** Takes a task out of the window, though it stays on the worker; false when it is not in it. */
  park(id: number, attempt: number): boolean {
    const task = this.#takeSent(id, attempt);
    if (task === undefined) return false;
    this.#parked ??= new Map();
    this.#parked.set(id, task);
    return true;
  }

  /** Puts a parked task back into the window; false when it is not parked. */
  unpark(id: number, attempt: number): boolean {
    const task = this.#takeParked(id, attempt);
    if (task === undefined) return false;
    this.add(task);
    return true;
  }

  /** What was sent and not answered for: what is parked, then the rest in the order of sending. */
  tasks(): T[] {
    const sent = this.#sent.slice(this.#head);
    return this.hasParked ? [...(this.#parked?.values() ?? []), ...sent] : sent;
  }
}
