// Records as JSON and CSV have them: parameters, measures and findings side by side.
//
// Invariants:
//   F1. Nothing is lost: a finding that is called like a parameter or a measure stands under `_details`, which no
//       parameter can be called.

import type { JsonValue } from '../../workloads/workload.ts';
import type { FlatRecord, RunRecord } from '../run-record.ts';

/** Where findings are whose names are taken. */
export const detailsKey = '_details';

/**
 * A record as one object without `params` and `details`.
 *
 * @param paramNames - of all parameters, also those that this record lacks.
 */
export function flatRecordOf(
  { params, details, ...measured }: RunRecord,
  paramNames: readonly string[] = Object.keys(params),
): FlatRecord {
  const { workload, repeat, workers, cluster, startedAt, ...measures } = measured;
  const flat = new Map<string, JsonValue>([
    ['workload', workload],
    ...Object.entries(params),
    ...Object.entries(jsonOf({ repeat, workers, cluster, startedAt, ...measures })),
  ]);
  const isTaken = (name: string): boolean => flat.has(name) || paramNames.includes(name) || name === detailsKey;
  const found = Object.entries(details);
  const taken = found.filter(([name]) => isTaken(name)); // F1
  // From entries: a plain assignment would lose what is called `__proto__`.
  return Object.fromEntries([
    ...flat,
    ...found.filter(([name]) => !isTaken(name)),
    ...(taken.length === 0 ? [] : [[detailsKey, Object.fromEntries(taken)] as const]),
  ]);
}

/** Measures are numbers, texts and what is made of them; the interfaces that describe them are not known as JSON. */
function jsonOf(measures: object): Record<string, JsonValue> {
  const copied: Record<string, JsonValue> = JSON.parse(JSON.stringify(measures));
  return copied;
}

/** The units at the end of the names of measures. */
const units = ['PerSecond', 'Bytes', 'Ms'];

/**
 * The columns of a record: nested values get names of their own, the unit still last, such as `latencyP50Ms` of
 * `latencyMs: { p50 }`; lists of plain values are one text.
 */
export function columnsOf(record: FlatRecord): Map<string, string | number | boolean | null> {
  const columns = new Map<string, string | number | boolean | null>();
  const add = (name: string, value: JsonValue): void => {
    if (value === null || typeof value !== 'object') {
      columns.set(name, value);
    } else if (isList(value)) {
      const isPlain = value.every((item) => item === null || typeof item !== 'object');
      columns.set(name, isPlain ? value.join(' ') : JSON.stringify(value));
    } else {
      for (const [key, inner] of Object.entries(value)) add(nestedName(name, key), inner);
    }
  };
  for (const [name, value] of Object.entries(record)) add(name, value);
  return columns;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function nestedName(name: string, key: string): string {
  const unit = units.find((candidate) => name.endsWith(candidate)) ?? '';
  const stem = unit === '' ? name : name.slice(0, -unit.length);
  return `${stem}${key.slice(0, 1).toUpperCase()}${key.slice(1)}${unit}`;
}
