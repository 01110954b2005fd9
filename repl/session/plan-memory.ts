// What was asked for last time, kept as the defaults of the next.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type ExplorationPlan, type PlanPart, planParts, valuesOf } from './exploration.ts';

const lengthMax = 1000;

/** Where the user's own files are. */
export function ownFilesPath(): string {
  const given = process.env['GRIDBOOK_HOME'] ?? '';
  return given === '' ? join(homedir(), '.gridbook') : given;
}

/** What was asked for last; what was never asked for is as given. */
export async function recallPlan(otherwise: ExplorationPlan): Promise<ExplorationPlan> {
  try {
    const json: unknown = JSON.parse(await readFile(pathOf(), 'utf8'));
    if (typeof json !== 'object' || json === null) return otherwise;
    const parts = planParts.flatMap((part): [string, string][] => {
      const value: unknown = Reflect.get(json, part);
      return typeof value === 'string' && value.length <= lengthMax && isRight(part, value) ? [[part, value]] : [];
    });
    return { ...otherwise, ...Object.fromEntries(parts) };
  } catch {
    return otherwise; // nothing was asked for yet, or the file is not what it was
  }
}

/** What is offered has to be what may be answered: the file may be of another version, or changed by hand. */
function isRight(part: PlanPart, text: string): boolean {
  try {
    return valuesOf(part, text).length > 0;
  } catch {
    return false;
  }
}

export async function rememberPlan(plan: ExplorationPlan): Promise<void> {
  try {
    await mkdir(ownFilesPath(), { recursive: true, mode: 0o700 });
    await writeFile(pathOf(), `${JSON.stringify(plan, undefined, 2)}\n`, { mode: 0o600 });
  } catch {
    // Then the defaults of the next time are those of the first.
  }
}

function pathOf(): string {
  return join(ownFilesPath(), 'explored.json');
}
