// The text of a file of cells.

import { readFile } from 'node:fs/promises';

/** @throws Error saying in a sentence why it cannot be read. */
export async function cellsFileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') throw new Error(`There is no file ${path}`, { cause });
    if (code === 'EISDIR') throw new Error(`${path} is a folder, and a file of cells is wanted`, { cause });
    throw cause;
  }
}
