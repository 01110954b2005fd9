// `gridbook notebook`: sets Jupyter up for TypeScript and Gridbook, and starts it.
//
// Data flow: Jupyter and tslab are looked for; the kernel spec is written; the notebooks are put into the folder, which
// also gets a way to the package where it has none; then JupyterLab runs until it ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { reportingFailure } from './command-failure.ts';
import { exitStatus } from './exit-status.ts';
import { builtPackage, linkPackage, putNotebooks } from './notebook-folder.ts';
import { findTslab, installKernelSpec, openJupyter } from './notebook-kernel.ts';
import type { NotebookCommandOptions } from './notebook-options.ts';

/** Runs the command; gives its exit status. */
export function notebookCommand(options: NotebookCommandOptions, extra: readonly string[]): Promise<number> {
  return reportingFailure(async () => {
    const { jupyter: command, prefix, port, open, start } = options;
    const folder = resolve(options.dir);
    const home = builtPackage();
    const jupyter = await openJupyter(command);
    const tslab = findTslab(folder, home);
    mkdirSync(folder, { recursive: true });
    note(await installKernelSpec(jupyter, { home, tslab, prefix }));
    note(linkPackage(folder, home));
    const { put, kept } = putNotebooks(folder, home);
    if (put.length > 0) note(`Put into ${folder}: ${put.join(', ')}`);
    if (kept.length > 0) note(`Left as they are in ${folder}: ${kept.join(', ')}`);
    if (!start) return exitStatus.done;
    return runJupyterLab(command, folder, [
      ...(open ? [] : ['--no-browser']),
      ...(port === undefined ? [] : [`--port=${port}`, '--ServerApp.port_retries=0']),
      ...extra,
      ...[...put, ...kept].sort().slice(0, 1),
    ]);
  });
}

function note(text: string | undefined): void {
  if (text !== undefined) process.stderr.write(`${text}\n`);
}

/** Runs it in the foreground: it has the terminal, and answers the interrupt key itself. */
async function runJupyterLab(command: string, folder: string, args: readonly string[]): Promise<number> {
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  try {
    const child = spawn(command, ['lab', ...args], { cwd: folder, stdio: 'inherit' });
    const forward = (): boolean => child.kill('SIGTERM');
    process.once('SIGTERM', forward);
    const [code, signal]: unknown[] = await once(child, 'exit');
    process.off('SIGTERM', forward);
    if (signal === 'SIGINT') return exitStatus.interrupted;
    return code === 0 ? exitStatus.done : exitStatus.failed;
  } finally {
    process.off('SIGINT', ignore);
  }
}
