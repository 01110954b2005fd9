// Workloads as the user sees them: what they are, and which parameters they take.

import type { ParamInfo, Workload } from '../../sdk/index.ts';
import { type Look, styled, twoColumns, wrapLines } from './look.ts';

/** A workload with its parameters, or several with what they are; undefined when the value is neither. */
export function showWorkloads(value: unknown, look: Look): string | undefined {
  if (isWorkload(value)) return showWorkload(value, look);
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  if (entries.length === 0 || !entries.every((entry): entry is [string, Workload] => isWorkload(entry[1])))
    return undefined;
  return twoColumns(
    entries.map(([name, { summary }]) => [name, summary]),
    look,
  );
}

function isWorkload(value: unknown): value is Workload {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'summary' in value &&
    'params' in value &&
    'prepare' in value
  );
}

function showWorkload({ name, summary, params }: Workload, look: Look): string {
  const head = wrapLines(`${styled(look, 'bold', name)}: ${summary}`, look);
  if (params.length === 0) return head;
  return `${head}\n\n${twoColumns(
    params.map((param) => [param.name, described(param)]),
    look,
  )}`;
}

function described({ description, default: value }: ParamInfo): string {
  const isSaid = value === undefined || value === null || value === false;
  return isSaid ? description : `${description} (default: ${String(value)})`;
}
