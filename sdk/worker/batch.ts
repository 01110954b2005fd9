// The tasks of one message, as far as they have run.

import type { PlacedArguments } from '../cluster/objects-arguments.ts';
import type { Frame } from '../protocol/channel.ts';
import type { ValueSource } from '../protocol/deserialization.ts';
import type { TaskRun } from '../protocol/messages.ts';
import type { WorkerFunction } from './function-table.ts';

export interface Batch {
  readonly message: TaskRun;
  readonly entry: WorkerFunction;
  readonly combiner: WorkerFunction | undefined;
  readonly source: ValueSource;
  readonly shared: Frame['shared'];
  readonly placed: PlacedArguments;
  readonly receivedAt: number;
  /** The place in the message of the task that begins next. */
  next: number;
}

/** How much work was received and not begun, as far as is known, in milliseconds. */
export function leftMsOf(batches: readonly Batch[]): number {
  return batches.reduce((ms, b) => ms + (b.message.ids.length - b.next) * (b.entry.expectedMs ?? 0), 0);
}
