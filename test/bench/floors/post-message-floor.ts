// The floor under dispatch: what bare `postMessage` to two threads carries, without any protocol.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Two bare threads that answer each list of numbers with the list of their squares. */
export class PostMessageFloor {
  readonly #workers: Worker[];

  private constructor(workers: Worker[]) {
    this.#workers = workers;
  }

  static async open(): Promise<PostMessageFloor> {
    const url = new URL('./post-message-worker.ts', import.meta.url);
    const workers = [new Worker(url), new Worker(url)];
    await Promise.all(workers.map((worker) => once(worker, 'online')));
    return new PostMessageFloor(workers);
  }

  /** Sends `count` numbers, `batch` a message, all at once; gives how many a second came back. */
  async throughput(count: number, batch: number): Promise<number> {
    const start = performance.now();
    let left = count;
    await new Promise<void>((resolve) => {
      for (const worker of this.#workers) {
        worker.removeAllListeners('message');
        worker.on('message', (squares: number[]) => {
          left -= squares.length;
          if (left === 0) resolve();
        });
      }
      for (let i = 0, turn = 0; i < count; i += batch, turn++) {
        const list = Array.from({ length: Math.min(batch, count - i) }, (_, k) => i + k);
        this.#workers[turn % 2]!.postMessage(list);
      }
    });
    return (count / (performance.now() - start)) * 1000;
  }

  /** One message at a time to one thread; gives the mean time of a round trip in microseconds. */
  async roundTrip(count: number): Promise<number> {
    const worker = this.#workers[0]!;
    worker.removeAllListeners('message');
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const answered = new Promise<void>((resolve) => worker.once('message', () => resolve()));
      worker.postMessage([i]);
      await answered;
    }
    return ((performance.now() - start) / count) * 1000;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
