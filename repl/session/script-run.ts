// Cells without a prompt: a script from a file, or what comes through a pipe.
//
// A text without marks of cells is one cell. A pipe's values are printed, a file's are not, as with other interpreters.

import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { exitStatus } from '../exit-status.ts';
import type { ReplCommandOptions } from '../repl-command.ts';
import { interruption, isInterruption } from './cell-runner.ts';
import { type CellCode, readCell } from './cell-syntax.ts';
import { cellsFileText } from './cells-file.ts';
import { lookOf } from './look.ts';
import { cellsOfScript } from './save-script.ts';
import { ScriptInterrupt } from './script-interrupt.ts';
import { Shell } from './shell.ts';
import { showValue } from './values-shown.ts';

/** Runs it; gives the exit status. @throws when the file cannot be read or the session not be opened. */
export async function runScript(
  path: string | undefined,
  args: readonly string[],
  options: ReplCommandOptions,
): Promise<number> {
  const text = path === undefined ? await textOf(process.stdin) : await cellsFileText(path);
  // As under `node`.
  process.argv = [process.execPath, path === undefined ? '-' : resolve(path), ...args];
  const shell = new Shell({
    note: (line) => process.stderr.write(`${line}\n`),
    onOutput: ({ stream, text: printed }) => process[stream].write(printed),
    look: () => lookOf(process.stdout),
    ...(path === undefined ? {} : { script: pathToFileURL(path).href }),
  });
  const cells: ScriptCell[] = [];
  for (const cell of cellsOfScript(text)) {
    const code = readCell(cell.text);
    if (code.state === 'complete') {
      cells.push({ ...cell, code });
      continue;
    }
    process.stderr.write(`${shell.showError(code.error)}\n`);
    return exitStatus.failed;
  }
  const { explore: _, ...connectOptions } = options;
  await shell.connect(connectOptions);
  const failed = await runCells(cells, shell, path === undefined);
  shell.cells.close();
  // As under `node`, what a script left behind goes on after it, but not when it failed.
  return failed === undefined ? Number(process.exitCode ?? exitStatus.done) : process.exit(failed);
}

interface ScriptCell {
  readonly text: string;
  readonly line: number;
  readonly code: CellCode;
}

/** Runs them, and closes the session; says what they failed with, and gives the status of that. */
async function runCells(
  cells: readonly ScriptCell[],
  shell: Shell,
  printsValues: boolean,
): Promise<number | undefined> {
  let status: number | undefined;
  const { promise: ended, reject: end } = Promise.withResolvers<never>();
  ended.catch(() => {}); // it may come when no cell runs
  const fail = (error: unknown): void => {
    end(error);
    if (status !== undefined) return; // what else fails does so for the same reason
    status = isInterruption(error) ? exitStatus.interrupted : exitStatus.failed;
    if (!isInterruption(error)) process.stderr.write(`${shell.showError(error)}\n`);
  };
  await using interrupt = new ScriptInterrupt(() => {
    fail(interruption());
    shell.cells.interrupt();
  });
  await interrupt.ready;
  const onStray = (error: unknown): void => {
    if (process.listenerCount('uncaughtException') === 1) fail(error); // otherwise the script deals with it
  };
  // Without anything left to do, Node would leave in the middle of the wait; an interrupt may be on its way here.
  const never = new Error('What the script waits for never comes: nothing is left that could bring it');
  const onIdle = (): void => void setImmediate(() => fail(never));
  process.on('uncaughtException', onStray);
  process.on('beforeExit', onIdle);
  try {
    for (const { text, line, code } of cells) {
      const { result } = await Promise.race([shell.cells.run(text, code, line), ended]);
      if (!printsValues || result?.value === undefined) continue;
      process.stdout.write(`${showValue(result.value, shell.look)}\n`);
    }
  } catch (error) {
    fail(error);
  }
  await shell.cells.release().catch(fail);
  await shell.connection.close();
  await nextTurn(); // what nobody waited for is told of by then
  process.off('uncaughtException', onStray);
  process.off('beforeExit', onIdle);
  return status;
}
