// Results that are Float64Arrays of one length, one after the other in a frame: named together, not one by one.
//
// Callers: answer-writer.ts writes them, settlement.ts reads them.

import type { TaskResults } from './messages.ts';
import { tags } from './wire-value.ts';

/** Where the first stands in its frame, in bytes, and how many numbers each has. */
export interface ResultRows {
  offset: number;
  length: number;
}

/** Where a row begins, in bytes. */
export function rowOffset({ offset, length }: ResultRows, i: number): number {
  return offset + i * length * Float64Array.BYTES_PER_ELEMENT;
}

/** Whether one more row of a message stands where the next one has to, and is as long as the others. */
export function isNextRow({ ids, rows }: TaskResults, offset: number, length: number): boolean {
  return rows !== undefined && rows.length === length && rowOffset(rows, ids.length) === offset;
}

/** Names the rows of a message one by one, so that others can stand between them. */
export function spreadRows(message: TaskResults): void {
  const { rows, ids } = message;
  if (rows === undefined) return;
  message.values = ids.map((_, i) => [rowOffset(rows, i), rows.length, tags.float64Array]);
  delete message.rows;
}

/** @param value - what stands in a frame as rows. */
export function isResultRows(value: unknown): value is ResultRows {
  return (
    typeof value === 'object' &&
    value !== null &&
    'offset' in value &&
    'length' in value &&
    Number.isSafeInteger(value.offset) &&
    Number.isSafeInteger(value.length)
  );
}
