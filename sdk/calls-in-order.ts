// Lets the calls of one actor through in the order in which they were made, whatever their arguments wait for.
//
// Owns: the calls that wait for one before them. Callers: actor.ts, guest-actor.ts.

import type { GridbookError } from './errors.ts';
import type { ForceEnd, Task, TaskTarget } from './task.ts';

/** A call in the line. */
interface Place {
  readonly task: Task;
  state: 'expected' | 'ready' | 'gone';
}

export class CallsInOrder implements TaskTarget {
  readonly #target: TaskTarget;
  #line: Place[] = [];
  /** Where the line begins; what is before has left it. */
  #head = 0;
  /** The line again, so that a call is found without a search. */
  readonly #places = new Map<Task, Place>();
  #isHeld = false;

  constructor(target: TaskTarget) {
    this.#target = target;
  }

  expect(task: Task): void {
    this.#enter(task, 'expected');
  }

  submit(task: Task): void {
    if (this.#places.size === 0 && !this.#isHeld) {
      this.#target.submit(task);
      return;
    }
    const place = this.#places.get(task);
    if (place === undefined) this.#enter(task, 'ready');
    else place.state = 'ready';
    this.#advance();
  }

  forgo(task: Task): void {
    this.#leave(task);
    this.#advance();
  }

  #enter(task: Task, state: Place['state']): void {
    const place: Place = { task, state };
    this.#line.push(place);
    this.#places.set(task, place);
  }

  /** Whether it was in the line. */
  #leave(task: Task): boolean {
    const place = this.#places.get(task);
    if (place === undefined) return false;
    place.state = 'gone';
    return this.#places.delete(task);
  }

  #advance(): void {
    for (let first = this.#line[this.#head]; first !== undefined; first = this.#line[this.#head]) {
      if (first.state === 'expected' || (first.state === 'ready' && this.#isHeld)) break;
      this.#head++;
      if (first.state === 'gone') continue;
      this.#places.delete(first.task);
      this.#target.submit(first.task);
    }
    if (this.#places.size === 0 || (this.#head >= 1024 && this.#head * 2 > this.#line.length)) {
      this.#line = this.#line.slice(this.#head);
      this.#head = 0;
    }
  }

  /** All wait until they are let go. */
  hold(): void {
    this.#isHeld = true;
  }

  letGo(): void {
    this.#isHeld = false;
    this.#advance();
  }

  cancel(task: Task, force: boolean, error: GridbookError): ForceEnd | undefined {
    if (!this.#leave(task)) return this.#target.cancel(task, force, error);
    task.state = 'settled';
    task.sink.onError(task, error);
    this.#advance();
    return undefined;
  }

  /** Settles those that wait in line. */
  fail(error: GridbookError): void {
    const waiting = [...this.#places.keys()];
    this.#line = [];
    this.#head = 0;
    this.#places.clear();
    for (const task of waiting) {
      task.state = 'settled';
      task.sink.onError(task, error);
    }
  }
}
