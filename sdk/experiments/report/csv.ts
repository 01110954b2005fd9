// Records as comma-separated values, as RFC 4180 has them but for line breaks of one character.

import type { FlatRecord } from '../run-record.ts';
import { columnsOf } from './flat-record.ts';

/** One line a record under a line of names; nothing stands for what is not there. */
export function csvOf(records: readonly FlatRecord[]): string {
  const rows = records.map(columnsOf);
  const names = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const lines = rows.map((row) => names.map((name) => cellOf(row.get(name))).join(','));
  return `${[names.map(cellOf).join(','), ...lines].join('\n')}\n`;
}

function cellOf(value: string | number | boolean | null | undefined): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
