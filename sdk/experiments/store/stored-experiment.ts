// An experiment as it is in the rows of a store, read back with a look at its checksums.

import { StoreError } from '../../errors.ts';
import type { ExperimentData, ExperimentDefinition, Machine } from '../experiment.ts';
import type { RunRecord } from '../run-record.ts';
import { checksumOf, decode } from './exact-json.ts';
import type { Row } from './store-database.ts';
import { damageAdvice } from './store-failure.ts';

/** The text in a column. */
export function textIn(row: Row, column: string): string {
  return String(row[column]);
}

/** The number by which the rows of an experiment know it. */
export function numberIn(row: Row): number {
  return Number(row['number']);
}

/** What the checksum of an experiment is made of. */
export function textsOf(row: Row): string[] {
  return ['id', 'name', 'definition', 'machine', 'started_at', 'ended_at'].map((column) => String(row[column] ?? ''));
}

/** What is known of an experiment without its records. @throws StoreError when the disk has changed it */
export function headOf(row: Row, path: string): Omit<ExperimentData, 'records' | 'failures'> {
  check(row, textsOf(row), path);
  return {
    id: textIn(row, 'id'),
    name: textIn(row, 'name'),
    definition: decode<ExperimentDefinition>(textIn(row, 'definition')),
    machine: decode<Machine>(textIn(row, 'machine')),
    startedAt: textIn(row, 'started_at'),
    endedAt: row['ended_at'] === null ? null : textIn(row, 'ended_at'),
  };
}

/** The record or failure of a row. @throws StoreError when the disk has changed it */
export function valueIn<T extends object>(row: Row, path: string): T {
  const text = textIn(row, 'text');
  check(row, [text], path);
  return decode<T>(text);
}

/** A record as it is now: earlier ones did not say how many workers were lost. */
export function completed(record: RunRecord): RunRecord {
  return { ...record, workersLost: record.workersLost ?? 0 };
}

function check(row: Row, texts: readonly string[], path: string): void {
  if (row['checksum'] === checksumOf(...texts)) return;
  throw new StoreError(`${path} is damaged: an experiment is not as it was kept. ${damageAdvice(path)}`);
}

/** Whether records of two machines may stand side by side. The memory is not compared: some machines' grows and shrinks. */
export function isSameMachine(a: Machine, b: Machine): boolean {
  return a.processor === b.processor && a.cores === b.cores && a.system === b.system && a.node === b.node;
}
