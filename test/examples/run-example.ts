// Runs examples as programs of their own, and checks their types.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import ts from 'typescript';
import { readOptions } from '../rules/public-api.ts';
import { differenceOf, type Example } from './example.ts';

/** Long enough for the slowest machine; an example that never ends is killed. */
const runMsMax = 60_000;

/** Writes an example into a folder of its own. @returns the program's path. */
export function writeExample(folder: string, example: Example): string {
  const own = join(folder, example.origin.replace(/\W+/g, '-'));
  mkdirSync(own, { recursive: true });
  const path = join(own, 'example.ts');
  writeFileSync(path, example.code);
  return path;
}

/** Runs an example that was written. @returns what is wrong with it; nothing when it does what it says. */
export async function runExample(path: string, { code }: Example): Promise<string[]> {
  // The test runner's own variable would make the program report to it; an address would lead away from this machine.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, GRIDBOOK_ADDRESS: ___, ...env } = process.env;
  const child = spawn(process.execPath, [path], {
    cwd: join(path, '..'),
    env: { ...env, GRIDBOOK_HOME: join(path, '..', 'home') },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: runMsMax,
    killSignal: 'SIGKILL',
  });
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await exit;
  const problems: string[] = [];
  if (child.exitCode !== 0) problems.push(`it ended with ${child.exitCode ?? child.signalCode}: ${stderr}`);
  const difference = differenceOf(code, stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n'));
  if (difference !== undefined) problems.push(difference);
  return problems;
}

/** Checks the types of programs in one go. @returns the errors in them. */
export function typeErrors(paths: readonly string[]): string[] {
  const options = {
    ...readOptions(),
    noEmit: true,
    typeRoots: [join(import.meta.dirname, '../../node_modules/@types')],
  };
  const program = ts.createProgram(paths, options);
  const diagnostics = [
    ...program.getGlobalDiagnostics(),
    ...program.getOptionsDiagnostics(),
    ...paths.flatMap((path) => {
      const source = program.getSourceFile(path);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    }),
  ];
  return diagnostics.map(({ file, start, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    return `${file?.fileName ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}
