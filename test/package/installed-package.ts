// The package as its users have it: built, packed, and installed from the tarball into an empty project.
//
// It is built in a copy of the repository, since another run may build in the repository at the same time.

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the tarball holds, as npm says. */
export interface Packed {
  /** The tarball's path. */
  readonly tarball: string;
  readonly paths: readonly string[];
  /** Bytes of the tarball, and of what is in it. */
  readonly bytesPacked: number;
  readonly bytesUnpacked: number;
}

/** A folder that is gone when it is disposed of. */
export function makeFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'gridbook-package-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Builds and packs a copy of the repository. */
export async function buildAndPack(folder: string): Promise<Packed> {
  const copy = join(folder, 'repository');
  mkdirSync(copy);
  const left = /^(node_modules|dist|docs|\..*)$/;
  cpSync(root, copy, {
    recursive: true,
    filter: (source) => !left.test(source.slice(root.length).split('/')[0] ?? ''),
  });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // Not `build`: it would see a lock file that is newer than what is installed, and install anew, through the link.
  await runCommand(copy, 'npm', ['run', '--silent', 'build:installed']);
  const said = await runCommand(copy, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]);
  const [packed]: { filename: string; files: { path: string }[]; size: number; unpackedSize: number }[] =
    JSON.parse(said);
  if (packed === undefined) throw new Error(`npm pack said nothing of a tarball: ${said}`);
  return {
    tarball: join(folder, packed.filename),
    paths: packed.files.map(({ path }) => path),
    bytesPacked: packed.size,
    bytesUnpacked: packed.unpackedSize,
  };
}

/** Installs packages, tarballs among them, into a new project. @returns the project's folder. */
export async function installInto(folder: string, ...packages: readonly string[]): Promise<string> {
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'user-of-gridbook', private: true, type: 'module' }),
  );
  await runCommand(project, 'npm', [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...packages,
  ]);
  return project;
}
