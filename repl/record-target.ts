// Where a command's results go, found out before anything runs.

import { open, writeFile } from 'node:fs/promises';
import { InvalidArgumentError } from '../sdk/index.ts';

/** Where results go: undefined for nowhere. */
export type RecordTarget = { readonly stdout: true } | { readonly file: string } | undefined;

/**
 * Where an option sends results.
 *
 * @param option - as the command line gives it: true for standard output.
 * @throws InvalidArgumentError when the file cannot be written; better now than when the runs are done.
 */
export async function targetOf(option: string | true | undefined): Promise<RecordTarget> {
  if (option === undefined) return undefined;
  if (option === true) return { stdout: true };
  try {
    await (await open(option, 'a')).close();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidArgumentError(`Cannot write to ${option}: ${why}`, { cause });
  }
  return { file: option };
}

/** Whether results go to standard output, and so nothing else may. */
export function isStdout(target: RecordTarget): boolean {
  return target !== undefined && 'stdout' in target;
}

/** Writes what `make` gives, where there is somewhere to write. */
export async function writeTo(target: RecordTarget, make: () => string | Promise<string>): Promise<void> {
  if (target === undefined) return;
  const text = await make();
  if ('stdout' in target) process.stdout.write(text);
  else await writeFile(target.file, text);
}
