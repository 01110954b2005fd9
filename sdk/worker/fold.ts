// Neighbouring results of one message, combined so far.

import type { TaskId } from '../protocol/ids.ts';

export interface Fold {
  value: unknown;
  ids: TaskId[];
  runUs: number[];
  attempt: number;
  lastPosition: number;
}

/** What a function that uses its memory again at its next call cannot change. */
export function copyOfView(value: unknown): unknown {
  return value instanceof Float64Array || value instanceof Float32Array ? value.slice() : value;
}
