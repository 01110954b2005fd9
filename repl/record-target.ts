// Where a command's results go, found out before anything runs.

import { lstat, open, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError } from '../sdk/index.ts';
import { messageOf } from './command-failure.ts';

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
    const isNew = !(await isThere(option));
    await (await open(option, 'a')).close();
    // What is refused, or ends before there is a result, leaves no empty file.
    if (isNew) await rm(option);
  } catch (cause) {
    throw new InvalidArgumentError(`Cannot write to ${option}: ${messageOf(cause)}`, { cause });
  }
  return { file: option };
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** What a command's options say of where its results go. */
export interface TargetOptions {
  /** True for standard output. */
  readonly json?: string | true | undefined;
  readonly csv?: string | true | undefined;
  readonly report?: string | undefined;
}

/** Where the results of a command that measures go. */
export interface Targets {
  readonly json: RecordTarget;
  readonly csv: RecordTarget;
  readonly report: RecordTarget;
}

/** @throws InvalidArgumentError when two of them go to one place, or a file cannot be written. */
export async function targetsOf({ json, csv, report }: TargetOptions): Promise<Targets> {
  if (json === true && csv === true) {
    throw new InvalidArgumentError('--json and --csv cannot both write to standard output: give one of them a file');
  }
  const files = Object.entries({ json, csv, report }).flatMap(([name, file]) =>
    typeof file === 'string' ? [[name, resolve(file)] as const] : [],
  );
  for (const [, file] of files) {
    const names = files.filter(([, other]) => other === file).map(([name]) => `--${name}`);
    if (names.length > 1) throw new InvalidArgumentError(`${names.join(' and ')} cannot both write to ${file}`);
  }
  return { json: await targetOf(json), csv: await targetOf(csv), report: await targetOf(report) };
}

/** Whether results go to standard output, and so nothing else may. */
export function isStdout(target: RecordTarget): boolean {
  return target !== undefined && 'stdout' in target;
}

/** Writes what `make` gives, where there is somewhere to write. @throws Error when the file does not take it. */
export async function writeTo(target: RecordTarget, make: () => string | Promise<string>): Promise<void> {
  if (target === undefined) return;
  const text = await make();
  if ('stdout' in target) {
    process.stdout.write(text);
    return;
  }
  try {
    await writeFile(target.file, text);
  } catch (cause) {
    throw new Error(`Cannot write to ${target.file}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Writes results of a command that measures: what one place does not take, such as a full disk, is not lost to the others.
 *
 * @throws what failed first, when all was tried.
 */
export async function writeResults(
  { json, csv, report }: Targets,
  make: { [Name in keyof Targets]: () => string | Promise<string> },
): Promise<void> {
  const failures: unknown[] = [];
  for (const write of [
    () => writeTo(json, make.json),
    () => writeTo(csv, make.csv),
    () => writeTo(report, make.report),
  ]) {
    await write().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
