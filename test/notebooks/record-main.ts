// Runs notebooks of the repository whole, with the real kernel, and keeps in them what they showed:
//
//   npm run notebooks -- 03 04
//
// Without names, all. A notebook in which something fails stays as it is, and the command ends with 1.

import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kernels } from './kernels.ts';
import { makeNotebookProject } from './notebook-project.ts';
import { cellsOf, errorsIn } from './shrunken-notebook.ts';

/** A cell on a slow machine takes minutes. */
const cellTimeoutSeconds = 1800;

const folder = fileURLToPath(new URL('../../notebooks', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.ipynb'));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((start) => !names.some((name) => name.startsWith(start)));

if (unknown.length > 0) {
  process.stderr.write(`There is no notebook ${unknown.join(', ')}: there are ${names.join(', ')}\n`);
  process.exitCode = 2;
} else {
  await record(names.filter((name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start))));
}

async function record(chosen: readonly string[]): Promise<void> {
  process.stderr.write('Packing and installing…\n');
  using project = await makeNotebookProject();
  await using kernels = new Kernels(project.env);
  for (const name of chosen) {
    const path = join(project.path, name);
    const { seconds } = await kernels.execute(path, { cellTimeoutSeconds });
    const errors = errorsIn(cellsOf(path));
    process.stderr.write(`${name}: ${seconds.toFixed(1)} s${errors.length === 0 ? '' : ', left as it was:'}\n`);
    for (const error of errors) process.stderr.write(`${error}\n`);
    if (errors.length === 0) cpSync(path, join(folder, name));
    else process.exitCode = 1;
  }
}
