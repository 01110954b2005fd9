// Tells the client whether something that tasks printed is still on its way to it.
//
// A thread hands its output to the client piece by piece, each when the one before was taken. A program that ends as soon
// as it has its last result would lose the rest, so it is kept running until nothing is on its way.
//
// Owns: what was said last. Does not own: the streams, or what the client does about it (embedded-thread.ts).
// Callers: worker-main.ts, before answers leave.

import type { MessagePort } from 'node:worker_threads';

function hasOutput(): boolean {
  return process.stdout.writableLength > 0 || process.stderr.writableLength > 0;
}

export class OutputWatch {
  readonly #port: MessagePort;
  #isPending = false;

  /** @param port - gets true when output is on its way, and false when none is any more. */
  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Looks whether there is output that the client has not got. */
  check(): void {
    if (this.#isPending || !hasOutput()) return;
    this.#tell(true);
    this.#follow();
  }

  /** Says that none is on its way when that is so: at a word said too early the program would end. */
  #follow(): void {
    const { stdout, stderr } = process;
    // What is written now is told of as taken when all before it was.
    stdout.write('', () => {
      stderr.write('', () => {
        if (hasOutput()) this.#follow();
        else this.#tell(false);
      });
    });
  }

  #tell(isPending: boolean): void {
    this.#isPending = isPending;
    this.#port.postMessage(isPending);
  }
}
