// Cells without a prompt: a script from a file, or what comes through a pipe.
//
// A text without marks of cells is one cell. A pipe's values are printed, a file's are not, as with other interpreters.

import { text as textOf } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { exitStatus } from '../exit-status.ts';
import type { ReplCommandOptions } from '../repl-command.ts';
import { isInterruption } from './cell-runner.ts';
import { readCell } from './cell-syntax.ts';
import { cellsFileText } from './cells-file.ts';
import { lookOf } from './look.ts';
import { cellsOfScript } from './save-script.ts';
import { Shell } from './shell.ts';
import { showValue } from './values-shown.ts';

/** Runs it; gives the exit status. @throws when the file cannot be read or the session not be opened. */
export async function runScript(path: string | undefined, options: ReplCommandOptions): Promise<number> {
  const text = path === undefined ? await textOf(process.stdin) : await cellsFileText(path);
  const shell = new Shell({
    note: (line) => process.stderr.write(`${line}\n`),
    onOutput: ({ stream, text: printed }) => process[stream].write(printed),
    look: () => lookOf(process.stdout),
    ...(path === undefined ? {} : { script: pathToFileURL(path).href }),
  });
  const cells = cellsOfScript(text).map((cell) => ({ ...cell, code: readCell(cell.text) }));
  for (const { code } of cells) {
    if (code.state === 'complete') continue;
    process.stderr.write(`${shell.showError(code.error)}\n`);
    return exitStatus.failed;
  }
  const { explore: _, ...connectOptions } = options;
  await shell.connect(connectOptions);
  let isInterrupted = false;
  const onInterrupt = (): void => {
    isInterrupted = true;
    shell.cells.interrupt();
  };
  process.once('SIGINT', onInterrupt);
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => {}); // it may come when no cell runs
  const onStray = (error: unknown): void => {
    if (process.listenerCount('uncaughtException') === 1) fail(error); // otherwise the script deals with it
  };
  process.on('uncaughtException', onStray);
  try {
    try {
      for (const { text: cellText, line, code } of cells) {
        if (code.state !== 'complete') continue;
        const { result } = await Promise.race([shell.cells.run(cellText, code, line), failed]);
        if (path !== undefined || result?.value === undefined) continue;
        process.stdout.write(`${showValue(result.value, shell.look)}\n`);
      }
    } finally {
      await shell.cells.release();
    }
    return Number(process.exitCode ?? exitStatus.done);
  } catch (error) {
    // A loop is ended without the signal being told of.
    if (isInterrupted || isInterruption(error)) return exitStatus.interrupted;
    process.stderr.write(`${shell.showError(error)}\n`);
    return exitStatus.failed;
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('uncaughtException', onStray);
    await shell.connection.close();
    shell.cells.close();
  }
}
