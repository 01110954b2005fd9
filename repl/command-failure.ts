// What a command that failed says: one line on standard error, and an exit status.

import { CommanderError } from 'commander';
import { InvalidArgumentError } from '../sdk/index.ts';
import { exitStatus } from './exit-status.ts';

/** Runs a command; an error of it becomes a line and an exit status. */
export async function reportingFailure(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CommanderError) throw error;
    process.stderr.write(`gridbook: ${messageOf(error)}\n`);
    return error instanceof InvalidArgumentError ? exitStatus.wrongUsage : exitStatus.failed;
  }
}

/** What went wrong, in one line. */
export function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}

/** A text without line breaks. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
