// A user's folder: the packed package and tslab installed into it, the kernel and the notebooks by `gridbook notebook`.
//
// Owns: the folder, and all that Jupyter keeps for its user, which is in it too.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildAndPack, installInto, makeFolder } from '../package/installed-package.ts';
import { commandEnvironment, runCommand } from '../package/run-command.ts';
import { jupyter } from './jupyter.ts';

/** The tslab that is tested with. */
const tslabVersion = '1.0.22';

/** A folder that is ready to be explored in. */
export interface NotebookProject extends Disposable {
  readonly path: string;
  /** Of Jupyter and whatever it starts: nothing of this user's own. */
  readonly env: NodeJS.ProcessEnv;
  /** What `gridbook notebook` said. */
  readonly said: string;
}

/** Makes the folder. */
export async function makeNotebookProject(): Promise<NotebookProject> {
  const folder = makeFolder();
  try {
    const { tarball } = await buildAndPack(folder.path);
    const path = await installInto(folder.path, tarball, `tslab@${tslabVersion}`);
    const env = {
      ...commandEnvironment(),
      JUPYTER_DATA_DIR: join(folder.path, 'jupyter-data'),
      JUPYTER_CONFIG_DIR: join(folder.path, 'jupyter-config'),
      JUPYTER_RUNTIME_DIR: join(folder.path, 'jupyter-runtime'),
      JUPYTER_PREFER_ENV_PATH: '0',
      GRIDBOOK_HOME: join(folder.path, 'home'),
    };
    const said = await runNotebookCommand(path, env);
    return { path, env, said, [Symbol.dispose]: () => folder[Symbol.dispose]() };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

/** `gridbook notebook --no-start`: sets everything up. @returns what it said on both outputs. */
export function runNotebookCommand(path: string, env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const script = join(path, 'set-up.sh');
  const words = ['npx', '--no-install', 'gridbook', 'notebook', '--no-start', '--jupyter', jupyter, ...args];
  writeFileSync(script, `${words.map((word) => `'${word}'`).join(' ')} 2>&1\n`);
  return runCommand(path, 'sh', [script], env);
}
