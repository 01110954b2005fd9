// Runs the real `gridbook` command as a user does, and gives what it printed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const gridbookMain = fileURLToPath(new URL('../../repl/gridbook-main.ts', import.meta.url));

/** What a command came to. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `gridbook` with arguments until it ends.
 *
 * @param onStderr - told of everything on standard error so far, with the way to signal the process.
 */
export async function gridbook(
  args: readonly string[],
  onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Outcome> {
  const child = spawn(process.execPath, [gridbookMain, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onStderr?.(stderr, (signal) => child.kill(signal));
  });
  await once(child, 'close');
  return { status: child.exitCode, stdout, stderr };
}

/** The parts of the JSON output that tests look at. @throws when it is not of its form. */
export function recordsOf(json: string): Record<string, unknown>[] {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== 'object' || parsed === null || !('records' in parsed) || !Array.isArray(parsed.records)) {
    throw new TypeError(`No records in ${json}`);
  }
  const records: unknown[] = parsed.records;
  return records.map((record) => {
    if (typeof record !== 'object' || record === null) throw new TypeError('A record is not an object');
    return { ...record };
  });
}
