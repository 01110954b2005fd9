// Tells the client whether something that tasks printed is still on its way to it.
//
// A thread hands its output to the client piece by piece, each when the one before was taken. A program that ends as soon
// as it has its last result would lose the rest, so it is kept running until nothing is on its way.
//
// Owns: what was said last. Does not own: the streams, or what the client does about it (embedded-thread.ts).
// Callers: worker-main.ts, before answers leave.

import type { MessagePort } from 'node:worker_threads';

export class OutputWatch {
  readonly #port: MessagePort;
  #isPending = false;

  /** @param port - gets true when output is on its way, and false when none is any more. */
  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Looks whether there is output that the client has not got. */
  check(): void {
    if (this.#isPending) return;
    const { stdout, stderr } = process;
    if (stdout.writableLength === 0 && stderr.writableLength === 0) return;
    this.#tell(true);
    // What is written now is told of as taken when all before it was.
    stdout.write('', () => {
      stderr.write('', () => {
        this.#tell(false);
        this.check();
      });
    });
  }

  #tell(isPending: boolean): void {
    this.#isPending = isPending;
    this.#port.postMessage(isPending);
  }
}
