// `.save` and `.load`: the cells as a file, and a file's cells.

import { open, writeFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { InvalidArgumentError } from '../../sdk/index.ts';
import { homePath } from '../home-path.ts';
import { cellsFileText } from './cells-file.ts';
import type { SessionCommand } from './command.ts';
import { movedText } from './moved-imports.ts';
import type { PromptShell } from './prompt-shell.ts';
import { cellsOfNotebook, notebookMark, notebookOf } from './save-notebook.ts';
import { reportOf, reportTitle } from './save-report.ts';
import { cellsOfScript, scriptHead, scriptOf } from './save-script.ts';
import { savedSession } from './saved-cells.ts';

/** What is written here is known by so much of it. */
const headBytes = 4096;

export const saveCommand: SessionCommand = {
  name: 'save',
  usage: 'file.html | .ipynb | .ts',
  help: 'Writes the cells as a report, a notebook or a script',
  takes: 'files',
  async run(args, shell) {
    const { list } = shell.cells;
    if (list.length === 0) throw new InvalidArgumentError('There are no cells to save yet');
    const file = resolve(pathIn(args, 'save'));
    const text = await textFor(file, shell);
    if (await isOfOthers(file)) {
      throw new InvalidArgumentError(`${file} is there already, and is no session that was saved: name another file`);
    }
    await writeFile(file, text).catch((error: unknown) => {
      throw absent(error) ? new InvalidArgumentError(`There is no folder ${dirname(file)} to save into`) : error;
    });
    const failed = list.filter(({ outcome }) => typeof outcome === 'object' && 'error' in outcome).length;
    const left = extname(file) === '.html' || failed === 0 ? '' : `, ${failed} that failed left out`;
    shell.note(`${list.length === 1 ? '1 cell' : `${list.length} cells`}${left}: ${file}`);
  },
};

/** Whether a file is there that was not written here, by how it begins. */
async function isOfOthers(file: string): Promise<boolean> {
  await using handle = await open(file).catch(() => undefined);
  const { buffer, bytesRead = 0 } = (await handle?.read(Buffer.alloc(headBytes))) ?? {};
  const head = buffer?.toString('utf8', 0, bytesRead) ?? '';
  return head !== '' && ![scriptHead, reportTitle, notebookMark].some((mark) => head.includes(mark));
}

async function textFor(file: string, shell: PromptShell): Promise<string> {
  switch (extname(file)) {
    case '.html':
      return reportOf(shell.cells.list, shell.look, (error) => shell.showError(error));
    case '.ipynb':
      return notebookOf(savedSession(shell.cells, file), shell.look);
    case '.ts':
      return scriptOf(savedSession(shell.cells, file), file);
    default:
      throw new InvalidArgumentError(`A session is saved as .html, .ipynb or .ts, not as ${file}`);
  }
}

export const loadCommand: SessionCommand = {
  name: 'load',
  usage: 'file.ts | .ipynb',
  help: "Runs a file's cells here",
  takes: 'files',
  async run(args, shell, signal) {
    const file = resolve(pathIn(args, 'load'));
    const text = await cellsFileText(file).catch((error: unknown) => {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    });
    const texts =
      extname(file) === '.ipynb' ? cellsOfNotebook(text) : cellsOfScript(text).map((cell) => cell.text.trim());
    for (const cell of texts) {
      if (signal.aborted) throw new InvalidArgumentError('Interrupted: the cells that follow were not run');
      await shell.runShown(movedText(cell, dirname(file), process.cwd()));
    }
  },
};

function absent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function pathIn(args: string, command: string): string {
  const path = homePath(args.replace(/^(['"])(.*)\1$/, '$2'));
  if (path === '') throw new InvalidArgumentError(`.${command} takes the path of a file`);
  return path;
}
