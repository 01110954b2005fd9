// Connections of leases that are over although their workers may not know: one that stood still may go on.
//
// Owns: these connections, until they are closed. Does not own: when a lease is over (head-cluster.ts).
//
// Invariants:
//   A1. What still comes changes nothing: answers are counted, whatever else is said is dropped.
//   A2. A connection is kept no longer than its session, nor than `abandonedMs` of websocket-channel.ts.

import type { Frame } from '../protocol/channel.ts';
import { readFrame } from '../protocol/codec.ts';
import { asWorkerMessages } from '../protocol/messages.ts';
import type { WebSocketChannel } from '../protocol/websocket-channel.ts';

/** How many tasks a frame of a worker answers for. @throws ProtocolError when it is none. */
function answersIn(frame: Frame): number {
  let count = 0;
  for (const message of asWorkerMessages(readFrame(frame.bytes).header)) {
    if (message.type === 'task.failed') count++;
    else if (message.type === 'task.results' || message.type === 'task.combined') count += message.ids.length;
  }
  return count;
}

export class LateAnswers {
  readonly #open = new Set<WebSocketChannel>();

  /**
   * Says goodbye to a worker, and counts what it still answers.
   *
   * @param onAnswers - called with how many answers have come, which are dropped (A1).
   */
  watch(channel: WebSocketChannel, onAnswers: (count: number) => void): void {
    this.#open.add(channel);
    const closed = channel.abandon((frame) => {
      const count = answersIn(frame);
      if (count > 0) onAnswers(count);
    });
    void closed.then(() => this.#open.delete(channel));
  }

  /** A2 */
  close(): void {
    for (const channel of this.#open) channel.terminate();
  }
}
