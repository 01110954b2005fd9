// From the stamps on a task and on its answer to the time of each stage.

import { nowMs } from './protocol/clock.ts';
import type { FrameReader } from './protocol/codec.ts';
import { readValue } from './protocol/deserialization.ts';
import type { BatchTimes } from './protocol/messages.ts';
import type { WireValue } from './protocol/wire-value.ts';
import type { CallTimes } from './task.ts';
import type { StageTimes } from './timings.ts';

/** How long each task of a batch ran, in microseconds, as the worker sent it. */
export function runTimesOf(node: WireValue, reader: FrameReader): Float32Array {
  const times = readValue(node, reader);
  return times instanceof Float32Array ? times : new Float32Array();
}

export function sumOf(values: Float32Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

/**
 * The stages of one task that is settled now.
 *
 * @param elapsedMs - how long the tasks before it in its batch ran.
 */
export function stageTimesOf(
  called: CallTimes,
  batch: BatchTimes,
  elapsedMs: number,
  runMs: number,
  arrivedAt: number,
): StageTimes {
  const begunAt = batch.startedAt + elapsedMs;
  return {
    encode: called.encodedAt - called.calledAt,
    waitInSession: called.sentAt - called.encodedAt,
    travel: batch.receivedAt - called.sentAt,
    waitOnWorker: begunAt - batch.receivedAt,
    run: runMs,
    return: arrivedAt - begunAt - runMs,
    settle: nowMs() - arrivedAt,
  };
}
