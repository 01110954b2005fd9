// Lets the calls of one actor through in the order in which they were made, whatever their arguments wait for.
//
// Owns: the calls that wait for one before them. Callers: actor.ts, guest-actor.ts.

import type { GridbookError } from './errors.ts';
import type { Task, TaskTarget } from './task.ts';

export class CallsInOrder implements TaskTarget {
  readonly #target: TaskTarget;
  readonly #line: { task: Task; ready: boolean }[] = [];
  #isHeld = false;

  constructor(target: TaskTarget) {
    this.#target = target;
  }

  expect(task: Task): void {
    this.#line.push({ task, ready: false });
  }

  submit(task: Task): void {
    if (this.#line.length === 0 && !this.#isHeld) {
      this.#target.submit(task);
      return;
    }
    const place = this.#line.find((p) => p.task === task);
    if (place === undefined) this.#line.push({ task, ready: true });
    else place.ready = true;
    this.#advance();
  }

  forgo(task: Task): void {
    const at = this.#line.findIndex((p) => p.task === task);
    if (at >= 0) this.#line.splice(at, 1);
    this.#advance();
  }

  #advance(): void {
    for (let first = this.#line[0]; !this.#isHeld && first?.ready; first = this.#line[0]) {
      this.#line.shift();
      this.#target.submit(first.task);
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

  cancel(task: Task, force: boolean, error: GridbookError): void {
    const at = this.#line.findIndex((p) => p.task === task);
    if (at < 0) {
      this.#target.cancel(task, force, error);
      return;
    }
    this.#line.splice(at, 1);
    task.state = 'settled';
    task.sink.onError(task, error);
    this.#advance();
  }

  /** Settles those that wait in line. */
  fail(error: GridbookError): void {
    for (const { task } of this.#line.splice(0)) {
      task.state = 'settled';
      task.sink.onError(task, error);
    }
  }
}
