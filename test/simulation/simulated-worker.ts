// A worker without a thread: runs its tasks one after the other in virtual time and answers in batches, as the
// executor does. Once dead it does nothing more; a paused one goes on where it stopped.

import type { Random } from './random.ts';
import type { Faults, SimulatedTask } from './scenario.ts';
import type { Timeline } from './timeline.ts';

/** One attempt at a task, as it is sent. */
export interface Order {
  readonly task: SimulatedTask;
  readonly attempt: number;
}

export type Answer =
  | { type: 'results'; attempt: number; ids: number[]; runMs: number }
  | { type: 'failed'; attempt: number; id: number; runMs: number }
  | { type: 'skipped'; attempt: number; ids: number[] };

export interface WorkerSurroundings {
  readonly random: Random;
  readonly timeline: Timeline;
  /** Undefined when faults have ended. */
  readonly faults: Faults | undefined;
}

export class SimulatedWorker {
  readonly #around: WorkerSurroundings;
  readonly #onAnswer: (answer: Answer) => void;
  readonly #onPoisoned: () => void;
  readonly #orders: Order[] = [];
  readonly #seen = new Set<string>();
  readonly #cancelled = new Set<number>();
  #results: Extract<Answer, { type: 'results' }> | undefined;
  #busy = false;
  #paused = false;
  /** What came due while it was paused. */
  #late: (() => void) | undefined;
  #dead = false;

  constructor(around: WorkerSurroundings, onAnswer: (answer: Answer) => void, onPoisoned: () => void) {
    this.#around = around;
    this.#onAnswer = onAnswer;
    this.#onPoisoned = onPoisoned;
  }

  /** A frame that comes twice is run once. */
  run(orders: readonly Order[]): void {
    for (const order of orders) {
      const attempt = `${order.task.id}/${order.attempt}`;
      if (this.#seen.has(attempt)) continue;
      this.#seen.add(attempt);
      this.#orders.push(order);
    }
    this.#next();
  }

  /** Only what waits can be taken out; an id that is unknown here means nothing. */
  cancel(ids: readonly number[]): void {
    for (const id of ids) if (this.#orders.some((o) => o.task.id === id)) this.#cancelled.add(id);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    const late = this.#late;
    this.#late = undefined;
    late?.();
    this.#next();
  }

  die(): void {
    this.#dead = true;
  }

  #next(): void {
    const { random, timeline, faults } = this.#around;
    while (!this.#busy && !this.#paused && !this.#dead) {
      const order = this.#orders.shift();
      if (order === undefined) {
        this.#flush();
        return;
      }
      const { task, attempt } = order;
      if (this.#cancelled.delete(task.id) || random.chance(faults?.skip ?? 0)) {
        this.#flush();
        this.#onAnswer({ type: 'skipped', attempt, ids: [task.id] });
        continue;
      }
      this.#busy = true;
      if (random.chance(0.3) || task.behaviour === 'hang') this.#flush();
      if (task.behaviour !== 'hang') timeline.after(task.runMs, () => this.#end(order));
    }
  }

  #end(order: Order): void {
    if (this.#dead) return;
    if (this.#paused) {
      this.#late = () => this.#end(order);
      return;
    }
    this.#busy = false;
    const { task, attempt } = order;
    const { random, faults } = this.#around;
    const runMs = random.chance(faults?.garble ?? 0) ? random.pick([Number.NaN, -1, Infinity]) : task.runMs;
    if (task.behaviour === 'poison') {
      this.#onPoisoned();
    } else if (task.behaviour === 'error' && attempt <= task.failures) {
      this.#flush();
      this.#onAnswer({ type: 'failed', attempt, id: task.id, runMs });
    } else {
      if (this.#results?.attempt !== attempt) this.#flush();
      this.#results ??= { type: 'results', attempt, ids: [], runMs: 0 };
      this.#results.ids.push(task.id);
      this.#results.runMs += runMs;
    }
    this.#next();
  }

  #flush(): void {
    const results = this.#results;
    this.#results = undefined;
    if (results !== undefined) this.#onAnswer(results);
  }
}
