// The files that the rules look at: those of the repository, or made up ones that break a rule on purpose.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file by its path from the top of the repository, with `/` between folders. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The folders that hold code that others may run. */
export const sourceRooms = ['sdk', 'daemon', 'repl', 'notebooks'];

/** The source rooms and the tests. */
export const rooms = [...sourceRooms, 'test'];

/** The room of a path; undefined for a file at the top. */
export function roomOf(path: string): string | undefined {
  return rooms.find((room) => path.startsWith(`${room}/`));
}

/** Folders that are installed or built. */
const made = new Set(['node_modules', 'dist', 'docs/api', 'test/bench/results']);

function listFolder(folder: string, into: string[]): void {
  for (const entry of readdirSync(`${root}/${folder}`, { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    // Folders that begin with a dot are made by tools, or by a test that runs now.
    if (entry.name.startsWith('.') || made.has(path)) continue;
    if (entry.isDirectory()) listFolder(path, into);
    else into.push(path);
  }
}

/** Every path of the repository, without what is installed or built. */
export function treePaths(): string[] {
  const paths: string[] = [];
  listFolder('', paths);
  return paths.sort();
}

/** The text of a file of the repository. */
export function readTreeFile(path: string): string {
  return readFileSync(`${root}/${path}`, 'utf8');
}

/** All files of the repository whose names end so. */
export function readTreeFiles(ending: string): SourceFile[] {
  return treePaths()
    .filter((path) => path.endsWith(ending))
    .map((path) => ({ path, text: readTreeFile(path) }));
}

/** The code of each notebook as one file. */
export function readNotebooks(): SourceFile[] {
  return readTreeFiles('.ipynb').map(({ path, text }) => ({ path, text: notebookCode(text) }));
}

/** The code cells of a notebook, one after the other. */
export function notebookCode(notebook: string): string {
  const parsed: { cells: { cell_type: string; source: string | string[] }[] } = JSON.parse(notebook);
  return parsed.cells
    .filter((cell) => cell.cell_type === 'code')
    .map(({ source }) => (typeof source === 'string' ? source : source.join('')))
    .join('\n');
}
