// A queue whose entries may be taken back at its front and may lose their meaning while they wait.
//
// Owns: the order. Does not own: what makes an entry live (its `state`, which the dispatcher changes).
// Callers: the dispatcher alone. Pure.
//
// Invariants:
//   Q1. First in, first out; what is put back comes before all others, the last one put back first.
//   Q2. An entry that is no longer `queued` is skipped, and `size` counts live entries only.
//   Q3. An empty queue holds no entry, dead ones included.

/** What the queue looks at. */
export interface Queueable {
  readonly state: string;
}

export class TaskQueue<T extends Queueable> {
  #items: T[] = [];
  #head = 0;
  #returned: T[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#size++;
  }

  /** Puts an entry before all others (Q1). */
  putBack(item: T): void {
    this.#returned.push(item);
    this.#size++;
  }

  /** The next live entry; it stays. */
  peek(): T | undefined {
    for (let top = this.#returned.at(-1); top !== undefined; top = this.#returned.at(-1)) {
      if (top.state === 'queued') return top;
      this.#returned.pop();
    }
    while (this.#head < this.#items.length) {
      const item = this.#items[this.#head]!;
      if (item.state === 'queued') return item;
      this.#head++;
    }
    return undefined;
  }

  /** Takes out what `peek` just showed. */
  shift(): void {
    if (this.#returned.length > 0) this.#returned.pop();
    else this.#head++;
    this.#shrink();
  }

  /** A live entry has died where it stands (Q2). */
  drop(): void {
    this.#shrink();
  }

  #shrink(): void {
    this.#size--;
    if (this.#size === 0) {
      // Q3
      this.#items = [];
      this.#returned = [];
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The live entries in their order. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = this.#returned.length - 1; i >= 0; i--) {
      if (this.#returned[i]!.state === 'queued') yield this.#returned[i]!;
    }
    for (let i = this.#head; i < this.#items.length; i++) {
      if (this.#items[i]!.state === 'queued') yield this.#items[i]!;
    }
  }
}
