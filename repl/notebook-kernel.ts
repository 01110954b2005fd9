// The kernel of notebooks: whether Jupyter and tslab are there, and the kernel spec by which the one starts the other.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const runFile = promisify(execFile);
const answerTimeoutMs = 60_000;

const specName = 'tslab';
const specs = z.object({ kernelspecs: z.record(z.string(), z.object({ resource_dir: z.string() })) });
const spec = z.looseObject({ argv: z.array(z.string()) });

/** A Jupyter that answers. */
export interface Jupyter {
  readonly command: string;
  /** Where it looks for what is installed for this user alone. */
  readonly dataFolder: string;
}

/** @throws Error that names what installs it. */
export async function openJupyter(command: string): Promise<Jupyter> {
  const [dataFolder = ''] = await Promise.all([ask(command, ['--data-dir']), ask(command, ['lab', '--version'])]);
  return { command, dataFolder: dataFolder.trim() };
}

async function ask(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await runFile(command, [...args], { timeout: answerTimeoutMs })).stdout;
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const what = isAbsent ? `There is no ${command} here` : `"${command} ${args.join(' ')}" fails`;
    throw new Error(
      `${what}. To install JupyterLab: python3 -m pip install jupyterlab, or in an environment of its own: ` +
        'python3 -m venv ~/jupyter && ~/jupyter/bin/pip install jupyterlab, then gridbook notebook --jupyter ~/jupyter/bin/jupyter',
      { cause: error },
    );
  }
}

/** The folder of tslab: that of the notebooks' own project, or the one beside the package. @throws Error that names what installs it. */
export function findTslab(folder: string, home: string): string {
  for (const from of [folder, home]) {
    try {
      return dirname(createRequire(join(from, 'from.js')).resolve('tslab/package.json'));
    } catch {
      // The next place may have it.
    }
  }
  throw new Error('There is no tslab, the kernel that runs TypeScript in Jupyter. To install it: npm install tslab');
}

/** What a kernel spec is made of. */
export interface KernelSpecParts {
  /** The folder of the package. */
  readonly home: string;
  /** The folder of tslab. */
  readonly tslab: string;
  /** The Python environment that it is for; undefined for the user. */
  readonly prefix?: string | undefined;
}

/** Writes the spec, with the Node that runs this. @returns what was done, for people. @throws Error when Jupyter would start another. */
export async function installKernelSpec(jupyter: Jupyter, { home, tslab, prefix }: KernelSpecParts): Promise<string> {
  const data = prefix === undefined ? jupyter.dataFolder : join(resolve(prefix), 'share', 'jupyter');
  const folder = join(data, 'kernels', specName);
  const path = join(folder, 'kernel.json');
  const main = join(home, 'dist', 'notebooks', 'kernel-main.js');
  mkdirSync(folder, { recursive: true });
  const isReplaced = existsSync(path) && !isOurs(path);
  if (isReplaced) renameSync(path, `${path}.before`);
  const json = {
    argv: [process.execPath, main, '{connection_file}', tslab],
    display_name: 'TypeScript (Gridbook)',
    language: 'typescript',
  };
  writeFileSync(`${path}.new`, `${JSON.stringify(json, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
  const { kernelspecs } = specs.parse(JSON.parse(await ask(jupyter.command, ['kernelspec', 'list', '--json'])));
  const used = kernelspecs[specName]?.resource_dir;
  if (used === undefined || realpathSync(used) !== realpathSync(folder)) {
    const instead = used === undefined ? 'does not look there' : `would start the kernel in ${used} instead`;
    throw new Error(
      `The kernel is set up in ${folder}, but ${jupyter.command} ${instead}. Say --prefix with the Python environment of that Jupyter`,
    );
  }
  const before = isReplaced ? `; the one that was there is now ${path}.before` : '';
  return `Kernel "TypeScript (Gridbook)" in ${folder}, on Node ${process.versions.node}${before}`;
}

function isOurs(path: string): boolean {
  try {
    return spec.parse(JSON.parse(readFileSync(path, 'utf8'))).argv.some((arg) => arg.endsWith('kernel-main.js'));
  } catch {
    return false;
  }
}
